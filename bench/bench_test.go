package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firn/internal/oracle"
)

func TestMedians(t *testing.T) {
	list := []oracle.Result{
		{Took: 5, CPU: 1, PeakRSS: 300}, {Took: 1, CPU: 9, PeakRSS: 100}, {Took: 4, CPU: 2, PeakRSS: 200}, {Took: 2, CPU: 3, PeakRSS: 400},
	}
	if got, want := *medians(list), (sample{Wall: 2, CPU: 2, PeakRSS: 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if medians(nil) != nil {
		t.Error("medians of nothing")
	}
}

func TestTable(t *testing.T) {
	measured := &result{
		work: &works[0], firn: &sample{10 * time.Millisecond, time.Millisecond, 10 << 20}, nix: &sample{20 * time.Millisecond, 4 * time.Millisecond, 40 << 20},
	}
	measured.limit.time, measured.limit.memory = 0.4, 1.3
	alone := &result{work: &works[1], cores: 2, firn: &sample{Wall: time.Second}, note: "nix: missing"}
	var got strings.Builder
	if err := printTable(&got, []*result{measured, alone}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"                    work  firn ms  nix ms  ratio  at most  cpu ratio  firn MiB  nix MiB  ratio  at most",
		"                   start     10.0    20.0   0.50     0.40       0.25        10       40   0.25     1.30",
		"  start-eval (2 threads)   1000.0       -      -        -          -         0        -      -        -",
		"start-eval (2 threads): nix: missing",
		"",
	}, "\n")
	if got.String() != want {
		t.Errorf("got\n%s", got.String())
	}
}

// TestWorks sees to it that each row can be carried out as written.
func TestWorks(t *testing.T) {
	seen := map[string]bool{}
	b := &bench{options: &options{testdata: "testdata", corpora: "/corpora"}}
	for _, w := range works {
		if seen[w.name] {
			t.Errorf("%s: twice", w.name)
		}
		seen[w.name] = true
		if len(w.time) != len(w.memory) || len(w.time) > len(w.cores) {
			t.Errorf("%s: limits do not go with cores", w.name)
		}
		for _, arg := range w.args(b) {
			if strings.HasPrefix(arg, "testdata/") {
				if _, err := os.Stat(arg); err != nil {
					t.Errorf("%s: %v", w.name, err)
				}
			}
		}
	}
}

func TestWriteParseList(t *testing.T) {
	tree := t.TempDir()
	for name, text := range map[string]string{
		"a.nix": "# comment\n{ a, b ? {}, ... }:\n1", "b.nix": "{ a = 1; }", "c.txt": "{ a }: 1", "d.nix": "{ pkgs }:\npkgs",
	} {
		if err := os.WriteFile(filepath.Join(tree, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(tree, "list")
	if err := writeParseList(tree, file, 10); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(got), "b.nix") || !strings.Contains(string(got), "d.nix") {
		t.Errorf("%v\n%s", err, got)
	}
}
