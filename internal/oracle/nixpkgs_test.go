package oracle

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// workers are the settings under which whole package sets must come out the same.
var workers = []struct{ name, cores string }{{"one worker", "1"}, {"several workers", "2"}}

const mostShown = 10

// A packageRow is what nix-env -q prints of one package.
type packageRow struct{ name, drv, outputs string }

var blanks = regexp.MustCompile(`  +`)

// parseRows reads lines of attribute, name, derivation and outputs, apart by a tab or by two and more blanks.
func parseRows(text string) map[string]packageRow {
	rows := map[string]packageRow{}
	for line := range strings.Lines(text) {
		f := strings.Split(blanks.ReplaceAllString(strings.TrimSuffix(line, "\n"), "\t"), "\t")
		if len(f) == 4 {
			rows[f[0]] = packageRow{f[1], f[2], f[3]}
		}
	}
	return rows
}

// TestNixpkgsPaths evaluates every package of nixpkgs 14.04 and compares derivations and outputs with the reference's.
func TestNixpkgsPaths(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	expected, err := Expected("nixpkgs-14.04.tsv.zst")
	need(t, err)
	want := parseRows(string(expected))
	for _, w := range workers {
		t.Run(w.name, func(t *testing.T) {
			dir, env := scratch(t, "NIX_REMOTE=dummy://")
			res, err := Run{Bin: firnBin(t), Name: "nix-env", Dir: dir, Env: env, Limit: 5 * time.Minute, Args: []string{
				"-f", filepath.Join(corpora, "nixpkgs-14.04"), "-qaP", "--drv-path", "--out-path",
				"--system-filter", "x86_64-linux", "--option", "eval-cores", w.cores}}.Do()
			mustSucceed(t, res, err)
			compareRows(t, parseRows(res.Stdout), want)
			t.Logf("%d packages, %s, %d MiB", len(want), res.Took.Round(time.Millisecond), res.PeakRSS>>20)
		})
	}
}

func compareRows(t *testing.T, got, want map[string]packageRow) {
	t.Helper()
	var missing, wrong, extra int
	for _, attr := range slices.Sorted(maps.Keys(want)) {
		w := want[attr]
		g, ok := got[attr]
		switch {
		case !ok:
			if missing++; missing <= mostShown {
				t.Errorf("%s: missing", attr)
			}
		case g != w:
			if wrong++; wrong <= mostShown {
				t.Errorf("%s:\n\tgot  %s\n\twant %s", attr, g, w)
			}
		}
	}
	for attr := range got {
		if _, ok := want[attr]; !ok {
			if extra++; extra <= mostShown {
				t.Errorf("%s: not in the reference's list", attr)
			}
		}
	}
	if missing+wrong+extra > 0 {
		t.Errorf("of %d packages %d are missing and %d differ; %d are too many", len(want), missing, wrong, extra)
	}
}

// TestNixpkgsMeta compares what nix-env says in JSON of every package, byte for byte.
func TestNixpkgsMeta(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	want, err := Expected("nixpkgs-14.04.meta.json.zst")
	need(t, err)
	dir, env := scratch(t, "NIX_REMOTE=dummy://")
	res, err := Run{Bin: firnBin(t), Name: "nix-env", Dir: dir, Env: env, Limit: 5 * time.Minute, Args: []string{
		"-f", filepath.Join(corpora, "nixpkgs-14.04"), "-qaP", "--json", "--meta", "--system-filter", "x86_64-linux"}}.Do()
	mustSucceed(t, res, err)
	if res.Stdout != string(want) {
		t.Error(firstDifference(&expectation{"meta.json", []byte(res.Stdout), want}))
	}
}

// TestSystems evaluates whole systems built from nixpkgs 14.04.
func TestSystems(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	table, err := Expected("systems.tsv")
	need(t, err)
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			t.Fatalf("systems.tsv: %q", line)
		}
		for _, w := range workers {
			t.Run(f[0]+" "+f[1]+" "+w.name, func(t *testing.T) {
				dir, env := scratch(t, "NIX_REMOTE=dummy://")
				res, err := Run{Bin: firnBin(t), Name: "nix-instantiate", Dir: dir, Env: env, Limit: 5 * time.Minute,
					Args: []string{"--eval", "--option", "eval-cores", w.cores, "-E", systemExpression(corpora, f[0], f[1])}}.Do()
				mustSucceed(t, res, err)
				if got := strings.Trim(strings.TrimSpace(res.Stdout), `"`); got != f[2] {
					t.Errorf("got %s, want %s", got, f[2])
				}
			})
		}
	}
}

func systemExpression(corpora, name, system string) string {
	return "(import " + corpora + "/nixpkgs-14.04/nixos { system = \"" + system + "\"; configuration = import " +
		corpora + "/systems/" + name + ".nix; }).system.drvPath"
}

func mustSucceed(t *testing.T, res Result, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatal(err)
	case res.Ended != "":
		t.Fatalf("%s: ended after %s", res.Ended, res.Took)
	case res.Exit != 0:
		t.Fatalf("exit status %d\n%s", res.Exit, lastLines(res.Stderr, 40))
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
