// The two ends of a machine: systemd stops everything, or the power goes off.

package machine

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// goAhead starts a goroutine of a unit, unless the machine is shutting down or off.
func (b *boot) goAhead(run func()) bool {
	b.starting.RLock()
	defer b.starting.RUnlock()
	if b.isStopping() {
		return false
	}
	b.work.Go(run)
	return true
}

// Shutdown is EC2's stop or terminate: systemd stops all units in the reverse of their starting
// order, then every process left gets SIGTERM and after ten seconds SIGKILL, and the disks are
// unmounted. If ctx ends first, the power goes off, as EC2 does with a machine that takes too
// long, and Shutdown returns an error. A machine that is off stays off.
func (m *Machine) Shutdown(ctx context.Context) error {
	b := m.running()
	if b == nil {
		return nil
	}
	m.console.note("systemd", "System is powering down.")
	b.starting.Lock()
	b.stopOnce.Do(func() { close(b.stopping) })
	b.starting.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.stopAll()
		b.endLeftovers(ctx)
	}()
	select {
	case <-done:
		return b.end()
	case <-ctx.Done():
		fault := fmt.Errorf("shutting %s down: %w; its power was pulled", m.options.Name, ctx.Err())
		return errors.Join(fault, b.end())
	case <-b.off:
		return b.end()
	}
}

// endLeftovers ends the processes that belong to no unit (systemd-shutdown(8)).
func (b *boot) endLeftovers(ctx context.Context) {
	limit := b.after(10 * time.Second)
	if !b.signalAll("", syscall.SIGTERM) {
		return
	}
	for len(b.pids("")) > 0 {
		select {
		case <-limit:
			return
		case <-ctx.Done():
			return
		case <-b.off:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// PowerOff turns the power off: every process of the machine is killed at once, and no unit is
// stopped. The folders of the disks stay as they were at that moment.
func (m *Machine) PowerOff() {
	b := m.running()
	if b == nil {
		return
	}
	m.console.note("kernel", "power off")
	if err := b.end(); err != nil {
		m.console.note("kernel", err.Error())
	}
}

// end turns a boot off, once; another caller waits for the same end.
func (b *boot) end() (err error) {
	b.offOnce.Do(func() {
		b.starting.Lock()
		close(b.off)
		b.starting.Unlock()
		killed := b.killAll("")
		b.work.Wait()
		err = errors.Join(killed, b.m.unmountAll())
		b.close()
		b.m.mu.Lock()
		defer b.m.mu.Unlock()
		b.m.run = nil
	})
	return err
}
