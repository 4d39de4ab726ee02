package cli

import (
	"os"
	"regexp"
	"strings"

	"firn/internal/diag"
)

// A shellScript is a script that was started through nix-shell.
type shellScript struct {
	path string
	args []string // for the script
}

var shellScriptLine = regexp.MustCompile(`^#!\s*nix-shell\s+(.*)$`)

// fromShellScript looks whether the first word is a script, and then replaces
// the arguments by those that stand in it:
//
//	#!/usr/bin/env nix-shell
//	#! nix-shell -i python3 -p python3
//
// All lines that begin like the second one count, wherever they are.
func (c *Call) fromShellScript(words []string) ([]string, error) {
	if len(words) == 0 {
		return words, nil
	}
	text, err := os.ReadFile(words[0])
	if err != nil || !strings.HasPrefix(string(text), "#!") {
		return words, nil // a directory, a flag, an expression
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		m := shellScriptLine.FindStringSubmatch(strings.TrimRight(line, " \n\r\t"))
		if m == nil {
			continue
		}
		more, err := splitShellWords(m[1])
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	c.Script = &shellScript{words[0], words[1:]}
	return found, nil
}

// splitShellWords splits a line into words as a shell does: blanks part words,
// single quotes keep everything, double quotes everything but backslashes, and a
// backslash keeps the character after it.
func splitShellWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		case '\'', '"':
			end, err := quotedShellWord(s, i, &word)
			if err != nil {
				return nil, err
			}
			i, begun = end, true
		case '\\':
			if i++; i < len(s) {
				word.WriteByte(s[i])
				begun = true
			}
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// quotedShellWord reads from a quote on and returns where the closing one is.
func quotedShellWord(s string, start int, word *strings.Builder) (int, error) {
	quote := s[start]
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i, nil
		case s[i] == '\\' && quote == '"' && i+1 < len(s):
			// Nix: drops the backslash before any character.
			i++
		}
		word.WriteByte(s[i])
	}
	return 0, diag.New(diag.Usage, "unterminated quote in shebang line: %s", s)
}
