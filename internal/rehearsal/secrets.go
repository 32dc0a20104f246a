package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func secretsHidden(ctx context.Context, s *Stage) (string, error) {
	secrets := s.secrets()
	if len(secrets) < 3 {
		return "", fmt.Errorf(
			"found only %d generated secrets in the cloud: the search would prove nothing",
			len(secrets),
		)
	}
	places, err := s.visible(ctx)
	if err != nil {
		return "", err
	}
	if shown := leaks(places, secrets); len(shown) > 0 {
		return "", fmt.Errorf("%s", strings.Join(shown, "; "))
	}
	return fmt.Sprintf(
		"%s in %d forms, none in %s",
		plural(len(s.owners(secrets)), "secret"),
		len(secrets),
		strings.Join(slices.Sorted(maps.Keys(places)), ", "),
	), nil
}
