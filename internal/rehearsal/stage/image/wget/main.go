// Command wget is the wget of the rehearsed container image, as far as a health check needs it: a
// computer with nothing but Go, git and make has none. It fetches one address and says by its
// status whether the answer was good.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

func main() {
	if err := fetch(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "wget:", err)
		os.Exit(1)
	}
}

func fetch(arguments []string) error {
	if len(arguments) != 4 || !slices.Equal(arguments[:3], []string{"-q", "-O", "/dev/null"}) {
		return fmt.Errorf("%q: this one knows -q -O /dev/null and an address", arguments)
	}
	response, err := (&http.Client{Timeout: 5 * time.Second}).Get(arguments[3])
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", arguments[3], response.Status)
	}
	return response.Body.Close()
}
