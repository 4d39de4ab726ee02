package syntax

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/diag"
	"firn/internal/oracle"
)

func TestMain(m *testing.M) {
	if err := oracle.Arrive(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestReference compares trees and errors with those that an installed Nix
// prints of files of the corpora: a hundred, or all if heavy tests are asked for.
func TestReference(t *testing.T) {
	ref, err := oracle.FindReference()
	if err != nil {
		t.Skip(err)
	}
	if ref.Root != "" {
		if _, err := oracle.Corpora(); err != nil {
			t.Skip(err)
		}
		t.Setenv("FIRN_REFERENCE_ROOT", "")
		if err := oracle.RunInside(ref.Root, []string{oracle.CorporaDir + "=" + oracle.CorporaDir}, "-test.run=^TestReference$"); err != nil {
			t.Error(err)
		}
		return
	}
	dir := t.TempDir()
	if err := oracle.MakeEnvironment(dir, ""); err != nil {
		t.Fatal(err)
	}
	run := oracle.Run{Bin: ref.Bin, Name: "nix-instantiate", Dir: dir, Env: oracle.Environment(dir)}
	var a Arena
	for _, file := range sample(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		run.Args = []string{"--parse", file}
		res, err := run.Do()
		if err != nil {
			t.Fatal(err)
		}
		message := oracle.LastError(res.Stderr)
		if strings.HasPrefix(message, "undefined variable") {
			continue // none of the parser's business
		}
		a.Reset()
		if got, want := printed(file, string(text), &a), res.Stdout+message; got != want {
			t.Errorf("%s:\n got %.300s\nwant %.300s", file, got, want)
		}
	}
}

// sample returns the files to compare.
func sample(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join(oracle.CorporaDir, "nixpkgs*"))
	if err != nil || len(files) == 0 {
		t.Skip("no corpora in", oracle.CorporaDir)
	}
	var all []string
	for _, dir := range files {
		filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(p, ".nix") && d.Type().IsRegular() {
				all = append(all, p)
			}
			return nil
		})
	}
	if oracle.Heavy() != nil {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:min(len(all), 100)]
	}
	return all
}

// printed is what the command prints of a file.
func printed(file, text string, a *Arena) string {
	table := &diag.Table{}
	o := Options{
		Base: filepath.Dir(file), Home: "/home", Positions: table, Origin: diag.Origin{Name: file, Text: text},
	}
	e, err := Parse(text, o, a)
	if err != nil {
		return err.Error()
	}
	return string(Print(nil, e)) + "\n"
}
