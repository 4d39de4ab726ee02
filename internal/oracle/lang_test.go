package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The least that upstream's language cases must give. Nix 2.34.8 itself has 479 and 447 of 485.
const (
	leastCore  = 475
	leastExact = 435
)

// TestLanguageCases runs upstream's cases. testdata/lang-notyet.txt lists those that are not right yet, as `core NAME`
// (wrong value or message) or `exact NAME` (right in that, but not to the last byte of its trace); a case that is better
// than the list says, or worse, fails the test. FIRN_UPDATE=1 writes the list anew.
func TestLanguageCases(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	dir, err := filepath.EvalSymlinks(filepath.Join(corpora, "nix-2.36-pre", "tests", "functional"))
	need(t, err)
	suite := &LangSuite{Dir: dir, Bin: firnBin(t), Scratch: t.TempDir()}
	if err := suite.Prepare(); err != nil {
		t.Fatal(err)
	}
	cases, err := suite.Cases()
	if err != nil {
		t.Fatal(err)
	}
	verdicts := runCases(suite, cases)

	count := map[string][4]int{}
	got := map[string]string{}
	for i, c := range cases {
		v := verdicts[i]
		for _, key := range []string{c.Kind, "total"} {
			n := count[key]
			n[0]++
			n[1] += one(v.Outcome)
			n[2] += one(v.Core)
			n[3] += one(v.Exact)
			count[key] = n
		}
		switch {
		case !v.Core:
			got[c.Name] = "core"
		case !v.Exact:
			got[c.Name] = "exact"
		}
		if !v.Exact {
			t.Logf("%-5s %s: %s", got[c.Name], c.Name, v.Detail)
		}
	}
	t.Logf("%-12s %5s %7s %5s %5s", "kind", "cases", "outcome", "core", "exact")
	for _, k := range append(slices.Clone(langKinds), "total") {
		n := count[k]
		t.Logf("%-12s %5d %7d %5d %5d", k, n[0], n[1], n[2], n[3])
	}
	compareWithList(t, filepath.Join("testdata", "lang-notyet.txt"), got)
	if n := count["total"]; n[2] < leastCore || n[3] < leastExact {
		t.Errorf("core %d, exact %d; want at least %d and %d", n[2], n[3], leastCore, leastExact)
	}
}

// runCases runs two cases at a time; results are in the order of cases.
func runCases(suite *LangSuite, cases []LangCase) []Verdict {
	verdicts := make([]Verdict, len(cases))
	next := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range next {
				verdicts[i] = suite.Run(cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	wg.Wait()
	return verdicts
}

// compareWithList holds got, case name to level, against the list of known gaps.
func compareWithList(t *testing.T, file string, got map[string]string) {
	t.Helper()
	if os.Getenv("FIRN_UPDATE") != "" {
		var lines []string
		for name, level := range got {
			lines = append(lines, level+" "+name+"\n")
		}
		slices.Sort(lines)
		if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(data)) {
		var level, name string
		if n, _ := fmt.Sscan(line, &level, &name); n == 2 {
			known[name] = level
		}
	}
	gap := map[string]int{"": 0, "exact": 1, "core": 2}
	for name, level := range got {
		if gap[level] > gap[known[name]] {
			t.Errorf("%s: not right at level %s; %s does not say so", name, level, file)
		}
	}
	for name, level := range known {
		if gap[got[name]] < gap[level] {
			t.Errorf("%s: better than %s says (%s): change its line", name, file, level)
		}
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
