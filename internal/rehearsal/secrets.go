// secrets.hidden: every secret that was generated, searched byte for byte wherever it must not be.

package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func secretsHidden(ctx context.Context, s *stage.Stage) (string, error) {
	secrets := s.Secrets()
	if len(secrets) < 3 {
		return "", fmt.Errorf(
			"found only %d generated secrets in the cloud: the search would prove nothing",
			len(secrets),
		)
	}
	places, err := s.Visible(ctx)
	if err != nil {
		return "", err
	}
	if leaks := stage.Leaks(places, secrets); len(leaks) > 0 {
		return "", fmt.Errorf("%s", strings.Join(leaks, "; "))
	}
	return fmt.Sprintf(
		"%s in %d forms, none in %s",
		stage.Plural(len(stage.Owners(secrets)), "secret"),
		len(secrets),
		strings.Join(slices.Sorted(maps.Keys(places)), ", "),
	), nil
}
