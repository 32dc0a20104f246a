// Check "answers": every subject of every service is answered. And what the other checks read from an answer.
package verification

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/messaging"
)

func answers(ctx context.Context, r *run) {
	for i := range r.report.Services {
		for j := range r.report.Services[i].Subjects {
			subject := &r.report.Services[i].Subjects[j]
			seen, err := r.answer(ctx, subject.Name)
			if subject.Answered = err == nil; err != nil {
				seen = err.Error()
			}
			r.add("answers", subject.Name, KindCheck, subject.Answered, "an answer without an error, with the request's id", seen)
		}
	}
}

// answer asks once and says who answered.
func (r *run) answer(ctx context.Context, subject string) (seen string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	request, response := r.contents[subject].toSend(""), r.methods[subject].Messaging().Response()
	if err := r.Client.Request(ctx, subject, request, response); err != nil {
		return "", err
	}
	if asked, told := messaging.MetaOf(request).RequestID, messaging.MetaOf(response).RequestID; asked != told {
		return "", fmt.Errorf("%s: request %q was answered as request %q", subject, asked, told)
	}
	return "answered by task " + taskOf(response), nil
}

// askable is the first subject of a service that was answered; "" if none was.
func (s Service) askable() string {
	for _, subject := range s.Subjects {
		if subject.Answered {
			return subject.Name
		}
	}
	return ""
}

// notAsked is what a row has seen of a service without an askable subject.
const notAsked = "not asked: none of its subjects was answered before"

// taskOf is the task that gave an answer, by the label "task" in its metadata; "" if it does not say.
func taskOf(response proto.Message) string {
	meta, has := part(response, "meta")
	if !has {
		return ""
	}
	labels := meta.Descriptor().Fields().ByName("labels")
	if labels == nil || !labels.IsMap() {
		return ""
	}
	return meta.Get(labels).Map().Get(protoreflect.ValueOfString("task").MapKey()).String()
}

// codeIn is the code of the error that a response tells; false if it tells none.
func codeIn(response proto.Message) (messaging.Code, bool) {
	told, has := part(response, "error")
	if !has {
		return 0, false
	}
	return messaging.Code(told.Get(told.Descriptor().Fields().ByName("code")).Enum()), true
}

// part is a message inside a message; false if it is not set. Every response of the contract has the fields "meta" and "error".
func part(message proto.Message, name protoreflect.Name) (protoreflect.Message, bool) {
	at := message.ProtoReflect().Descriptor().Fields().ByName(name)
	if at == nil || !message.ProtoReflect().Has(at) {
		return nil, false
	}
	return message.ProtoReflect().Get(at).Message(), true
}
