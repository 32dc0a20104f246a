// The layers of the module: which packages a package may import. An import in the wrong direction
// compiles, and nobody notices it until two packages can no longer be taken apart. So a table says
// what each package may import (table_test.go), and these tests compare it with the imports that
// there are.

package layers_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	module = "github.com/bodybroker/platform"
)

// matches reports whether a package is one of the patterns.
func matches(name string, patterns []string) bool {
	for _, pattern := range patterns {
		above, isTree := strings.CutSuffix(pattern, "...")
		if isTree && strings.HasPrefix(name+"/", above) {
			return true
		}
		if found, err := path.Match(pattern, name); err == nil && found {
			return true
		}
	}
	return false
}

// layerOf returns the first layer that matches a package, and false when there is none.
func layerOf(name string, all []layer) (layer, bool) {
	for _, l := range all {
		if matches(name, l.packages) {
			return l, true
		}
	}
	return layer{}, false
}

// faultsOf are the imports of a package that its layer does not allow.
func faultsOf(name string, imports []string, all []layer) (faults []string) {
	own, found := layerOf(name, all)
	if !found {
		return []string{fmt.Sprintf("%s is in no layer: add it to the table in internal/layers", name)}
	}
	for _, imported := range imports {
		if !matches(imported, own.may) || matches(imported, own.never) {
			faults = append(faults, fmt.Sprintf("%s imports %s, and may import %s: %s", name, imported,
				cmp.Or(strings.Join(own.may, ", "), "nothing of this module"), own.because))
		}
	}
	return faults
}

// name is the package's, relative to the module.
func name(importPath string) string {
	if importPath == module {
		return "main"
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// packages are all packages of the module. This process reads them itself, and not go list: so the
// test runs again, and is not taken from the cache of tests, when any file changes.
func packages(t *testing.T) (all []*build.Package) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(folder string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if folder != root && isOutside(folder, entry.Name()) {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(folder, 0)
		var empty *build.NoGoError
		if errors.As(err, &empty) {
			return nil
		}
		p.ImportPath = path.Join(module, filepath.ToSlash(strings.TrimPrefix(folder, root)))
		all = append(all, p)
		return err
	}))
	return all
}

// isOutside reports whether the go command takes a folder for no part of the module.
func isOutside(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

func TestEveryPackageImportsLowerLayersAlone(t *testing.T) {
	all := append(levels(), layers...)
	for _, p := range packages(t) {
		var imports []string
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module) {
				imports = append(imports, name(imported))
			}
		}
		for _, fault := range faultsOf(name(p.ImportPath), imports, all) {
			t.Error(fault)
		}
	}
}

// The table refuses what it is there to refuse: each row is an import that compiles.
func TestAnImportInTheWrongDirectionIsRefused(t *testing.T) {
	all := append(levels(), layers...)
	for from, to := range map[string]string{
		"main":                              "internal/localcloud",
		"stacks":                            "internal/rehearsal",
		"components/gateway":                "stacks",
		"components/service":                "config",
		"components/platform":               "components/service",
		"config":                            "stacks",
		"catalog":                           "config",
		"node":                              "node/image",
		"controller":                        "stacks",
		"workload/gateway":                  "internal/localcloud/flowguard",
		"internal/rehearsal/drills/nats":    "internal/rehearsal/drills/gateway",
		"internal/rehearsal":                "cmd/drills",
		"internal/localcloud/iam":           "internal/localcloud/awsapi",
		"internal/localcloud/ecs":           "internal/localcloud/lambda",
		"internal/localcloud/s3":            "internal/localcloud",
		"internal/localcloud/anewservice":   "internal/localcloud/cloud",
		"internal/localcloud/machine/inner": "internal/localcloud/dispositions",
	} {
		assert.Len(t, faultsOf(from, []string{to}, all), 1, "%s imports %s", from, to)
	}
	for from, to := range map[string]string{
		"main":                           "stacks",
		"config":                         "components/natscluster",
		"internal/rehearsal/drills/nats": "internal/rehearsal/stage",
		"internal/rehearsal":             "internal/rehearsal/drills/nats",
		"internal/localcloud/ecs":        "internal/localcloud/ec2",
		"internal/localcloud":            "internal/localcloud/ecs",
		"cmd/drills":                     "internal/rehearsal",
	} {
		assert.Empty(t, faultsOf(from, []string{to}, all), "%s imports %s", from, to)
	}
	assert.Len(t, faultsOf("anewroom", nil, all), 1, "a package without a layer")
}

// The configuration embeds a component's settings and composes names as components do. What makes
// resources stays out of it.
func TestTheConfigurationTakesNamesAndSettingsOfComponentsAlone(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "config", "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, used := range takenFromComponents(parsed) {
			t.Errorf("%s uses %s: config takes settings of components alone (types named …Settings)", file, used)
		}
	}
}

// takenFromComponents are the names that a file uses of components, other than settings and what
// all components share.
func takenFromComponents(file *ast.File) (used []string) {
	components := map[string]bool{}
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if strings.HasPrefix(imported, module+"/components/") {
			components[path.Base(imported)] = true
		}
	}
	delete(components, "platform")
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		of, ok := selector.X.(*ast.Ident)
		if ok && components[of.Name] && !strings.HasSuffix(selector.Sel.Name, "Settings") {
			used = append(used, of.Name+"."+selector.Sel.Name)
		}
		return true
	})
	return used
}

func TestAComponentsConstructorIsNoSetting(t *testing.T) {
	const source = `package config
import "github.com/bodybroker/platform/components/gateway"
type Config struct { Gateway gateway.Settings }
var made = gateway.New
`
	parsed, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.SkipObjectResolution)
	require.NoError(t, err)
	assert.Equal(t, []string{"gateway.New"}, takenFromComponents(parsed))
}
