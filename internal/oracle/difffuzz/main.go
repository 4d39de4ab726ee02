// Command difffuzz evaluates random expressions with firn and with a reference Nix, and reports where they differ, made as
// small as it can.
//
//	go run ./internal/oracle/difffuzz -n 100000 -seed 7
//	go run ./internal/oracle/difffuzz -root DIR          the Nix inside another system's tree
//
// Values must be equal as printed; for errors the innermost message must be. Differences that docs/differences.md explains
// are counted only. The same seed gives the same expressions.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"firn/internal/oracle"
)

type options struct {
	count, jobs, most        int
	seed                     uint64
	root, nixBin, firn, work string
	quiet                    bool
}

func main() {
	if err := oracle.Arrive(); err != nil {
		fail(err)
	}
	o := &options{}
	flag.IntVar(&o.count, "n", 5000, "how many expressions")
	flag.Uint64Var(&o.seed, "seed", 1, "where the random numbers start")
	flag.IntVar(&o.jobs, "j", 2, "how many programs at a time")
	flag.IntVar(&o.most, "most", 20, "stop after this many kinds of differences")
	flag.StringVar(&o.root, "root", os.Getenv("FIRN_REFERENCE_ROOT"), "enter this `tree` of a system (default $FIRN_REFERENCE_ROOT)")
	flag.StringVar(&o.nixBin, "nix-bin", "", "folder of the reference's `programs` (default: found)")
	flag.StringVar(&o.firn, "firn", "", "folder of firn's `programs` (default: built now)")
	flag.StringVar(&o.work, "work", "", "folder for expressions")
	flag.BoolVar(&o.quiet, "q", false, "report at the end only, not each difference when it is found")
	flag.Parse()
	if err := run(o); err != nil {
		fail(err)
	}
}

func run(o *options) error {
	if o.work == "" {
		dir, err := os.MkdirTemp("", "firn-difffuzz-")
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
	s := &session{options: o, firnSide: side{"firn", o.firn}, nixSide: side{"nix", o.nixBin}}
	if err := s.setUp(); err != nil {
		return err
	}
	found := s.fuzz()
	fmt.Print(found)
	if len(found.kinds) > 0 {
		return errors.New("there are differences")
	}
	return nil
}

// prepare builds firn and finds the reference.
func prepare(o *options, dir string) error {
	o.work = filepath.Join(dir, "work")
	if o.firn == "" {
		o.firn = filepath.Join(dir, "bin")
		if err := os.Mkdir(o.firn, 0o755); err != nil {
			return err
		}
		if err := oracle.Build(o.firn); err != nil {
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
	if err != nil {
		return err
	}
	o.nixBin = nix.Bin
	return nil
}

func runInside(o *options) error {
	err := oracle.RunInside(o.root, []string{o.firn + "=/run/firn"}, "-firn=/run/firn", "-work=/run/fuzz", "-root=", "-nix-bin="+o.nixBin,
		fmt.Sprint("-n=", o.count), fmt.Sprint("-seed=", o.seed), fmt.Sprint("-j=", o.jobs), fmt.Sprint("-most=", o.most), fmt.Sprint("-q=", o.quiet))
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		os.Exit(exited.ExitCode())
	}
	return err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "difffuzz:", err)
	os.Exit(1)
}
