package cli

import (
	"context"
	"fmt"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
)

var explainCommand = Command{
	Name:     "explain",
	Category: OwnCommands,
	Feature:  config.NixCommand,
	Summary:  "explain the code of an error",
	Examples: []Example{
		{"Explain an error that a message names", "firn explain infinite-recursion"},
		{"List all codes", "firn explain"},
	},
	Doc:  "Tells what an error means, shows the smallest program that ends in it, and says what to do about it. Without *code* all codes are listed.",
	Args: []Arg{{Label: "code", Optional: true, Complete: completeCode}},
	Run: func(_ context.Context, c *Call) error {
		if len(c.Args) == 0 {
			return c.show(codeList())
		}
		name := strings.ToLower(c.Args[0])
		e, ok := diag.Explain(diag.Code(name))
		if !ok {
			err := diag.New(diag.Usage, "there is no error of code '%s'", name)
			err.Suggestions = diag.Near(name, func(yield func(string) bool) {
				for _, table := range diag.Explanations() {
					for i := range table {
						if !yield(string(table[i].Code)) {
							return
						}
					}
				}
			})
			return err
		}
		return c.show(errorPage(e))
	},
}

// codeTitles are the headings of the tables of codes, in their order.
var codeTitles = [...]string{"Texts that are no programs", "Programs that go wrong", "Files, sources and the store", "Commands and configuration"}

func codeList() string {
	var b strings.Builder
	for i, table := range diag.Explanations() {
		b.WriteString("# " + codeTitles[i] + "\n\n")
		for _, e := range table {
			fmt.Fprintf(&b, "- `%s` - %s\n", e.Code, e.Title)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// errorPage documents an error.
func errorPage(e *diag.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s` - %s\n\n%s\n\n", e.Code, e.Title, e.Text)
	switch {
	case e.Example != "":
		b.WriteString("The smallest program that ends in it:\n\n" + indentText(e.Example, "    ") + "\n\n")
	case e.Command != "":
		b.WriteString("For example:\n\n    $ " + e.Command + "\n\n")
	}
	if len(e.With) > 0 {
		b.WriteString("with this setting:\n\n" + indentText(strings.Join(e.With, "\n"), "    ") + "\n\n")
	}
	b.WriteString("**What to do:** " + e.Mend + "\n")
	return b.String()
}

func completeCode(_ *Call, _ int, prefix string, out *completion) {
	for _, table := range diag.Explanations() {
		for i := range table {
			if strings.HasPrefix(string(table[i].Code), prefix) {
				out.add(string(table[i].Code), table[i].Title)
			}
		}
	}
}
