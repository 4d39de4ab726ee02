package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firn/internal/config"
)

// walk calls f for every command with its path.
func walk(path []*Command, f func(path []*Command)) {
	f(path)
	for _, sub := range path[len(path)-1].Sub {
		walk(append(path[:len(path):len(path)], sub), f)
	}
}

func eachCommand(f func(path []*Command)) {
	walk([]*Command{&nixCommand}, f)
	for _, c := range classicCommands {
		walk([]*Command{c}, f)
	}
}

// Every command is declared in full.
func TestTable(t *testing.T) {
	eachCommand(func(path []*Command) {
		c := path[len(path)-1]
		name := pathName(path)
		if c.Name == "" || c.Summary == "" || strings.HasSuffix(c.Summary, ".") {
			t.Errorf("%s: no name or no summary without a full stop", name)
		}
		if c.Doc == "" || c.Run != nil && c.Category != HiddenCommand && len(c.Examples) == 0 && c.Name != "version" {
			t.Errorf("%s: no documentation or examples", name)
		}
		if (c.Run == nil) == (len(c.Sub) == 0) {
			t.Errorf("%s: needs either a Run function or subcommands", name)
		}
		if !slices.IsSortedFunc(c.Sub, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%s: subcommands are not in order", name)
		}
		if c.Classic && (!slices.ContainsFunc(c.Flags, has(&verboseFlag)) || !slices.ContainsFunc(c.Flags, has(&helpFlag))) {
			t.Errorf("%s: lacks commonFlags or classicFlags", name)
		}
		for i, a := range c.Args {
			if a.Label == "" || a.Many && i != len(c.Args)-1 {
				t.Errorf("%s: argument %d has no label or is not the last one", name, i)
			}
		}
		checkFlags(t, name, path)
	})
}

func has(f *Flag) func([]*Flag) bool {
	return func(list []*Flag) bool { return slices.Contains(list, f) }
}

// checkFlags sees to it that a word means one flag only.
func checkFlags(t *testing.T, name string, path []*Command) {
	seen := map[string]*Flag{}
	for _, c := range path {
		for _, group := range c.Flags {
			for _, f := range group {
				names := append([]string{f.Long}, f.Aliases...)
				if f.Short != 0 {
					names = append(names, "-"+string(f.Short))
				}
				for _, n := range names {
					if n != "" && seen[n] != nil {
						t.Errorf("%s: %s is two flags", name, n)
					}
					seen[n] = f
				}
				if f.Doc == "" || !strings.HasSuffix(strings.TrimSpace(f.Doc), ".") {
					t.Errorf("%s: %s has no documentation that ends in a full stop", name, f.name())
				}
			}
		}
	}
}

// The pages in docs/manual are what the declarations say.
func TestManualIsCurrent(t *testing.T) {
	const dir = "../../docs/manual"
	pages := manual(&nixCommand)
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Fatalf("docs/manual/%s is not current; run: go run ./cmd/firn __dump-manual docs/manual", name)
		}
	}
	for _, pattern := range []string{"*.md", "commands/*.md"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range files {
			rel, _ := filepath.Rel(dir, f)
			if _, ok := pages[rel]; !ok {
				t.Errorf("docs/manual/%s belongs to nothing; run: go run ./cmd/firn __dump-manual docs/manual", rel)
			}
		}
	}
}

// Former names lead to where Nix has the command, also before firn has it.
func TestRenamed(t *testing.T) {
	for _, r := range nixCommand.Renamed {
		if r.From == "" || len(r.To) == 0 || nixCommand.findSub(r.From) != nil {
			t.Errorf("%s leads nowhere or hides a command", r.From)
		}
	}
}

// Flags of the program don't take a setting's name away without need.
func TestFlagsBesideSettings(t *testing.T) {
	// nix-env has --system for something else.
	allowed := []string{"max-jobs", "store", "keep-failed", "keep-going", "system"}
	eachCommand(func(path []*Command) {
		for _, group := range path[len(path)-1].Flags {
			for _, f := range group {
				if _, ok := config.FindFlag(f.Long, hostOS); ok && f.Long != "" && !slices.Contains(allowed, f.Long) {
					t.Errorf("%s: --%s is the flag of a setting", pathName(path), f.Long)
				}
			}
		}
	})
}
