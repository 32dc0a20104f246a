// Comments and documents cite incidents, facts, decisions, sections, files and tests. What they
// cite must be there: a citation that leads nowhere costs a reader more than none.

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	incident = regexp.MustCompile(`(?i)\bincidents?[ .]?(\d+)(?:(?:, | and | to )(\d+))*`)
	number   = regexp.MustCompile(`\d+`)
	decision = regexp.MustCompile(`(?:\bADR |docs/adr/)(\d{4})`)
	section  = regexp.MustCompile(
		`\b(runbook|alarms|architecture|rehearsal|service-contract|facts)(?:\.md)?\)?,? (?:under )?"([^"]+)"`)
	// elsewhere are paths inside other repositories, and addresses.
	elsewhere = regexp.MustCompile(`https?://\S+|\b(?:[\w.-]+/)*internal/(?:service|provider)/\S+`)
	open      = regexp.MustCompile(`<[^>]*>`) // a part of a path that is for the reader to fill in
	fileName  = regexp.MustCompile(`[\w*.-]+\.(?:go|tmpl|tsv|proto)\b`)
	link      = regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)
	drill     = regexp.MustCompile(
		"`((?:change|cutover|dr|fail|gw|guard|interrupt|nats|redis|refresh|svc|upgrade)(?:\\.[a-z0-9]+)+)`",
	)
	testName = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	// inCloud is a name of a package under internal/localcloud, or of the type Cloud.
	inCloud = regexp.MustCompile("(?:`|\\()(Cloud|[a-z0-9]+)\\.([A-Z]\\w*)(?:`|\\))")
	target  = regexp.MustCompile("(?:^|`)make ([a-z-]+)\\b")
	// unwritten is a citation of the first design, which is not part of the repository.
	unwritten = regexp.MustCompile(`\bdesign(?:,|,? §) ?\d|\bof the design\b`)
)

// theirs are source files of nats-server, jsm.go, Pulumi and the AWS provider that comments name.
var theirs = []string{
	"jetstream_api.go",
	"jetstream_cluster.go",
	"route.go",
	"jsm.go",
	"pulumiEnums.go",
	"replication_group.go",
	"zone.go",
}

func TestIncidentsThatAreCitedAreListed(t *testing.T) {
	listed := map[string]bool{}
	for _, title := range headings(t, "docs/incidents.md") {
		if n, _, found := strings.Cut(title, ". "); found {
			listed[n] = true
		}
	}
	for _, p := range passages(t) {
		for _, cited := range incident.FindAllString(p.text, -1) {
			for _, n := range number.FindAllString(cited, -1) {
				assert.True(
					t,
					listed[n],
					"%s:%d cites incident %s, which docs/incidents.md does not have",
					p.file,
					p.line,
					n,
				)
			}
		}
	}
}

func TestDecisionsThatAreCitedExist(t *testing.T) {
	for _, p := range passages(t) {
		for _, match := range decision.FindAllStringSubmatch(p.text, -1) {
			found, err := filepath.Glob(filepath.Join(root, "docs/adr", match[1]+"-*.md"))
			require.NoError(t, err)
			assert.Len(t, found, 1, "%s:%d cites decision %s, which docs/adr does not have", p.file, p.line, match[1])
		}
	}
}

func TestSectionsThatAreCitedExist(t *testing.T) {
	for _, p := range passages(t) {
		for _, match := range section.FindAllStringSubmatch(p.text, -1) {
			document := "docs/" + match[1] + ".md"
			assert.True(t, slices.ContainsFunc(headings(t, document), func(title string) bool {
				return strings.HasPrefix(title, match[2])
			}), "%s:%d cites %q, which %s does not have", p.file, p.line, match[2], document)
		}
		assert.NotRegexp(t, unwritten, p.text, "%s:%d cites a document that is not here", p.file, p.line)
	}
}

// A path is looked for when it begins with a folder of the repository, a name of a source file
// anywhere: it may be beside the comment that names it.
func TestFilesThatAreCitedExist(t *testing.T) {
	var names []string
	walk(t, func(path string) { names = append(names, filepath.Base(path)) })
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(made, entry.Name()) {
			folders = append(folders, regexp.QuoteMeta(entry.Name()))
		}
	}
	path := regexp.MustCompile("(?:^|[\\s(`\"'])((?:" + strings.Join(folders, "|") + `)/[\w./*<>…-]*)`)
	for _, p := range passages(t) {
		text := elsewhere.ReplaceAllString(p.text, "")
		foreign := strings.Contains(p.text, "internal/service/")
		if p.inCode && !strings.Contains(text, "docs/") {
			continue
		}
		for _, match := range path.FindAllStringSubmatch(text, -1) {
			cited := strings.TrimRight(match[1], ".…")
			pattern := open.ReplaceAllString(strings.TrimSuffix(cited, "/"), "*")
			if decision.MatchString(cited) {
				pattern += "*"
			}
			found, err := filepath.Glob(filepath.Join(root, pattern))
			require.NoError(t, err)
			assert.NotEmpty(t, found, "%s:%d cites %s, which does not exist", p.file, p.line, cited)
		}
		if p.inCode || foreign {
			continue
		}
		for _, cited := range fileName.FindAllString(text, -1) {
			assert.True(t, slices.Contains(theirs, cited) || slices.ContainsFunc(names, func(name string) bool {
				matched, err := filepath.Match(cited, name)
				return err == nil && matched
			}), "%s:%d cites %s, which does not exist", p.file, p.line, cited)
		}
	}
}

func TestLinksLeadToFiles(t *testing.T) {
	for _, p := range passages(t) {
		if filepath.Ext(p.file) != ".md" {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(p.text, -1) {
			_, err := os.Stat(filepath.Join(root, filepath.Dir(p.file), match[1]))
			assert.NoError(t, err, "%s:%d links it", p.file, p.line)
		}
	}
}

// Drills are cited by documents; their ids are strings of internal/rehearsal.
func TestDrillsThatAreCitedExist(t *testing.T) {
	ids := map[string]bool{"nats.conf": true, "nats.service": true}
	all := passages(t)
	for _, p := range all {
		if p.inCode && strings.HasPrefix(p.file, filepath.Join("internal", "rehearsal")) {
			ids[p.text] = true
		}
	}
	for _, p := range all {
		for _, match := range drill.FindAllStringSubmatch(p.text, -1) {
			assert.True(
				t,
				p.inCode || ids[match[1]],
				"%s:%d cites drill %s, which does not exist",
				p.file,
				p.line,
				match[1],
			)
		}
	}
}

func TestTestsThatAreCitedExist(t *testing.T) {
	var code strings.Builder
	walk(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			code.Write(text)
		}
	})
	for _, p := range passages(t) {
		for _, match := range testName.FindAllStringSubmatch(p.text, -1) {
			assert.Contains(t, code.String(), "func "+match[1], "%s:%d cites a test", p.file, p.line)
		}
	}
}

func TestTargetsThatAreCitedExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	for _, p := range passages(t) {
		if filepath.Ext(p.file) != ".md" {
			continue
		}
		for _, match := range target.FindAllStringSubmatch(p.text, -1) {
			assert.Regexp(t, `(?m)^`+match[1]+`:`, string(text), "%s:%d cites make %s", p.file, p.line, match[1])
		}
	}
}

// The embedded AWS's document and texts name what a test can use: `ecs.Tasks`, `Cloud.Arm`.
func TestNamesOfTheEmbeddedAWSThatAreCitedExist(t *testing.T) {
	const folder = "internal/localcloud"
	code := map[string]string{} // by package
	walk(t, func(path string) {
		if strings.HasPrefix(path, filepath.Join(root, folder)) && filepath.Ext(path) == ".go" {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			code[filepath.Base(filepath.Dir(path))] += string(text)
		}
	})
	for _, p := range passages(t) {
		if !strings.HasPrefix(p.file, folder) && !strings.HasPrefix(p.file, "internal/rehearsal") {
			continue
		}
		for _, match := range inCloud.FindAllStringSubmatch(p.text, -1) {
			text, declared := code[match[1]], `(?m)^(?:func|type|var|const|\t) ?`+match[2]+`\b`
			if match[1] == "Cloud" {
				text, declared = code["cloud"], `(?m)^(?:func \(\w+ \*?Cloud\)|\t) ?`+match[2]+`\b`
			}
			if text != "" {
				assert.Regexp(t, declared, text, "%s:%d cites %s", p.file, p.line, match[0])
			}
		}
	}
}
