package rehearsal

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/internal/rehearsal/drills"
)

// required are the ids that the rehearsal and the drills promise.

var required = struct{ mainPath, drills []string }{
	[]string{"preview.clean", "up.all", "nats.boot", "svc.all", "up.noop", "secrets.hidden", "destroy.clean"},
	[]string{
		"refresh.noop",
		"change.image",
		"change.rollback",
		"change.service",
		"change.ami",
		"change.redis",
		"guard.protect",
		"interrupt.resume",
		"fail.resume",
		"dr.rebuild",
		"upgrade.preview",
		"playground",
		"nats.auth",
		"nats.kill1",
		"nats.kill2",
		"nats.zone",
		"nats.quorum",
		"nats.restart",
		"nats.roll.ami",
		"nats.reload",
		"nats.rotate",
		"nats.cert",
		"nats.incidents",
		"nats.backup",
		"nats.dlq",
		"nats.partition",
		"nats.roll.version",
		"nats.roll.bad",
		"nats.disk",
		"nats.replace.disk",
		"nats.rootfs",
		"svc.order",
		"svc.deploy",
		"svc.rollback",
		"svc.noimage",
		"svc.kill",
		"svc.scale",
		"svc.incidents",
		"svc.secret.rotate",
		"gw.contract",
		"redis.failover",
		"cutover",
	},
}

func TestEveryPromisedScenarioIsThere(t *testing.T) {
	var main, others []string
	for _, s := range mainPath {
		main = append(main, s.ID)
	}
	for _, d := range drills.All {
		others = append(others, d.ID)
	}
	assert.Equal(t, required.mainPath, main)
	assert.Subset(t, others, required.drills)
}
