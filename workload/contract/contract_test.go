package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/workload/proto"
)

// fieldType is a field's type as the list has it: names of the same package without the package.
func fieldType(f protoreflect.FieldDescriptor) string {
	named := func(f protoreflect.FieldDescriptor) string {
		var name, own string
		switch f.Kind() {
		case protoreflect.MessageKind:
			name = string(f.Message().FullName())
		case protoreflect.EnumKind:
			name = string(f.Enum().FullName())
		default:
			return f.Kind().String()
		}
		own = string(f.ParentFile().Package()) + "."
		if rest, local := strings.CutPrefix(name, own); local {
			return rest[strings.LastIndex(rest, ".")+1:]
		}
		return name
	}
	switch {
	case f.IsMap():
		return "map<" + named(f.MapKey()) + ", " + named(f.MapValue()) + ">"
	case f.IsList():
		return "repeated " + named(f)
	}
	return named(f)
}

func list(messages map[protoreflect.FullName]protoreflect.MessageDescriptor) map[string]bool {
	lines := map[string]bool{}
	for _, m := range messages {
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			line := fmt.Sprintf("%s\t%d\t%s\t%s", m.FullName(), f.Number(), f.Name(), fieldType(f))
			if oneof := f.ContainingOneof(); oneof != nil {
				line += "\t" + string(oneof.Name())
			}
			lines[line] = true
		}
		for i := range m.Enums().Len() {
			addValues(lines, m.Enums().Get(i))
		}
	}
	return lines
}

func addValues(lines map[string]bool, e protoreflect.EnumDescriptor) {
	for i := range e.Values().Len() {
		lines[fmt.Sprintf(
			"%s\t%d\t%s\tenum value",
			e.FullName(),
			e.Values().Get(i).Number(),
			e.Values().Get(i).Name(),
		)] = true
	}
}

// A service that was built yesterday reads what is sent today.
func TestTheProtoFilesAreTheWireContract(t *testing.T) {
	messages, err := compile(t.Context())
	require.NoError(t, err)
	written := list(messages)
	known := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(proto.Contract), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		known[line] = true
		assert.True(t, written[line], "the contract has %q, the .proto files do not", line)
	}
	for line := range written {
		assert.True(t, known[line], "%q is new: add it to wire-contract.tsv", line)
	}
	assert.NotEmpty(t, known)
}

func TestEverySubjectOfTheServicesHasItsMessages(t *testing.T) {
	methods, err := Load(t.Context())
	require.NoError(t, err)
	table, _, err := catalog.Services()
	require.NoError(t, err)
	count := 0
	for _, s := range table {
		for _, subject := range s.RPC {
			count++
			m, found := methods[subject]
			if assert.True(t, found, subject) {
				for _, message := range []protoreflect.MessageDescriptor{m.Request, m.Response} {
					meta := message.Fields().ByNumber(1)
					assert.Equal(
						t,
						protoreflect.FullName("common.v1.Meta"),
						meta.Message().FullName(),
						message.FullName(),
					)
				}
				assert.NotNil(t, m.Response.Fields().ByName("error"), m.Response.FullName())
			}
		}
	}
	assert.Len(t, methods, count)
}

func TestReadsAreKnownByTheirVerb(t *testing.T) {
	methods, err := Load(t.Context())
	require.NoError(t, err)
	var reads []string
	for subject, method := range methods {
		if method.Reads() {
			reads = append(reads, subject)
		}
	}
	assert.ElementsMatch(t, []string{
		"svc.ai.model.v1.get",
		"svc.ai.model.v1.list",
		"svc.auth.v1.validate_session",
		"svc.capability.v1.query",
		"svc.kb.v1.query",
		"svc.orchestration.v1.get_status",
		"svc.perf.v1.get_metrics",
		"svc.settings.v1.get",
		"svc.state.manager.v1.get",
		"svc.time.v1.get_time",
		"svc.weather.v1.get_weather",
		"svc.world.v1.get_state",
	}, reads)
	assert.False(
		t,
		Method{Subject: "svc.get.v1.getter_reset"}.Reads(),
		"a word, not its beginning, and of the last token",
	)
}
