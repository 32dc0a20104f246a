// Check "answers": every subject of every service is answered. And what the other checks read from
// an answer.
package verification

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/messaging"
)

func answers(ctx context.Context, r *run) {
	for i := range r.report.Services {
		for j := range r.report.Services[i].Subjects {
			subject := &r.report.Services[i].Subjects[j]
			if subject.Asked = r.Commands || r.methods[subject.Name].Reads(); !subject.Asked {
				var seen string
				seen, subject.Answered = r.malformed(ctx, subject.Name)
				r.add(
					"answers",
					subject.Name,
					KindCheck,
					subject.Answered,
					"a request that is none refused: it may change something",
					seen,
				)
				continue
			}
			response, err := r.ask(ctx, subject.Name, "")
			seen := "answered by task " + taskOf(response)
			if subject.Answered = err == nil; err != nil {
				seen = err.Error()
			}
			r.add(
				"answers",
				subject.Name,
				KindCheck,
				subject.Answered,
				"an answer without an error, with the request's id",
				seen,
			)
		}
	}
}

// answeredSubjects are the subjects of a service that were answered: others would only be waited
// for.
func (s Service) answeredSubjects() []string {
	return s.named(func(subject Subject) bool { return subject.Answered })
}

// askable are those of them that are asked for real.
func (s Service) askable() []string {
	return s.named(func(subject Subject) bool { return subject.Answered && subject.Asked })
}

func (s Service) named(which func(Subject) bool) (subjects []string) {
	for _, subject := range s.Subjects {
		if which(subject) {
			subjects = append(subjects, subject.Name)
		}
	}
	return subjects
}

const (
	// notSent is what a row has seen of a service that answered nothing.
	notSent = "not sent: none of its subjects was answered before"
	// notOrdered is what one has seen of a service with nothing but commands.
	notOrdered = "not sent: each of its subjects may change something, and commands were not ordered"
)

// skip adds the row of a service that gets no requests.
func (r *run) skip(check string, service Service, kind Kind, wanted string) {
	if len(service.answeredSubjects()) > 0 {
		r.add(check, service.Name, KindInformation, false, wanted, notOrdered)
		return
	}
	r.add(check, service.Name, kind, false, wanted, notSent)
}

// taskOf is the task that gave an answer, by the label "task" in its metadata; "" if it does not
// say.
func taskOf(response proto.Message) string {
	meta, has := part(response, "meta")
	if !has {
		return ""
	}
	labels := meta.Descriptor().Fields().ByName("labels")
	if labels == nil || !labels.IsMap() {
		return ""
	}
	task := meta.Get(labels).Map().Get(protoreflect.ValueOfString("task").MapKey())
	if !task.IsValid() {
		return ""
	}
	return task.String()
}

// codeIn is the code of the error that a response reports; false if it reports none.
func codeIn(response proto.Message) (messaging.Code, bool) {
	failure, has := part(response, "error")
	if !has {
		return 0, false
	}
	return messaging.Code(failure.Get(failure.Descriptor().Fields().ByName("code")).Enum()), true
}

// part is a message inside a message; false if it is not set. Every response of the contract has
// the fields "meta" and "error".
func part(message proto.Message, name protoreflect.Name) (protoreflect.Message, bool) {
	at := message.ProtoReflect().Descriptor().Fields().ByName(name)
	if at == nil || !message.ProtoReflect().Has(at) {
		return nil, false
	}
	return message.ProtoReflect().Get(at).Message(), true
}
