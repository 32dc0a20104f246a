// Package service is a service of the platform, reduced to what is the same for all: it answers its
// subjects in its queue group, keeps answers to commands in Redis, reports them by events, says
// how it is, and ends well.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/workload/contract"
)

// headerLimit bounds how long a client may take to send a request for the health page.
const headerLimit = 5 * time.Second

// Run serves until ctx ends, and drains then. Its error is what kept it from serving, or from
// ending well.
func Run(ctx context.Context, s Settings) error {
	methods, err := contract.Load(ctx)
	if err != nil {
		return err
	}
	for _, subject := range s.Subjects {
		if _, known := methods[subject]; !known {
			return fmt.Errorf("starting %s: the wire contract has no subject %s", s.Messaging.Name, subject)
		}
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.Messaging.Name, err)
	}
	return s.run(ctx, methods, listener)
}

func (s Settings) run(ctx context.Context, methods map[string]contract.Method, listener net.Listener) (err error) {
	client, err := messaging.Connect(ctx, s.Messaging)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	answers := openAnswers(s)
	defer func() { err = errors.Join(err, answers.close()) }()
	server := &http.Server{Handler: health(client), ReadHeaderTimeout: headerLimit}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() { err = errors.Join(err, server.Close()) }()
	task := hostname()
	for _, subject := range s.Subjects {
		h := handler{
			settings: s,
			method:   methods[subject],
			client:   client,
			answers:  answers,
			task:     task,
		}
		if err := client.Serve(subject, s.Queue, methods[subject].Messaging(), h.handle); err != nil {
			return err
		}
	}
	slog.Info("serving", "service", s.Messaging.Name, "subjects", s.Subjects, "task", task)
	select {
	case <-ctx.Done():
	case err = <-ended:
		err = fmt.Errorf("answering /health: %w", err)
	}
	slog.Info("draining", "service", s.Messaging.Name)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTime)
	defer cancel()
	return errors.Join(err, client.Drain(draining))
}

// hostname distinguishes the tasks of a service. An empty name says nothing, and does no harm.
func hostname() string {
	name, _ := os.Hostname()
	return fmt.Sprintf("%s-%d", name, os.Getpid())
}

// health is true only while the connection to NATS exists: a task that nobody can ask is not
// healthy.
func health(client *messaging.Client) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if !client.Connected() {
			http.Error(w, "not connected to NATS", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// handler answers one subject.
type handler struct {
	settings Settings
	method   contract.Method
	client   *messaging.Client
	answers  *answers
	task     string
}

// handle answers, and says which task did.
func (h handler) handle(
	ctx context.Context,
	request proto.Message,
	send func(proto.Message) error,
) (proto.Message, error) {
	do := h.answer
	if messaging.MetaOf(request).IdempotencyKey != "" {
		do = func(request proto.Message, send func(proto.Message) error) (proto.Message, error) {
			return h.command(ctx, request, send)
		}
	}
	response, err := do(request, send)
	if err != nil || response == nil {
		return nil, err
	}
	return h.sign(response), nil
}

// command does what has an idempotency key once: its answer is kept for callers that ask again, and
// an event reports it.
func (h handler) command(
	ctx context.Context,
	request proto.Message,
	send func(proto.Message) error,
) (proto.Message, error) {
	given, err := commandOf(h.method.Subject, request)
	if err != nil {
		return nil, err
	}
	response := h.method.Messaging().Response()
	if done, err := h.answers.claim(ctx, given, response); err != nil || done {
		return response, err
	}
	if response, err = h.do(ctx, given, request, send); err != nil || response == nil {
		return nil, errors.Join(err, h.answers.release(context.WithoutCancel(ctx), given))
	}
	return response, h.answers.keep(ctx, given, response)
}

// do does a command and reports it: that it was done, not what was answered, which is the caller's
// own.
func (h handler) do(
	ctx context.Context,
	given command,
	request proto.Message,
	send func(proto.Message) error,
) (proto.Message, error) {
	response, err := h.answer(request, send)
	if err != nil || response == nil || h.settings.Event == "" {
		return response, err
	}
	event := h.method.Messaging().Response()
	meta := request.ProtoReflect().Get(h.method.Request.Fields().ByName("meta"))
	event.ProtoReflect().Set(h.method.Response.Fields().ByName("meta"), meta)
	return response, h.client.Publish(ctx, h.settings.Event, given.id, event)
}
