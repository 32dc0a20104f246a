// Command lines of unit files: how they are cut into words and how variables come into them
// (systemd.service(5), "COMMAND LINES"; systemd.syntax(7), "QUOTING").

package machine

import (
	"fmt"
	"regexp"
	"strings"
)

// commandLine is one ExecStart= or ExecReload=: the program and its arguments, before variables are
// put in.
type commandLine []string

var escapes = map[rune]string{'n': "\n", 't': "\t", 'r': "\r", 's': " ", '\\': `\`, '"': `"`, '\'': "'", ';': ";"}

// splitWords cuts a text at white space; quotes keep together, a backslash escapes.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, r := range text {
		switch {
		case escaped:
			replacement, known := escapes[r]
			if !known {
				return nil, fmt.Errorf(`the escape \%c is not known to this stand-in`, r)
			}
			word.WriteString(replacement)
			escaped = false
		case r == '\\':
			inWord, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			inWord, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("a quote or an escape has no end in %q", text)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// parseCommand reads one command line. The program is an absolute path or a bare name; prefixes,
// specifiers and several commands on one line are not known here.
func parseCommand(text string) (commandLine, error) {
	line, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	if len(line) == 0 {
		return nil, fmt.Errorf("the command line is empty")
	}
	if line[0] == "" || strings.ContainsAny(line[0][:1], "-@:+!") {
		return nil, fmt.Errorf("the prefix of %q is not known to this stand-in", line[0])
	}
	if strings.Contains(line[0], "/") && !strings.HasPrefix(line[0], "/") {
		return nil, fmt.Errorf("neither a valid executable name nor an absolute path: %s", line[0])
	}
	for _, word := range line {
		if word == ";" {
			return nil, fmt.Errorf("several commands on one line are not known to this stand-in")
		}
		if at := strings.Index(word, "%"); at >= 0 {
			return nil, fmt.Errorf("the specifier %q is not known to this stand-in", word[at:min(at+2, len(word))])
		}
	}
	return line, nil
}

var (
	wholeVariable = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)$`)
	partVariable  = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
)

// expand puts the environment's values into the arguments: ${NAME} anywhere in a word becomes the
// value as it is, $NAME as a word of its own becomes the value's words, $$ becomes a dollar. The
// program is never expanded.
func (c commandLine) expand(environment map[string]string) ([]string, error) {
	words := []string{c[0]}
	for _, word := range c[1:] {
		if match := wholeVariable.FindStringSubmatch(word); match != nil {
			parts, err := splitWords(environment[match[1]])
			if err != nil {
				return nil, fmt.Errorf("putting $%s into the command line of %s: %w", match[1], c[0], err)
			}
			words = append(words, parts...)
			continue
		}
		words = append(words, partVariable.ReplaceAllStringFunc(word, func(found string) string {
			if found == "$$" {
				return "$"
			}
			return environment[found[2:len(found)-1]]
		}))
	}
	return words, nil
}

// environmentFile reads the text of an EnvironmentFile=: lines NAME=VALUE, comments with # or ;
// (systemd.exec(5)).
func environmentFile(text string) (map[string]string, error) {
	values := map[string]string{}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\\\n", ""), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d is no assignment NAME=VALUE", i+1)
		}
		value = strings.TrimSpace(value)
		if strings.ContainsAny(value, "\"'\\") {
			words, err := splitWords(value)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			value = strings.Join(words, " ")
		}
		values[strings.TrimSpace(name)] = value
	}
	return values, nil
}
