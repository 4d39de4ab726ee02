package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"firn/internal/config"
	"firn/internal/ui"
)

// A Completer proposes values that begin with prefix. Index tells which value
// of a flag, or which positional argument, it is. The call is parsed as far as
// it can be.
type Completer func(c *Call, index int, prefix string, out *completion)

// completion collects what a word could become. The protocol is Nix's: the
// variable NIX_GET_COMPLETIONS holds the number of the word to complete,
// counted from the program's name; the answer is a line that says of what kind
// the proposals are and then one line for each, with its description after a
// tab.
type completion struct {
	kind  string // "normal", "filenames" or "attrs"
	found []proposal
	open  []func(c *Call) // run when all words are parsed
}

type proposal struct{ text, description string }

// mark ends the word to complete while it goes through the parser.
const mark = "\x00complete\x00"

// here tells whether w is the word to complete, and what there is of it.
func (d *completion) here(w string) (prefix string, ok bool) {
	if d == nil {
		return "", false
	}
	return strings.CutSuffix(w, mark)
}

// add proposes a word.
func (d *completion) add(text, description string) {
	d.found = append(d.found, proposal{text, shorten(description)})
}

// later completes a word when the rest of the line is known.
func (d *completion) later(complete Completer, index int, prefix string) {
	if complete != nil {
		d.open = append(d.open, func(c *Call) { complete(c, index, prefix, d) })
	}
}

func (d *completion) subcommands(command *Command, prefix string) {
	for _, sub := range command.Sub {
		if sub.Category != HiddenCommand && strings.HasPrefix(sub.Name, prefix) {
			d.add(sub.Name, "")
		}
	}
}

// completeFlag proposes flags if w is the word to complete.
func (c *Call) completeFlag(w string) bool {
	prefix, ok := c.completing.here(w)
	if !ok {
		return false
	}
	if prefix == "-" {
		c.completing.add("--", "")
	}
	for _, command := range c.Path {
		for _, group := range command.Flags {
			for _, f := range group {
				c.proposeFlag(f, prefix)
			}
		}
	}
	return true
}

func (c *Call) proposeFlag(f *Flag, prefix string) {
	if prefix == "-" {
		if f.Short != 0 && c.Config.Enabled(f.Feature) {
			c.completing.add("-"+string(f.Short), f.Doc)
		}
		return
	}
	for _, name := range append([]string{f.Long}, f.Aliases...) {
		if name != "" && strings.HasPrefix("--"+name, prefix) {
			c.completing.add("--"+name, f.Doc)
		}
	}
}

// complete answers the protocol. Errors in the line are nobody's business here.
func (c *Call) complete(words []string, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(words) {
		// Nix: crashes.
		n = len(words) + 1
		words = append(words, "")
	}
	words = slices.Clone(words)
	words[n-1] += mark
	c.Log.SetLevel(0)
	c.Log.SetFormat(ui.Raw)
	c.completing = &completion{kind: "normal"}
	if c.parse(words) == nil {
		for _, complete := range c.completing.open {
			complete(c)
		}
	}
	found := c.completing.found
	slices.SortFunc(found, func(a, b proposal) int {
		if order := strings.Compare(a.text, b.text); order != 0 {
			return order
		}
		return strings.Compare(a.description, b.description)
	})
	var b strings.Builder
	b.WriteString(c.completing.kind + "\n")
	for _, p := range slices.Compact(found) {
		b.WriteString(p.text + "\t" + p.description + "\n")
	}
	_, err = c.Out.Write([]byte(b.String()))
	return err
}

// shorten keeps a description's first sentence.
func shorten(s string) string {
	s = strings.TrimSpace(s)
	end := strings.IndexAny(s, ".\n")
	if end < 0 {
		return s
	}
	if end == len(s)-1 {
		return s[:end]
	}
	return s[:end] + " [...]"
}

// completeFile proposes files and folders.
func completeFile(c *Call, _ int, prefix string, out *completion) {
	proposeFiles(c, prefix, out, false)
}

// completeFolder proposes folders.
func completeFolder(c *Call, _ int, prefix string, out *completion) {
	proposeFiles(c, prefix, out, true)
}

// Nix: a tilde at the start is expanded in the proposals.
func proposeFiles(c *Call, prefix string, out *completion, folders bool) {
	out.kind = "filenames"
	if prefix == "~" || strings.HasPrefix(prefix, "~/") {
		home, _ := c.Env("HOME")
		prefix = home + "/" + strings.TrimPrefix(prefix[1:], "/")
	}
	dir, start := filepath.Split(prefix)
	where := dir
	if where == "" {
		where = "."
	}
	entries, err := os.ReadDir(where)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), start) || start == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if folders {
			if info, err := os.Stat(filepath.Join(where, e.Name())); err != nil || !info.IsDir() {
				continue
			}
		}
		out.add(dir+e.Name(), "")
	}
}

// completeSetting proposes names of settings for the first value.
func completeSetting(c *Call, index int, prefix string, out *completion) {
	if index != 0 {
		return
	}
	for _, s := range config.All() {
		if strings.HasPrefix(s.Name, prefix) && c.Config.Enabled(s.Feature) {
			out.add(s.Name, "Set the `"+s.Name+"` setting.")
		}
	}
}

// completeWords returns a completer for a fixed choice.
func completeWords(words ...string) Completer {
	return func(_ *Call, _ int, prefix string, out *completion) {
		for _, w := range words {
			if strings.HasPrefix(w, prefix) {
				out.add(w, "")
			}
		}
	}
}
