package service

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/messaging"
)

// Settings are what a task definition gives a service.
type Settings struct {
	Messaging messaging.Options
	// Queue is the queue group in which all tasks of the service answer; Subjects are what they
	// answer.
	Queue    string
	Subjects []string
	// Event is the subject under which the service reports what it has done; "" for one that has no
	// events.
	Event string
	// RedisAddress is the configuration endpoint, "host:port", reached by TLS; RedisToken is its
	// AUTH token.
	RedisAddress, RedisToken string
	// RedisRoots are whom its certificate is trusted from; nil: the system's, for it is Amazon's
	// own.
	RedisRoots *x509.CertPool
	// Listen is where GET /health is answered, ":8080" by default.
	Listen string
	// DrainTime is how long an end may take after SIGTERM, below the task's stopTimeout. Default
	// 100 s.
	DrainTime time.Duration
}

const (
	defaultListen    = ":8080"
	defaultDrainTime = 100 * time.Second
)

// FromEnvironment reads the variables and secrets of the task definition and reports all that is
// missing at once.
func FromEnvironment(variable func(string) string) (Settings, error) {
	s := Settings{
		Messaging:    messaging.FromEnvironment(variable),
		Queue:        variable("NATS_QUEUE_GROUP"),
		RedisAddress: variable("REDIS_ADDRESS"),
		RedisToken:   variable("REDIS_AUTH_TOKEN"),
		Listen:       defaultListen,
		DrainTime:    defaultDrainTime,
	}
	var errs []error
	for _, name := range []string{
		"SERVICE_NAME", "NATS_URL", "NATS_CA", "NATS_NKEY_SEED", "NATS_INBOX_PREFIX",
		"NATS_QUEUE_GROUP", "NATS_SUBJECTS",
		"REDIS_ADDRESS", "REDIS_AUTH_TOKEN",
	} {
		if variable(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set: the task definition gives it", name))
		}
	}
	s.Subjects = strings.Split(variable("NATS_SUBJECTS"), ",")
	row, known, err := catalog.ServiceNamed(s.Messaging.Name)
	if known {
		s.Event = Event(row)
	}
	return s, errors.Join(append(errs, err)...)
}

// Event is the subject under which the stand-in of a service reports what it has done; "" if it has
// no events of its own. One that may publish every event passes on those of others.
func Event(row catalog.Service) string {
	if len(row.Events) == 0 || row.Events[0] == "evt.>" {
		return ""
	}
	return strings.TrimSuffix(row.Events[0], ">") + "answered"
}
