// Package releasefixture keeps what a release leaves in an operator's hands: production's
// configuration and state, made on the embedded AWS. The drill upgrade.preview previews the program
// of today on each of them, so that no upgrade changes production by accident. A fixture holds no
// secret: secrets.go says how it is complete all the same.
package releasefixture

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Folder is where the fixtures are, a folder per release, in the repository's root.
const Folder = "testdata/upgrades"

// Stack is the name of the stack whose state is kept, as it is in the URNs.
const Stack = "prod"

const (
	stateFile         = "state.json.gz"
	configurationFile = "Pulumi." + Stack + ".yaml"
)

// Fixture is the production of one release.
type Fixture struct {
	Release string
	// Configuration is the path of the stack's configuration file.
	Configuration string
	// State is for the engine to import. Its secrets are in clear, and made up.
	State apitype.UntypedDeployment
	// Resources are those of providers that are in State.
	Resources []Resource
}

// Resource is one resource of a provider.
type Resource struct {
	URN, Type, ID string
	Outputs       map[string]any // secrets opened, without files
}

// Releases are the releases that root has fixtures of, in alphabetical order; an error if there are
// none.
func Releases(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, Folder, "*", stateFile))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no folder with a %s; make one: make release-fixture RELEASE=v…", Folder, stateFile)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for fixtures of releases: %w", err)
	}
	releases := make([]string, len(files))
	for i, file := range files {
		releases[i] = filepath.Base(filepath.Dir(file))
	}
	slices.Sort(releases)
	return releases, nil
}

// Load reads a release's fixture and fills its secrets in.
func Load(root, release string) (Fixture, error) {
	folder := filepath.Join(root, Folder, release)
	stored, err := read(folder)
	if err != nil {
		return Fixture{}, fmt.Errorf("loading the fixture of release %s: %w", release, err)
	}
	filled := fill(stored)
	text, err := json.Marshal(filled)
	if err != nil {
		return Fixture{}, fmt.Errorf("loading the fixture of release %s: %w", release, err)
	}
	return Fixture{
		Release:       release,
		Configuration: filepath.Join(folder, configurationFile),
		State:         apitype.UntypedDeployment{Version: apitype.DeploymentSchemaVersionCurrent, Deployment: text},
		Resources:     resources(filled),
	}, nil
}

// read is the deployment as it is stored, with placeholders for secrets.
func read(folder string) (deployment any, err error) {
	file, err := os.Open(filepath.Join(folder, stateFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	return decode(text)
}

// Save keeps a release's production: the state as the engine exports it with secrets in clear, and
// the configuration that it was made with. A release that is kept already is refused, for a fixture
// is the past.
func Save(root, release string, state apitype.UntypedDeployment, configuration []byte) error {
	folder := filepath.Join(root, Folder, release)
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("keeping release %s: %s exists, and what a release left does not change; "+
			"delete the folder if that release is not published yet", release, folder)
	}
	text, err := stored(state)
	if err == nil {
		err = errors.Join(Secrets(text), Secrets(configuration))
	}
	if err != nil {
		return fmt.Errorf("keeping release %s: %w", release, err)
	}
	var zipped bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // fails for an unknown level only
	if _, err := writer.Write(text); err != nil {
		return fmt.Errorf("keeping release %s: %w", release, err)
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("keeping release %s: %w", release, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("keeping release %s: %w", release, err)
	}
	for name, content := range map[string][]byte{stateFile: zipped.Bytes(), configurationFile: configuration} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("keeping release %s: %w", release, err)
		}
	}
	return nil
}

// stored is the text to keep of an exported state.
func stored(state apitype.UntypedDeployment) ([]byte, error) {
	deployment, err := decode(state.Deployment)
	if err != nil {
		return nil, err
	}
	if deployment, err = hide(deployment); err != nil {
		return nil, err
	}
	if err := errors.Join(allHidden(deployment), normalise(deployment)); err != nil {
		return nil, err
	}
	return json.MarshalIndent(deployment, "", " ")
}

// decode keeps numbers as they are written: a float64 would write large ones differently.
func decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("reading a state: %w", err)
	}
	return value, nil
}
