package cli

import (
	"context"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/term"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/ui"
)

var helpCommand = Command{
	Name:     "help",
	Category: HelpCommands,
	Feature:  config.NixCommand,
	Summary:  "show help about `nix`, a command, a setting, a builtin function or an error",
	Examples: []Example{
		{"Show what there is", "nix help"},
		{"Show help about a command", "nix help config show"},
		{"Show help about a setting", "firn help cores"},
		{"Show help about a builtin function", "firn help map"},
	},
	Doc:  `Shows what is known about *topic*: a command, a program with a name of its own such as ` + "`nix-store`" + `, a setting of ` + "`nix.conf`" + `, an experimental feature, a builtin function, or the code of an error. If a name means several things, all are shown.`,
	Args: []Arg{{Label: "topic", Many: true, Complete: completeTopic}},
	Run: func(_ context.Context, c *Call) error {
		return c.help(c.Args)
	},
}

// help shows everything that a topic means.
func (c *Call) help(topic []string) error {
	if len(topic) == 0 {
		return c.showHelp(c.Path[:1])
	}
	var pages []string
	if path := c.findCommand(topic); path != nil {
		pages = append(pages, page(path))
	}
	if len(topic) == 1 {
		pages = append(pages, namedPages(topic[0])...)
	}
	if len(pages) == 0 {
		e := diag.Misuse(diag.Usage, "Nix has no subcommand '%s'", strings.Join(topic, " "))
		if len(topic) == 1 {
			e.Suggestions = diag.Near(topic[0], c.topics)
		}
		return e
	}
	return c.show(strings.Join(pages, "\n"))
}

// findCommand returns the path of a command, also under a former name, or of a
// program with a name of its own.
func (c *Call) findCommand(words []string) []*Command {
	if classic := classicProgram(words[0]); classic != nil && len(words) == 1 {
		return []*Command{classic}
	}
	if len(words) == 1 {
		for _, r := range c.Root.Renamed {
			if r.From == words[0] {
				words = r.To
				break
			}
		}
	}
	path := []*Command{c.Root}
	for _, w := range words {
		sub := path[len(path)-1].findSub(w)
		if sub == nil {
			return nil
		}
		path = append(path, sub)
	}
	return path
}

// namedPages documents settings, features, builtins and errors of a name.
func namedPages(name string) []string {
	var pages []string
	if s := config.Lookup(name); s != nil {
		text := "# Setting\n\n" + settingPage(s)
		if s.Name == "experimental-features" {
			text += "\n" + featureList()
		}
		pages = append(pages, text)
	}
	if f, ok := config.ParseFeature(name); ok {
		pages = append(pages, "# Experimental feature\n\n`"+f.String()+"`\n\n"+f.Doc()+"\n")
	}
	if text, ok := builtinPage(strings.TrimPrefix(name, "builtins.")); ok {
		pages = append(pages, "# Builtin function\n\n"+text)
	}
	if e, ok := diag.Explain(diag.Code(name)); ok {
		pages = append(pages, "# Error\n\n"+errorPage(e))
	}
	return pages
}

// topics yields everything that help can be asked about in one word.
func (c *Call) topics(yield func(string) bool) {
	for _, list := range [][]*Command{c.Root.Sub, classicCommands} {
		for _, command := range list {
			if command.Category != HiddenCommand && !yield(command.Name) {
				return
			}
		}
	}
	for _, s := range config.All() {
		if !yield(s.Name) {
			return
		}
	}
	for _, f := range config.Features() {
		if !yield(f.String()) {
			return
		}
	}
	for _, name := range builtinNames() {
		if !yield(name) {
			return
		}
	}
	for _, table := range diag.Explanations() {
		for i := range table {
			if !yield(string(table[i].Code)) {
				return
			}
		}
	}
}

func completeTopic(c *Call, index int, prefix string, out *completion) {
	if index > 0 {
		if path := c.findCommand(c.Args[:index]); path != nil {
			out.subcommands(path[len(path)-1], prefix)
		}
		return
	}
	names := slices.Sorted(c.topics)
	for _, name := range slices.Compact(names) {
		if strings.HasPrefix(name, prefix) {
			out.add(name, "")
		}
	}
}

// showHelp shows the page of a command.
func (c *Call) showHelp(path []*Command) error { return c.show(page(path)) }

// show lays out Markdown for where results go, in a pager if that is a
// terminal.
func (c *Call) show(text string) error {
	if !c.outputIsTerminal() {
		_, err := c.Out.Write([]byte(ui.Markdown(text, 80, ui.Inspect(c.Process.Out, c.Env).Colour)))
		return err
	}
	t := ui.Inspect(c.Process.Out, c.Env)
	text = ui.Markdown(text, min(max(t.Width()-2, 40), 100), t.Colour)
	if _, height, err := term.GetSize(int(c.Process.Out.Fd())); err == nil && strings.Count(text, "\n") < height {
		_, err := c.Out.Write([]byte(text))
		return err
	}
	return c.page(text)
}

// page runs the user's pager over a text, or writes it if there is none.
func (c *Call) page(text string) error {
	resume := c.Log.Suspend()
	defer resume()
	for _, command := range c.pagers() {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), c.Process.Out, c.Process.Err
		cmd.Env = c.Process.Environ
		if _, ok := c.Env("LESS"); !ok {
			cmd.Env = append(slices.Clone(cmd.Env), "LESS=FRSXMK")
		}
		if err := cmd.Start(); err == nil {
			_ = cmd.Wait() // leaving a pager early is no error
			return nil
		}
	}
	_, err := c.Process.Out.WriteString(text)
	return err
}

// pagers lists what to try: $NIX_PAGER, or $PAGER, or what is usual. Either may
// be empty or "cat" for none.
func (c *Call) pagers() [][]string {
	pager, ok := c.Env("NIX_PAGER")
	if !ok {
		pager, ok = c.Env("PAGER")
	}
	if !ok {
		return [][]string{{"pager"}, {"less"}, {"more"}}
	}
	if pager == "" || pager == "cat" {
		return nil
	}
	return [][]string{{"/bin/sh", "-c", pager}}
}
