// How many files a package may have.

package layers_test

import (
	"strings"
	"testing"
)

// mostFiles is how many files a package may have, without its tests: a reader finds a name in a
// list of as many.
const mostFiles = 40

func TestNoPackageHasTooManyFiles(t *testing.T) {
	for _, p := range packages(t) {
		count := 0
		for _, file := range append(p.GoFiles, p.IgnoredGoFiles...) {
			if !strings.HasSuffix(file, "_test.go") {
				count++
			}
		}
		if count > mostFiles {
			t.Errorf("%s has %d files, a package has at most %d: divide it by what its files are about",
				name(p.ImportPath), count, mostFiles)
		}
	}
}
