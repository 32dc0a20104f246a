// What a start or reload job of a service reports.

package machine

// reasons are the texts of systemctl for a failed job, by result.
var reasons = map[string]string{
	"exit-code":       "the control process exited with error code",
	"signal":          "a fatal signal was delivered to the control process",
	"core-dump":       "a fatal signal was delivered causing the control process to dump core",
	"timeout":         "a timeout was exceeded",
	"resources":       "of unavailable resources or another system error",
	"start-limit-hit": "start of the service was attempted too often",
}

// jobError returns the error of a start or reload job; nil for success.
func (u *unit) jobError(ended outcome) error {
	if ended.good() {
		return nil
	}
	return refuse(
		1,
		"Job for %[1]s failed because %[2]s.\n"+
			"See \"systemctl status %[1]s\" and \"journalctl -xeu %[1]s\" for details.",
		u.name,
		reasons[ended.result],
	)
}

// reload runs ExecReload= (systemctl(1), reload).
func (u *unit) reload() error {
	u.reloading.Lock()
	defer u.reloading.Unlock()
	d, err := u.loaded()
	if err != nil {
		return err
	}
	u.mu.Lock()
	active := u.active == "active"
	u.mu.Unlock()
	switch {
	case d.service == nil || len(d.service.reload) == 0:
		return refuse(3, "Failed to reload %s: Job type reload is not applicable for unit %s.", u.name, u.name)
	case !active:
		return refuse(1, "%s is not active, cannot reload.", u.name)
	}
	u.log("Reloading %s...", u.title())
	ended := u.controls(d.service, d.service.reload)
	if ended.good() {
		u.log("Reloaded %s.", u.title())
	}
	return u.jobError(ended)
}
