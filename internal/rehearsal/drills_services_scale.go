// Drill of autoscaling: a service is asked for what takes it long, until it has as many tasks as it
// may have.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/bodybroker/platform/workload/contract"
)

const (
	// The service whose requests may carry a context of any size: reading one costs its tasks more
	// CPU time than it costs the way.
	scaledService, scaledSubject = "ai-integration", "svc.ai.llm.v1.infer"
	// contextFields make a request of some 400 KB.
	contextFields = 20_000
	// calmPause leaves a service nearly without work that is asked all the time.
	calmPause = 50 * time.Millisecond
	// scaleLimit is for three scalings out with their cooldowns, and as much for one in: fifteen
	// minutes below the target.
	scaleLimit = 4 * time.Minute
)

func scaleWithLoad(ctx context.Context, s *Stage) (string, error) {
	most, err := s.shipped("serviceMaxTaskCount")
	if err != nil {
		return "", err
	}
	request, err := withContext(ctx)
	if err != nil {
		return "", err
	}
	pressing, err := (&questions{encoded: request}).begin(ctx, s, []string{scaledSubject})
	if err != nil {
		return "", err
	}
	began := time.Now()
	err = tasksBecome(ctx, s, most.(int))
	out := time.Since(began)
	if err = errors.Join(err, pressing.stop(none)); err != nil {
		return pressing.String(), fmt.Errorf("under load: %w", err)
	}
	calm, err := (&questions{pause: calmPause}).begin(ctx, s, []string{scaledSubject})
	if err != nil {
		return "", err
	}
	began = time.Now()
	err = errors.Join(tasksBecome(ctx, s, 2), calm.stop(none))
	return fmt.Sprintf(
		"2 tasks became %v in %.0f minutes of load, and 2 again in %.0f without (AWS's time, played %d times as "+
			"fast); %s; then %s",
		most,
		(out * scale).Minutes(),
		(time.Since(began) * scale).Minutes(),
		scale,
		pressing,
		calm,
	), err
}

// tasksBecome waits for a number of tasks.
func tasksBecome(ctx context.Context, s *Stage, wanted int) error {
	return poll(ctx, scaleLimit, func() error {
		if now := len(s.Cloud.Tasks(scaledService)); now != wanted {
			return fmt.Errorf("%s has %d tasks, wanted %d", scaledService, now, wanted)
		}
		return nil
	})
}

// withContext is a request with a large context (google.protobuf.Struct), encoded.
func withContext(ctx context.Context) ([]byte, error) {
	methods, err := contract.Load(ctx)
	if err != nil {
		return nil, err
	}
	fields := map[string]*structpb.Value{}
	for i := range contextFields {
		fields[fmt.Sprintf("memory-%d", i)] = structpb.NewNumberValue(float64(i))
	}
	content, err := proto.Marshal(&structpb.Struct{Fields: fields})
	if err != nil {
		return nil, err
	}
	at := methods[scaledSubject].Request.Fields().ByName("context")
	return protowire.AppendBytes(protowire.AppendTag(nil, at.Number(), protowire.BytesType), content), nil
}
