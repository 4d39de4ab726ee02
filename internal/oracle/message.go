package oracle

import (
	"regexp"
	"strings"
)

var (
	escape    = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")
	errorWord = regexp.MustCompile(`(?m)^\s*error:`)
	afterText = regexp.MustCompile(`^(at (/|«|\S+:\d+)|\d+\||\||…)`)
)

// LastError returns the innermost error message of what a Nix wrote to standard error, on one line, without the position, the
// source excerpt and the trace around it; "" if there is none.
func LastError(stderr string) string {
	text := escape.ReplaceAllString(stderr, "")
	starts := errorWord.FindAllStringIndex(text, -1)
	if len(starts) == 0 {
		return ""
	}
	var words []string
	for _, line := range strings.Split(text[starts[len(starts)-1][1]:], "\n") {
		line = strings.TrimSpace(line)
		if afterText.MatchString(line) || line == "" && len(words) > 0 {
			break
		}
		words = append(words, strings.Fields(line)...)
	}
	return strings.Join(words, " ")
}

// Plain returns text without the escape sequences of terminals.
func Plain(text string) string { return escape.ReplaceAllString(text, "") }
