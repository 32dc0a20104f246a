// Package contract says what each subject takes and answers. Messages are dynamic: they come from
// the .proto files (workload/proto) at start, so that one program can be any of the services.
package contract

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/bodybroker/platform/messaging"
	files "github.com/bodybroker/platform/workload/proto"
)

//go:embed routes.tsv
var routes string

// Method is one subject of the contract.
type Method struct {
	Subject string
	// Request and Response are what it takes and answers; Part is what a streamed answer is made
	// of, nil where it is not streamed.
	Request, Response, Part protoreflect.MessageDescriptor
	// Route is the path that the HTTP gateway had for it before, for example
	// "/ai/models/{model_id}"; "" if it had none.
	Route string
}

// Reads says whether requests change nothing: the first word of the subject's last token is get,
// list, query or validate. All others are taken for commands.
func (m Method) Reads() bool {
	verb, _, _ := strings.Cut(m.Subject[strings.LastIndex(m.Subject, ".")+1:], "_")
	switch verb {
	case "get", "list", "query", "validate":
		return true
	}
	return false
}

// Messaging is the method as a client or worker needs it.
func (m Method) Messaging() messaging.Method {
	made := messaging.Method{Request: maker(m.Request), Response: maker(m.Response)}
	if m.Part != nil {
		made.Part = maker(m.Part)
	}
	return made
}

func maker(descriptor protoreflect.MessageDescriptor) func() proto.Message {
	return func() proto.Message { return dynamicpb.NewMessage(descriptor) }
}

// Load compiles the .proto files and returns the methods by subject.
func Load(ctx context.Context) (map[string]Method, error) {
	messages, err := compile(ctx)
	if err != nil {
		return nil, fmt.Errorf("compiling the wire contract: %w", err)
	}
	methods := map[string]Method{}
	for number, line := range strings.Split(routes, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := append(strings.Split(line, "\t"), "", "")
		if len(columns) < 6 {
			return nil, fmt.Errorf("routes.tsv, line %d: %q has too few columns", number+1, line)
		}
		m := Method{Subject: columns[0], Route: columns[4]}
		for at, name := range map[*protoreflect.MessageDescriptor]string{
			&m.Request:  columns[2],
			&m.Response: columns[3],
			&m.Part:     columns[5],
		} {
			if name == "" {
				continue
			}
			if *at = messages[protoreflect.FullName(columns[1]+"."+name)]; *at == nil {
				return nil, fmt.Errorf("routes.tsv, line %d: package %s has no message %s", number+1, columns[1], name)
			}
		}
		methods[m.Subject] = m
	}
	return methods, nil
}

func open(path string) (io.ReadCloser, error) { return files.Files.Open(path) }

func paths() ([]string, error) { return fs.Glob(files.Files, "*/v1/*.proto") }

// compile returns the messages of all files by their full names.
func compile(ctx context.Context) (map[protoreflect.FullName]protoreflect.MessageDescriptor, error) {
	names, err := paths()
	if err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: open}),
	}
	compiled, err := compiler.Compile(ctx, names...)
	if err != nil {
		return nil, err
	}
	messages := map[protoreflect.FullName]protoreflect.MessageDescriptor{}
	for _, file := range compiled {
		for i := range file.Messages().Len() {
			messages[file.Messages().Get(i).FullName()] = file.Messages().Get(i)
		}
	}
	return messages, nil
}

// WantsStream says whether a request asks for its answer in parts: params.stream.
func WantsStream(request proto.Message) bool {
	params := request.ProtoReflect().Descriptor().Fields().ByName("params")
	if params == nil || !request.ProtoReflect().Has(params) {
		return false
	}
	given := request.ProtoReflect().Get(params).Message()
	stream := given.Descriptor().Fields().ByName("stream")
	return stream != nil && given.Has(stream) &&
		given.Get(stream).Message().Get(stream.Message().Fields().ByName("value")).Bool()
}
