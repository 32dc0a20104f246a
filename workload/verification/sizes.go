// Check "sizes": how many bytes realistic contents take as JSON and as protobuf.
package verification

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// TargetSizeRatio is the lower end of what the product expects: JSON three to five times as large
// as protobuf.
const TargetSizeRatio = 3.0

func sizes(_ context.Context, r *run) {
	wanted := fmt.Sprintf("JSON %v times as large as protobuf, or more (the product's target)", TargetSizeRatio)
	for i := range r.report.Services {
		service := &r.report.Services[i]
		for j := range service.Subjects {
			subject := &service.Subjects[j]
			var request, response error
			subject.Request, request = sizeOf(r.contents[subject.Name].request)
			subject.Response, response = sizeOf(r.contents[subject.Name].response)
			if err := errors.Join(request, response); err != nil {
				r.add("sizes", subject.Name, KindCheck, false, wanted, err.Error())
			}
		}
		both := service.Request().plus(service.Response())
		r.add(
			"sizes",
			service.Name,
			KindInformation,
			both.Ratio() >= TargetSizeRatio,
			wanted,
			fmt.Sprintf(
				"%.2f times: requests and answers are %d bytes as JSON, %d as protobuf",
				both.Ratio(),
				both.JSON,
				both.Protobuf,
			),
		)
		r.report.Request, r.report.Response = r.report.Request.plus(
			service.Request(),
		), r.report.Response.plus(
			service.Response(),
		)
	}
}

// sizeOf takes JSON as protojson writes it, without spaces and without fields that are not set.
func sizeOf(message proto.Message) (Size, error) {
	text, err := protojson.Marshal(message)
	if err != nil {
		return Size{}, fmt.Errorf("encoding %s as JSON: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	// protojson puts in a space here and there, not the same in every build.
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return Size{}, fmt.Errorf("encoding %s as JSON: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return Size{compact.Len(), proto.Size(message)}, nil
}
