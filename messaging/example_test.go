// The library as a service uses it: each example is shown by go doc, and runs against a real
// server, so that it stays true.
package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/bodybroker/platform/messaging"
	"github.com/bodybroker/platform/messaging/messagingtest"
	"github.com/bodybroker/platform/workload/contract"
)

// connected connects to a server of this example. A service takes its options from its task
// definition:
//
//	client, err := messaging.Connect(ctx, messaging.FromEnvironment(os.Getenv))
func connected(ctx context.Context) (client *messaging.Client, end func()) {
	server, stop, err := messagingtest.Start()
	if err != nil {
		log.Fatal(err)
	}
	if client, err = messaging.Connect(ctx, server.Options); err != nil {
		log.Fatal(err)
	}
	return client, func() {
		if err := client.Drain(ctx); err != nil {
			log.Fatal(err)
		}
		stop()
	}
}

// methodOf is what a subject takes and answers. A service with generated types says it itself:
//
//	messaging.Method{Request: func() proto.Message { return new(timev1.GetTimeRequest) }, Response: …}
func methodOf(ctx context.Context, subject string) messaging.Method {
	methods, err := contract.Load(ctx)
	if err != nil {
		log.Fatal(err)
	}
	return methods[subject].Messaging()
}

// read makes a message of JSON.
func read(message proto.Message, text string) proto.Message {
	if err := protojson.Unmarshal([]byte(text), message); err != nil {
		log.Fatal(err)
	}
	return message
}

// A service answers its subject in its queue group, and a caller asks it.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, end := connected(ctx)
	defer end()
	const subject = "svc.events.v1.publish"
	method := methodOf(ctx, subject)
	err := client.Serve(
		subject,
		"q.events",
		method,
		func(_ context.Context, request proto.Message, _ func(proto.Message) error) (proto.Message, error) {
			return method.Response(), nil
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	response := method.Response()
	if err := client.Request(
		ctx,
		subject,
		read(method.Request(), `{"meta": {"requestId": "r-1"}}`),
		response,
	); err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered request", messaging.MetaOf(response).RequestID)
	// Output: answered request r-1
}

// A failure has a code, wherever it arose: in the service, which tells it in its answer, or on the
// way.
func ExampleClient_Request() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, end := connected(ctx)
	defer end()
	const subject = "svc.ai.model.v1.get"
	method := methodOf(ctx, subject)
	ask := func() {
		err := client.Request(ctx, subject, method.Request(), method.Response())
		if failed := (&messaging.Error{}); errors.As(err, &failed) {
			fmt.Println(failed.Code)
		}
	}
	ask() // nobody serves it yet: it is asked three times
	err := client.Serve(
		subject,
		"q.model",
		method,
		func(context.Context, proto.Message, func(proto.Message) error) (proto.Message, error) {
			return nil, &messaging.Error{Code: messaging.NotFound, Message: "there is no such model"}
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	ask()
	// Output:
	// unavailable
	// not found
}

// An event is stored once, however often it is sent with its id.
func ExampleClient_Publish() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, end := connected(ctx)
	defer end()
	// On the platform the controller makes the streams.
	access, err := jetstream.New(client.Native())
	if err != nil {
		log.Fatal(err)
	}
	stream, err := access.CreateStream(
		ctx,
		jetstream.StreamConfig{Name: "GAME_EVENTS", Subjects: []string{"evt.quest.>"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	event := methodOf(ctx, "svc.quest.v1.generate").Response()
	for range 2 {
		if err := client.Publish(ctx, "evt.quest.done", "evt.quest.done.q-17", event); err != nil {
			log.Fatal(err)
		}
	}
	info, err := stream.Info(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("stored:", info.State.Msgs)
	// Output: stored: 1
}

// An answer that comes in parts is used part by part.
func ExampleClient_Stream() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, end := connected(ctx)
	defer end()
	const subject = "svc.ai.llm.v1.infer"
	method := methodOf(ctx, subject)
	err := client.Serve(
		subject,
		"q.ai.llm.infer",
		method,
		func(_ context.Context, _ proto.Message, send func(proto.Message) error) (proto.Message, error) {
			if err := send(read(method.Part(), `{"outputTextDelta": "Once upon"}`)); err != nil {
				return nil, err
			}
			return nil, send(read(method.Part(), `{"index": 1, "outputTextDelta": " a time", "isFinal": true}`))
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	request := read(method.Request(), `{"prompt": "Tell a story", "params": {"stream": true}}`)
	err = client.Stream(ctx, subject, request, method.Part, func(part proto.Message) error {
		field := part.ProtoReflect().Descriptor().Fields().ByName("output_text_delta")
		fmt.Print(part.ProtoReflect().Get(field))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: Once upon a time
}
