// Package results writes what was measured or seen to a JSON file under out, for people and
// programs.
package results

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Write puts the rows into a file, whole or not at all; its folder is made.
func Write(file string, rows any) error {
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
