// Command bench runs firn and an installed Nix in turn on the same work and prints medians, peak memory and ratios. It
// prints and does not judge: what a ratio should be at most stands beside it.
//
//	go run ./bench                        the Nix on PATH
//	go run ./bench --root DIR             the Nix inside another system's tree, which both programs run in
//	go run ./bench --only system --runs 9 --json
//
// Package sets come from --corpora (see internal/oracle); work that needs one which is not there is left out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"firn/internal/oracle"
)

// options are the flags; those of the second line are for the program that runs inside --root.
type options struct {
	nixBin, root, only, firn string
	runs                     int
	json, list               bool

	corpora, testdata, scratch string
}

func main() {
	if err := oracle.Arrive(); err != nil {
		fail(err)
	}
	o := flags()
	if err := run(o); err != nil {
		fail(err)
	}
}

func flags() *options {
	o := &options{}
	flag.StringVar(&o.nixBin, "nix-bin", "", "folder of Nix's `programs` (default: found on PATH, or in --root)")
	flag.StringVar(&o.root, "root", os.Getenv("FIRN_REFERENCE_ROOT"), "enter this `tree` of a system and run both programs there (default $FIRN_REFERENCE_ROOT)")
	flag.StringVar(&o.firn, "firn", "", "folder of firn's programs (default: built now)")
	flag.StringVar(&o.only, "only", "", "only work whose name matches this `expression`")
	flag.IntVar(&o.runs, "runs", 5, "how often each program does each work")
	flag.BoolVar(&o.json, "json", false, "print one JSON record")
	flag.BoolVar(&o.list, "list", false, "print the names of the work and stop")
	flag.StringVar(&o.corpora, "corpora", "", "folder of unpacked package sets (default: unpacked from ../shared)")
	flag.StringVar(&o.testdata, "testdata", "", "folder of this program's expressions")
	flag.StringVar(&o.scratch, "scratch", "", "folder for what the programs write")
	flag.Parse()
	return o
}

func run(o *options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if o.list {
		for _, w := range works {
			fmt.Printf("%-16s %s\n", w.name, w.what)
		}
		return nil
	}
	if o.firn == "" {
		dir, err := os.MkdirTemp("", "firn-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := prepare(o, dir); err != nil {
			return err
		}
		if o.root != "" {
			return runInside(o)
		}
	}
	b := &bench{options: o, only: only}
	if err := b.setUp(); err != nil {
		return err
	}
	defer b.cleanUp()
	results := b.measureAll()
	if o.json {
		return printJSON(os.Stdout, results, o.runs)
	}
	return printTable(os.Stdout, results)
}

// prepare builds firn and finds everything outside.
func prepare(o *options, dir string) error {
	root, err := oracle.ModuleRoot()
	if err != nil {
		return err
	}
	o.testdata = filepath.Join(root, "bench", "testdata")
	o.firn, o.scratch = filepath.Join(dir, "bin"), filepath.Join(dir, "scratch")
	for _, d := range []string{o.firn, o.scratch} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "building firn")
	if err := oracle.Build(o.firn); err != nil {
		return err
	}
	if o.corpora == "" {
		if o.corpora, err = oracle.Corpora(); errors.Is(err, oracle.ErrAbsent) {
			fmt.Fprintln(os.Stderr, "left out what needs package sets:", err)
		} else if err != nil {
			return err
		}
	}
	if o.nixBin != "" {
		return nil
	}
	find := oracle.FindReference
	if o.root != "" {
		find = func() (*oracle.Reference, error) { return oracle.ReferenceIn(o.root) }
	}
	nix, err := find()
	if errors.Is(err, oracle.ErrAbsent) {
		fmt.Fprintln(os.Stderr, "firn alone:", err)
		return nil
	}
	if err == nil {
		o.nixBin = nix.Bin
	}
	return err
}

// runInside starts this program again in the other root directory.
func runInside(o *options) error {
	binds := []string{o.firn + "=/run/firn", o.testdata + "=/run/testdata"}
	args := []string{"--firn=/run/firn", "--testdata=/run/testdata", "--scratch=/run/scratch", "--root=",
		"--nix-bin=" + o.nixBin, "--only=" + o.only, fmt.Sprint("--runs=", o.runs), fmt.Sprint("--json=", o.json)}
	if o.corpora != "" {
		binds = append(binds, o.corpora+"="+oracle.CorporaDir)
		args = append(args, "--corpora="+oracle.CorporaDir)
	}
	err := oracle.RunInside(o.root, binds, args...)
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return errors.New("stopped inside " + o.root)
	}
	return err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", strings.TrimSpace(err.Error()))
	os.Exit(1)
}
