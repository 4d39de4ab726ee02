package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/diag"
)

func TestMarkdown(t *testing.T) {
	in := `
# Heading

A paragraph of *some* words, with ` + "`code that is long`" + `, **strong** ones
and [a link](https://example.org/a) that wraps.

Broken\
  here,
not there.

- first item that is long enough to be broken
  here, too
- second

  with a paragraph

      and code
1. numbered
2. again \*not\* emphasis, 2 * 3

Then:

    indented code
      more

` + "```nix\nfenced   code\n```" + `
> quoted text
> goes on
an open ` + "`" + ` mark and [ bracket`
	want := `Heading

A paragraph of some words, with ` + "`code" + `
` + "that is long`" + `, strong ones and a link
that wraps.

Broken
here, not there.

· first item that is long enough to be
  broken here, too
· second

  with a paragraph

      and code
1. numbered
2. again *not* emphasis, 2 * 3

Then:

    indented code
      more

    fenced   code

│ quoted text goes on

an open ` + "`" + ` mark and [ bracket
`
	if d := cmp.Diff(want, Markdown(in, 40, false)); d != "" {
		t.Error(d)
	}
	// Colours add nothing but escape sequences, and take the marks of code away.
	noMarks := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "`", "")), " ") }
	if d := cmp.Diff(noMarks(want), noMarks(diag.Strip(Markdown(in, 40, true)))); d != "" {
		t.Error(d)
	}
	for _, s := range []string{"", "`", "```", "- ", "> ", "#", "[](", "1. "} {
		Markdown(s, 0, true)
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# a\n- b\n  c\n\n    d\n> e `f` *g* [h](i)")
	f.Fuzz(func(t *testing.T, s string) {
		Markdown(s, 30, true)
	})
}
