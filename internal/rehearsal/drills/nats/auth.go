// The drill of permissions: each identity tries everything that its row of the table allows, and
// two hundred things that it does not.

package nats

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/poll"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.auth",
			Wanted: "every identity may do what its row says and none of 200 other things; strangers are turned away",
			Play:   everyIdentity,
		},
		On: drills.SharedMachines,
	})
}

// forbiddenEach is how many forbidden actions every identity tries.
const forbiddenEach = 200

// action is one thing that a client does: publish to a subject, or subscribe, perhaps in a queue
// group.
type action struct{ verb, subject, queue string }

func (a action) String() string { return strings.TrimSpace(a.verb + " " + a.subject + " " + a.queue) }

// candidates are all actions that anybody may do or might try, in a fixed order.
func candidates(all []stage.Rights) []action {
	found := map[action]bool{}
	for _, r := range all {
		for _, pattern := range r.Publish {
			found[action{verb: "publish", subject: concrete(pattern), queue: ""}] = true
			found[action{verb: "subscribe", subject: concrete(pattern), queue: ""}] = true
			found[action{verb: "subscribe", subject: concrete(pattern), queue: "q.stolen"}] = true
		}
		for _, pattern := range r.Subscribe {
			subject, queue, _ := strings.Cut(pattern, " ")
			found[action{verb: "subscribe", subject: concrete(subject), queue: queue}] = true
			found[action{verb: "subscribe", subject: concrete(subject), queue: ""}] = true
			found[action{verb: "subscribe", subject: concrete(subject), queue: "q.stolen"}] = true
			found[action{verb: "publish", subject: concrete(subject), queue: ""}] = true
		}
	}
	for _, subject := range []string{
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO2", "$JS.API.STREAM.LIST", "$JS.API.STREAM.DELETE.GAME_EVENTS",
		"$JS.API.STREAM.PURGE.DLQ", "$JS.API.CONSUMER.CREATE.GAME_EVENTS",
		"dlq.GAME_EVENTS.quest_processor", "evt", "svc", "anything.else",
	} {
		found[action{verb: "publish", subject: subject, queue: ""}] = true
		found[action{verb: "subscribe", subject: subject, queue: ""}] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b action) int { return strings.Compare(a.String(), b.String()) })
}

// concrete is a subject that a pattern matches.
func concrete(pattern string) string {
	return strings.ReplaceAll(strings.ReplaceAll(pattern, ">", "rehearsed.v1"), "*", "one")
}

// may says whether the table allows an action, token by token.
func may(r stage.Rights, a action) bool {
	if a.verb == "publish" {
		return slices.ContainsFunc(r.Publish, func(pattern string) bool { return catalog.Covers(pattern, a.subject) })
	}
	return slices.ContainsFunc(r.Subscribe, func(pattern string) bool {
		subject, queue, grouped := strings.Cut(pattern, " ")
		return catalog.Covers(subject, a.subject) && (!grouped || queue == a.queue)
	})
}

// everyIdentity tries all identities, then connections that must not come about at all.
func everyIdentity(ctx context.Context, s *stage.Stage) (string, error) {
	client, err := s.Attach(ctx, "permissions", "service")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	all, err := stage.AllRights()
	if err != nil {
		return "", err
	}
	tried := candidates(all)
	allowed, forbidden := 0, 0
	for _, r := range all {
		yes, no, err := try(client, r, tried)
		if err != nil {
			return "", fmt.Errorf("%s: %w", r.Name, err)
		}
		allowed, forbidden = allowed+yes, forbidden+no
	}
	if err := expectStrangersRefused(client); err != nil {
		return "", err
	}
	return fmt.Sprintf(
		"%d identities: %d allowed actions went through, %d forbidden ones were refused; no key, a wrong key, plain "+
			"text and another authority were turned away",
		len(all),
		allowed,
		forbidden,
	), nil
}

// try does all that an identity may and forbiddenEach things that it may not.
func try(d *stage.Client, r stage.Rights, tried []action) (allowed, forbidden int, err error) {
	refused := &refusedActions{seen: map[action]bool{}}
	c, err := d.Connect(r.Name, natsgo.ErrorHandler(refused.note))
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	var wanted, unwanted []action
	for _, a := range tried {
		if may(r, a) {
			wanted = append(wanted, a)
		} else if len(unwanted) < forbiddenEach {
			unwanted = append(unwanted, a)
		}
	}
	if len(unwanted) < forbiddenEach {
		return 0, 0, fmt.Errorf("there are only %d forbidden actions to try", len(unwanted))
	}
	for _, a := range slices.Concat(wanted, unwanted) {
		if err := a.do(c); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", a, err)
		}
	}
	if err := c.FlushTimeout(stage.AnswerLimit); err != nil {
		return 0, 0, err
	}
	return len(
			wanted,
		), len(
			unwanted,
		), poll.For(
			context.Background(),
			stage.AnswerLimit,
			func() error { return refused.compare(wanted, unwanted) },
		)
}

func (a action) do(c *natsgo.Conn) error {
	if a.verb == "publish" {
		return c.Publish(a.subject, nil)
	}
	ignore := func(*natsgo.Msg) {}
	if a.queue != "" {
		_, err := c.QueueSubscribe(a.subject, a.queue, ignore)
		return err
	}
	_, err := c.Subscribe(a.subject, ignore)
	return err
}

// refusedActions collects what the server refused.
type refusedActions struct {
	mu   sync.Mutex
	seen map[action]bool
}

// violation is the server's own wording (nats-server, client.go: pubPermissionViolation,
// subPermissionViolation).
var violation = regexp.MustCompile(
	`(?i)permissions violation for (publish|subscription) to "([^"]+)"(?: using queue "([^"]+)")?`,
)

func (r *refusedActions) note(_ *natsgo.Conn, _ *natsgo.Subscription, err error) {
	parts := violation.FindStringSubmatch(err.Error())
	if parts == nil {
		return
	}
	verb := map[string]string{"publish": "publish", "subscription": "subscribe"}[strings.ToLower(parts[1])]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[action{verb: verb, subject: parts[2], queue: parts[3]}] = true
}

func (r *refusedActions) compare(wanted, unwanted []action) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, a := range wanted {
		if r.seen[a] {
			errs = append(errs, fmt.Errorf("refused although the table allows it: %s", a))
		}
	}
	for _, a := range unwanted {
		if !r.seen[a] {
			errs = append(errs, fmt.Errorf("not refused although the table does not allow it: %s", a))
		}
	}
	return errors.Join(errs...)
}

// expectStrangersRefused opens connections that must be turned away.
func expectStrangersRefused(d *stage.Client) error {
	stranger, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	seed, err := stranger.Seed()
	if err != nil {
		return err
	}
	own, err := stage.SeedOf(d.Cloud, stage.LoadService)
	if err != nil {
		return err
	}
	var errs []error
	turnedAway := func(what string, c *natsgo.Conn, err error) {
		if err == nil {
			c.Close()
			errs = append(errs, fmt.Errorf("%s: was let in", what))
		}
	}
	c, err := d.ConnectWith(seed, "a key that nobody knows")
	turnedAway("a wrong key", c, err)
	c, err = d.ConnectWith(
		own,
		stage.LoadService,
		func(o *natsgo.Options) error { o.Nkey, o.SignatureCB = "", nil; return nil },
	)
	turnedAway("no key", c, err)
	c, err = d.ConnectWith(
		own,
		stage.LoadService,
		func(o *natsgo.Options) error { o.Secure, o.TLSConfig = false, nil; return nil },
		func(o *natsgo.Options) error { o.Url = strings.Replace(d.URL, "tls://", "nats://", 1); return nil },
	)
	turnedAway("plain text", c, err)
	c, err = d.ConnectWith(
		own,
		stage.LoadService,
		natsgo.Secure(&tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}),
	)
	turnedAway("another authority", c, err)
	return errors.Join(errs...)
}
