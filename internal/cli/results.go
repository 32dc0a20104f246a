// Files of results: what a command measures or observes, as JSON for people and programs.

package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// WriteResults writes the rows as indented JSON into a file and makes its folder. After an error
// the file still has its earlier content.
func WriteResults(file string, rows any) error {
	content, err := json.MarshalIndent(rows, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file+".unfinished", append(content, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(file+".unfinished", file)
	}
	if err != nil {
		return fmt.Errorf("writing the results to %s: %w", file, err)
	}
	return nil
}
