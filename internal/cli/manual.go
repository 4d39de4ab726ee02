package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
)

var dumpManualCommand = Command{
	Name:     "__dump-manual",
	Category: HiddenCommand,
	Summary:  "write the manual",
	Doc:      "Writes the pages of the manual, which are made from the declarations of commands, settings, features, builtins and errors, into *directory*. Pages that have no declaration any more are removed.",
	Args:     []Arg{{Label: "directory", Complete: completeFolder}},
	Run: func(_ context.Context, c *Call) error {
		return writeManual(manual(c.Root), c.Args[0])
	},
}

// manual returns the pages by their path below the manual's folder.
func manual(root *Command) map[string]string {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Manual\n\nMade by `firn __dump-manual` from what the program itself knows; `firn help NAME` shows the same.\n\n")
	index.WriteString("- [Builtins](builtins.md)\n- [Settings](settings.md)\n- [Experimental features](features.md)\n- [Errors](errors.md)\n")
	index.WriteString("\n## Commands\n\n")
	commandPages(pages, &index, []*Command{root})
	if len(classicCommands) > 0 {
		index.WriteString("\n## Programs with a name of their own\n\n")
		for _, c := range classicCommands {
			commandPages(pages, &index, []*Command{c})
		}
	}
	pages["README.md"] = index.String()
	pages["builtins.md"] = builtinsManual()
	pages["settings.md"] = settingsManual()
	pages["features.md"] = "# Experimental features\n\nSwitched on by `extra-experimental-features = NAME` in `nix.conf` or `--extra-experimental-features NAME`.\n\n" + featureList()
	pages["errors.md"] = errorsManual()
	return pages
}

// commandPages adds the page of a command and of those below it.
func commandPages(pages map[string]string, index *strings.Builder, path []*Command) {
	command := path[len(path)-1]
	if command.Category == HiddenCommand {
		return
	}
	name := pathName(path)
	folder := "commands/"
	if path[0].Classic {
		folder = "programs/" // nix-build is not nix build
	}
	file := folder + strings.ReplaceAll(name, " ", "-") + ".md"
	pages[file] = "# " + name + "\n\n#" + strings.ReplaceAll(page(path), "\n# ", "\n## ")
	index.WriteString("- [`" + name + "`](" + file + ") - " + command.Summary + "\n")
	for _, sub := range command.Sub {
		commandPages(pages, index, append(path[:len(path):len(path)], sub))
	}
}

func settingsManual() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nThey stand in `nix.conf` as `NAME = VALUE`, and are flags of every command as `--NAME VALUE`.\n")
	for _, theme := range config.Themes() {
		b.WriteString("\n## " + theme.Title + "\n")
		for i := range theme.Settings {
			s := &theme.Settings[i]
			b.WriteString("\n### " + s.Name + "\n\n" + settingPage(s))
		}
	}
	return b.String()
}

func errorsManual() string {
	var b strings.Builder
	b.WriteString("# Errors\n\nEvery error has a code. `firn explain CODE` shows what stands here.\n")
	for i, table := range diag.Explanations() {
		b.WriteString("\n## " + codeTitles[i] + "\n")
		for k := range table {
			b.WriteString("\n### " + string(table[k].Code) + "\n\n" + errorPage(&table[k]))
		}
	}
	return b.String()
}

// writeManual writes pages into a folder and removes other Markdown files there.
func writeManual(pages map[string]string, dir string) error {
	for _, folder := range []string{"commands", "programs"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
			return err
		}
	}
	for _, pattern := range []string{"*.md", "commands/*.md", "programs/*.md"} {
		old, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range old {
			rel, err := filepath.Rel(dir, file)
			if err != nil {
				return err
			}
			if _, ok := pages[filepath.ToSlash(rel)]; !ok {
				if err := os.Remove(file); err != nil {
					return err
				}
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}
