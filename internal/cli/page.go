package cli

import (
	"fmt"
	"slices"
	"strings"

	"firn/internal/config"
)

// page returns the Markdown documentation of the command at the end of a path.
// The same text is shown by --help and stands in docs/manual.
func page(path []*Command) string {
	command := path[len(path)-1]
	name := pathName(path)
	var b strings.Builder
	fmt.Fprintf(&b, "# Name\n\n`%s` - %s\n\n", name, command.Summary)
	if command.Feature != config.NoFeature && command.Feature != config.NixCommand {
		fmt.Fprintf(&b, "> Needs the experimental feature `%s`.\n\n", command.Feature)
	}
	fmt.Fprintf(&b, "# Synopsis\n\n`%s`\n\n", synopsis(name, command))
	subcommands(&b, command)
	if len(command.Examples) > 0 {
		b.WriteString("# Examples\n\n")
		for _, e := range command.Examples {
			fmt.Fprintf(&b, "- %s\n\n      $ %s\n\n", e.Text, strings.ReplaceAll(e.Command, "\n", "\n        "))
		}
	}
	if command.Doc != "" {
		b.WriteString("# Description\n\n" + strings.TrimSpace(command.Doc) + "\n\n")
	}
	options(&b, path)
	if len(command.Exits) > 0 {
		b.WriteString("# Exit codes\n\n- 0: all went well\n- 1: an error, which was shown\n")
		for _, e := range command.Exits {
			fmt.Fprintf(&b, "- %d: %s\n", e.Code, e.Text)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// pathName spells a command.
func pathName(path []*Command) string {
	names := make([]string, len(path))
	for i, c := range path {
		names[i] = c.Name
	}
	return strings.Join(names, " ")
}

func synopsis(name string, command *Command) string {
	s := name + " [option...]"
	if len(command.Sub) > 0 {
		return s + " subcommand"
	}
	for _, a := range command.Args {
		label := a.Label
		if a.Many {
			label += "..."
		}
		if a.Optional && !a.Many {
			label = "[" + label + "]"
		}
		s += " " + label
	}
	return s
}

// subcommands lists the subcommands by category.
func subcommands(b *strings.Builder, command *Command) {
	if len(command.Sub) == 0 {
		return
	}
	b.WriteString("# Subcommands\n\n")
	for _, category := range []Category{HelpCommands, MainCommands, Infrequent, Utility, Installation, OwnCommands} {
		var list []*Command
		for _, sub := range command.Sub {
			if sub.Category == category {
				list = append(list, sub)
			}
		}
		if len(list) == 0 {
			continue
		}
		if len(list) < len(command.Sub) {
			b.WriteString("**" + category.Title() + "**\n\n")
		}
		for _, sub := range list {
			fmt.Fprintf(b, "- `%s` - %s\n", sub.Name, sub.Summary)
		}
		b.WriteString("\n")
	}
}

// options lists the flags of a command by heading. Flags that all commands
// share are listed with the program only.
func options(b *strings.Builder, path []*Command) {
	command := path[len(path)-1]
	type group struct {
		title string
		flags []*Flag
	}
	var groups []group
	for _, list := range command.Flags {
		for _, f := range list {
			i := slices.IndexFunc(groups, func(g group) bool { return g.title == f.Group })
			if i < 0 {
				i = len(groups)
				groups = append(groups, group{title: f.Group})
			}
			groups[i].flags = append(groups[i].flags, f)
		}
	}
	if len(groups) == 0 && len(path) == 1 {
		return
	}
	b.WriteString("# Options\n\n")
	for _, g := range groups {
		if g.title != "" {
			b.WriteString("**" + g.title + "**\n\n")
		}
		slices.SortStableFunc(g.flags, func(x, y *Flag) int { return strings.Compare(x.Long+string(x.Short), y.Long+string(y.Short)) })
		for _, f := range g.flags {
			fmt.Fprintf(b, "- %s\n\n%s\n\n", flagTitle(f), indentText(f.Doc, "  "))
		}
	}
	switch {
	case len(path) > 1:
		fmt.Fprintf(b, "Options of all commands are listed under `%s`. ", path[0].Name)
		fallthrough
	default:
		b.WriteString("Every setting is an option as well: `--NAME VALUE`, or `--NAME` and `--no-NAME` for booleans.\n\n")
	}
}

// flagTitle writes a flag with its forms and values.
func flagTitle(f *Flag) string {
	var forms []string
	if f.Long != "" {
		forms = append(forms, "`--"+f.Long+"`")
	}
	for _, a := range f.Aliases {
		forms = append(forms, "`--"+a+"`")
	}
	if f.Short != 0 {
		forms = append(forms, "`-"+string(f.Short)+"`")
	}
	s := strings.Join(forms, " / ")
	for i, label := range f.Labels {
		s += " *" + label + "*"
		if f.Rest && i == len(f.Labels)-1 {
			s += "..."
		}
	}
	if f.Own {
		s += " (firn only)"
	}
	return s
}

func indentText(s, by string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "\n")
}

// settingPage documents a setting.
func settingPage(s *config.Setting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s` (%s)\n\n%s\n\n", s.Name, s.Kind(), strings.TrimSpace(s.Doc))
	switch {
	case s.From != nil:
		b.WriteString("Default: depends on the machine.\n")
	case s.Default == "":
		b.WriteString("Default: empty.\n")
	default:
		fmt.Fprintf(&b, "Default: `%s`\n", s.Default)
	}
	if len(s.Aliases) > 0 {
		fmt.Fprintf(&b, "\nOlder names: %s\n", code(s.Aliases))
	}
	if s.Feature != config.NoFeature {
		fmt.Fprintf(&b, "\nNeeds the experimental feature `%s`.\n", s.Feature)
	}
	if s.OS != "" {
		fmt.Fprintf(&b, "\nOnly on %s.\n", osNames(s.OS))
	}
	if s.Own {
		b.WriteString("\nOnly firn has it. It may stand in `firn.conf`, which Nix does not read.\n")
	}
	return b.String()
}

func osNames(os string) string {
	if os == "darwin" {
		return "macOS"
	}
	return strings.ToUpper(os[:1]) + os[1:]
}

func code(names []string) string {
	return "`" + strings.Join(names, "`, `") + "`"
}
