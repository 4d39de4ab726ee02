//go:build linux

package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const recordsExpression = `
let d = name: deps: args: derivation { inherit name deps; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" args ]; };
in rec {
  a = d "a-1" [ ] "echo line one; printf '@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\\n' >&2; echo 'two\ttab'; echo $deps > $out";
  b = d "b-1" [ a ] "echo $deps > $out";
  bad = d "bad-1" [ ] "echo oops; exit 3";
}
`

// sameRecords compares what --log-format internal-json tells of builds, substitutions, verification and sharing of
// files. Left out are times and numbers of activities, repeated and intermediate figures (how often the two report
// differs), questions about paths, and colours in errors of builds, which firn does not have.
func sameRecords(t *testing.T, c *storeComparison) {
	file := c.path("records.nix")
	if err := os.WriteFile(file, []byte(recordsExpression), 0o644); err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string][]string{}
	for _, s := range c.sides {
		store := "records-" + s.name
		got[s.name] = map[string][]string{}
		for _, step := range [][]string{
			{"build", "nix", "build", "-f", file, "b", "--no-link"},
			{"classic", "nix-build", file, "-A", "bad", "--no-out-link"},
			{"failure", "nix", "build", "-f", file, "bad", "--no-link"},
			{"verify", "nix", "store", "verify", "--all", "--no-trust"},
			{"optimise", "nix", "store", "optimise"},
			{"copy", "nix", "copy", "-f", file, "b", "--to", "file://" + c.path("records-cache")},
			{"substitute", "nix", "build", "-f", file, "b", "--no-link", "--option", "substituters", "file://" + c.path("records-cache"), "--option", "require-sigs", "false"},
		} {
			name, words := step[0], step[1:]
			if name == "substitute" {
				store += "-2"
			}
			res, err := c.try(s, store, "", append(words, "--log-format", "internal-json")...)
			if err != nil {
				t.Fatal(err)
			}
			if name != "copy" {
				got[s.name][name] = records(t, res.Stderr)
			}
		}
		os.RemoveAll(c.path("records-cache"))
	}
	for name, want := range got["nix"] {
		if mine := got["firn"][name]; !slices.Equal(mine, want) {
			t.Errorf("%s: firn tells\n%s\nand the reference\n%s", name, strings.Join(mine, "\n"), strings.Join(want, "\n"))
		}
	}
}

// record is a line of internal-json.
type record struct {
	Action string `json:"action"`
	ID     uint64 `json:"id"`
	Parent uint64 `json:"parent"`
	Level  int    `json:"level"`
	Type   int    `json:"type"`
	Text   string `json:"text"`
	Msg    string `json:"msg"`
	Raw    string `json:"raw_msg"`
	Fields []any  `json:"fields"`
}

// records lists what a stream tells, a line each: messages and activities in order of their beginning, each with what
// was reported of it.
func records(t *testing.T, stderr string) []string {
	t.Helper()
	var list []string
	at := map[uint64]int{}        // places in list
	seen := map[uint64]record{}   // activities
	figures := map[string][]any{} // the last of each kind
	for line := range strings.Lines(stderr) {
		text, ok := strings.CutPrefix(line, "@nix ")
		if !ok {
			t.Fatalf("not a record: %s", line)
		}
		var r record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch r.Action {
		case "msg":
			list = append(list, fmt.Sprintf("message %d: %s | %s", r.Level, Plain(r.Msg), Plain(r.Raw)))
		case "start":
			if r.Type == 109 || strings.HasPrefix(r.Text, "querying") {
				continue
			}
			at[r.ID], seen[r.ID] = len(list), r
			list = append(list, fmt.Sprintf("activity %d of %d: level %d %q %v", r.Type, seen[r.Parent].Type, r.Level, r.Text, r.Fields))
		case "result":
			if r.Type == 105 || r.Type == 106 {
				key := fmt.Sprint(seen[r.ID].Type, " ", r.Type)
				if r.Type == 106 {
					key += fmt.Sprint(" ", r.Fields[0])
				}
				figures[key] = r.Fields
				continue
			}
			list[at[r.ID]] += fmt.Sprintf("\n  %d %v", r.Type, r.Fields)
		}
	}
	// The figures in the end: of builds, paths copied, verified and optimised. No figure says the same as zero.
	for key, f := range figures {
		if kind := key[:3]; strings.Contains("103 104 106 107", kind) && fmt.Sprint(f[0], f[3]) != "0 0" {
			list = append(list, fmt.Sprintf("in the end %s: %v done, %v failed", key, f[0], f[3]))
		}
	}
	slices.Sort(list)
	return list
}
