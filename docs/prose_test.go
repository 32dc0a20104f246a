// What people read in this repository: comments, documents and messages, without the code around
// them.

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = ".."

// made are the folders that are not part of the repository.
var made = []string{".git", ".build", "out", "artifacts"}

// commented are the kinds of files, besides Go and Markdown, whose comments are read.
var commented = []string{".yaml", ".tmpl", ".sh", ".service", ".timer", ".proto", ".tsv", "Makefile", "Dockerfile"}

// passage is a comment, a paragraph or a string, on one line.
type passage struct {
	file   string // from the repository's root
	line   int
	text   string
	inCode bool // a string of the program
}

// walk calls visit with every file of the repository.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(made, entry.Name()) {
			return filepath.SkipDir
		}
		if !entry.IsDir() {
			visit(path)
		}
		return nil
	}))
}

func passages(t *testing.T) (found []passage) {
	t.Helper()
	walk(t, func(path string) {
		name := strings.TrimPrefix(path, root+string(filepath.Separator))
		switch kind := filepath.Ext(path); {
		case kind == ".go":
			found = append(found, ofGo(t, path, name)...)
		case kind == ".md":
			found = append(found, ofText(t, path, name, func(line string) (string, bool) {
				return line, strings.TrimSpace(line) != ""
			})...)
		case slices.Contains(commented, kind), slices.Contains(commented, filepath.Base(path)):
			found = append(found, ofText(t, path, name, func(line string) (string, bool) {
				line = strings.TrimSpace(line)
				return strings.TrimLeft(line, "#/ "), strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
			})...)
		}
	})
	return found
}

func ofGo(t *testing.T, path, name string) (found []passage) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, group := range parsed.Comments {
		found = append(found, passage{
			file: name,
			line: files.Position(group.Pos()).Line,
			text: strings.Join(strings.Fields(group.Text()), " "),
		})
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		found = append(found, passage{file: name, line: files.Position(literal.Pos()).Line, text: text, inCode: true})
		return true
	})
	return found
}

// ofText joins lines that follow each other; prose says what of a line is read, if anything.
func ofText(t *testing.T, path, name string, prose func(string) (string, bool)) (found []passage) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	joined := false
	for i, line := range strings.Split(string(text), "\n") {
		words, read := prose(line)
		switch {
		case !read:
		case joined:
			found[len(found)-1].text += " " + strings.TrimSpace(words)
		default:
			found = append(found, passage{file: name, line: i + 1, text: strings.TrimSpace(words)})
		}
		joined = read
	}
	return found
}

var heading = regexp.MustCompile(`(?m)^#+ (.*)$`)

// headings are those of a document.
func headings(t *testing.T, document string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, document))
	require.NoError(t, err)
	for _, match := range heading.FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	return found
}
