package cli

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/diag"
)

// fromScript looks whether the first word is a script that was started through
// this program, and then puts the arguments that stand in the script in front:
//
//	#!/usr/bin/env nix
//	#! nix shell --file tools.nix
//	#! nix --command bash
//
// Lines that count begin with "#!" and the name; they follow the first line,
// among others that begin like comments. The script stays as the argument
// after them. Relative paths in them are meant from the script's folder.
func (c *Call) fromScript(words []string) ([]string, error) {
	if c.Root == &nixShellCommand {
		return c.fromShellScript(words)
	}
	if c.Root.Classic || len(words) == 0 || strings.HasPrefix(words[0], "-") {
		return words, nil
	}
	f, err := os.Open(words[0])
	if err != nil {
		return words, nil
	}
	defer f.Close()
	text, ok := scriptArguments(bufio.NewReader(f), c.Program)
	if !ok {
		return words, nil
	}
	c.BaseDir = filepath.Dir(words[0])
	args, err := splitScript(text)
	if err != nil {
		return nil, err
	}
	return append(args, words...), nil
}

// scriptArguments collects what stands after the name in the lines at the top
// of a script. It reports false for what is no script.
func scriptArguments(r *bufio.Reader, program string) (string, bool) {
	if start, err := r.Peek(2); err != nil || string(start) != "#!" {
		return "", false
	}
	var b strings.Builder
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if line == "" || err != nil && err != io.EOF {
			return b.String(), true
		}
		if first {
			continue
		}
		line = strings.TrimRight(line, " \n\r\t")
		if line == "" || strings.IndexByte("#/\\%@*-(", line[0]) < 0 {
			return b.String(), true
		}
		if args, ok := lineArguments(line, program); ok {
			b.WriteString(args + "\n")
		}
	}
}

// lineArguments returns what follows "#! nix" in a line, without the one blank
// after it, so that deeper indentation stays.
func lineArguments(line, program string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return "", false
	}
	rest = strings.TrimLeft(rest, " \t")
	after, ok := strings.CutPrefix(rest, "nix")
	if !ok && program == "firn" {
		after, ok = strings.CutPrefix(rest, "firn")
	}
	if !ok {
		return "", false
	}
	if after == "" {
		return "", true
	}
	return strings.CutPrefix(strings.TrimPrefix(after, ":"), " ")
}

// splitScript splits the arguments in a script into words, at blanks and line
// ends. Double backticks quote; a blank before the closing pair does not count,
// and three backticks or more between them stand for one less. Signs that a shell would do something with must be quoted.
func splitScript(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(" \t\n\r", c) >= 0:
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
		case c == '`' && strings.HasPrefix(s[i:], "``"):
			end, err := quotedWord(s, i+2, &word)
			if err != nil {
				return nil, err
			}
			words = append(words, word.String())
			word.Reset()
			i = end - 1
		case c == '`':
			return nil, diag.New(diag.Usage, "single backtick is not a supported syntax in the nix shebang.")
		case strings.IndexByte("$*~<>|;()[]{}'\"\\", c) >= 0:
			return nil, diag.New(diag.Usage, "unsupported unquoted character in nix shebang: %s. Use double backticks to escape?", diag.Plain(string(c)))
		case c == '#' && word.Len() == 0:
			return nil, diag.New(diag.Usage, "unquoted nix shebang argument cannot start with #. Use double backticks to escape?")
		default:
			word.WriteByte(c)
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, nil
}

// quotedWord reads up to the closing backticks and returns where it goes on.
//
// Nix: what stands directly before the opening backticks is dropped.
func quotedWord(s string, i int, word *strings.Builder) (int, error) {
	word.Reset()
	for i < len(s) {
		n := backticks(s[i:])
		if s[i] == ' ' && backticks(s[i+1:]) == 2 {
			return i + 3, nil
		}
		switch {
		case n == 2:
			return i + 2, nil
		case n > 2:
			word.WriteString(s[i+1 : i+n])
			i += n
		default:
			word.WriteByte(s[i])
			i++
		}
	}
	return 0, diag.New(diag.Usage, "unterminated quoted string in nix shebang")
}

// backticks counts the backticks at the start of s.
func backticks(s string) int {
	return len(s) - len(strings.TrimLeft(s, "`"))
}
