package cli

import (
	"slices"
	"strings"

	"firn/internal/lang/builtin"
	"firn/internal/lang/eval"
)

// documentedBuiltins returns the builtins that have documentation, by name.
func documentedBuiltins() []eval.Builtin {
	table := slices.DeleteFunc(builtin.Table(), func(b eval.Builtin) bool { return b.Internal || b.Doc == "" })
	slices.SortFunc(table, func(a, b eval.Builtin) int { return strings.Compare(a.Name, b.Name) })
	return table
}

// builtinNames lists the builtins that have documentation.
func builtinNames() []string {
	var names []string
	for _, b := range documentedBuiltins() {
		names = append(names, b.Name)
	}
	return names
}

// builtinPage documents a builtin function or constant.
func builtinPage(name string) (string, bool) {
	for _, b := range documentedBuiltins() {
		if b.Name == name {
			return builtinText(&b), true
		}
	}
	return "", false
}

func builtinText(b *eval.Builtin) string {
	var s strings.Builder
	if !b.Global {
		s.WriteString("`builtins." + b.Name + "`")
	} else {
		s.WriteString("`" + b.Name + "`")
	}
	for _, a := range b.Args {
		s.WriteString(" *" + a + "*")
	}
	s.WriteString("\n\n" + strings.TrimSpace(b.Doc) + "\n")
	if b.Feature != "" {
		s.WriteString("\nNeeds the experimental feature `" + b.Feature + "`.\n")
	}
	if b.Impure {
		s.WriteString("\nNot available in pure evaluation.\n")
	}
	return s.String()
}

// builtinsManual documents all builtins on one page.
func builtinsManual() string {
	var b strings.Builder
	b.WriteString("# Builtins\n\nAll are attributes of `builtins`; those written without it are also variables.\n")
	for _, row := range documentedBuiltins() {
		b.WriteString("\n## " + row.Name + "\n\n" + builtinText(&row))
	}
	return b.String()
}

// builtinRecord is a builtin as `nix __dump-language` has it: functions have
// args, constants a type.
type builtinRecord struct {
	Args       []string `json:"args,omitempty"`
	Doc        string   `json:"doc"`
	Feature    string   `json:"experimental-feature,omitempty"`
	ImpureOnly bool     `json:"impure-only,omitempty"`
	Type       string   `json:"type,omitempty"`
}

// constantTypes are the types of the constants.
var constantTypes = [...]struct{ name, kind string }{
	{"builtins", "set"}, {"currentSystem", "string"}, {"currentTime", "integer"}, {"false", "Boolean"}, {"langVersion", "integer"},
	{"nixPath", "list"}, {"nixVersion", "string"}, {"null", "null"}, {"storeDir", "string"}, {"true", "Boolean"},
}

func constantType(name string) string {
	for _, c := range constantTypes {
		if c.name == name {
			return c.kind
		}
	}
	return ""
}

// dumpLanguage writes the documentation of all builtins as JSON.
func dumpLanguage(c *Call) error {
	all := map[string]builtinRecord{}
	for _, b := range documentedBuiltins() {
		r := builtinRecord{Args: b.Args, Doc: strings.TrimSpace(b.Doc), Feature: b.Feature}
		if len(b.Args) == 0 {
			r.Type, r.ImpureOnly = constantType(b.Name), b.Impure
		}
		all[b.Name] = r
	}
	return c.printJSON(all)
}
