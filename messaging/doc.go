// Package messaging is how Go services, the gateway and the platform's own checks talk over NATS:
// requests and replies in protobuf, events through JetStream, workers in queue groups.
//
//	client, err := messaging.Connect(ctx, messaging.FromEnvironment(os.Getenv))
//	err = client.Serve("svc.time.v1.get_time", "q.time", method, handle)     // answer, with all tasks of the service
//	err = client.Request(ctx, "svc.time.v1.get_time", request, response)     // ask, again where that is safe
//	err = client.Publish(ctx, "evt.time.hour", "time-2026-11-23T10", event)  // stored once, however often it is sent
//	err = client.Drain(ctx)                                                    // on SIGTERM
//
// Messages are those of the wire contract (workload/proto), generated or dynamic: a request and a
// response carry common.v1.Meta in a field "meta", a response common.v1.Error in a field "error". A
// failure is always an *Error, wherever it arose.
package messaging
