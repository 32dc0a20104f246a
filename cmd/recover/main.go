// Command recover repairs an exported state after the engine was killed: docs/runbook.md, "The
// engine was killed".
//
//	recover state.json                         lists what was being created
//	recover state.json URN=ID URN=- > new.json takes it into the state, or forgets it
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bodybroker/platform/internal/cli"
	"github.com/bodybroker/platform/internal/recovery"
)

func main() { cli.Main(run) }

func run(_ context.Context, _ string, args []string) error {
	if len(args) == 0 {
		return errors.New("recover: name the file of an exported stack: pulumi stack export --file state.json")
	}
	exported, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if len(args) == 1 {
		return list(exported)
	}
	ids := map[string]string{}
	for _, answer := range args[1:] {
		urn, id, ok := strings.Cut(answer, "=")
		if !ok {
			return fmt.Errorf("recover: %q is not of the form URN=ID or URN=%s", answer, recovery.Gone)
		}
		ids[urn] = id
	}
	mended, err := recovery.Resolve(exported, ids)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(mended, '\n'))
	return err
}

func list(exported []byte) error {
	pending, err := recovery.List(exported)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		fmt.Println("Nothing was being created: pulumi refresh, then pulumi up.")
		return nil
	}
	fmt.Printf(
		"%d resources were being created. Look each up in AWS, then give its id for each, or %s:\n\n",
		len(pending),
		recovery.Gone,
	)
	for _, p := range pending {
		fmt.Printf("  %s\n      type %s, name %q\n", p.URN, p.Type, p.Name)
	}
	return nil
}
