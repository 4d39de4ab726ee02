package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"firn/internal/oracle"
)

// bench is one run of the program.
type bench struct {
	*options
	only      *regexp.Regexp
	parseList string // file that imports 3,000 files
	env       []string
	server    string // address of the one that gives narinfos
}

// A result is one row of the table.
type result struct {
	work  *work
	cores int
	limit struct{ time, memory float64 }
	firn  *sample
	nix   *sample // nil without a Nix
	note  string  // why a number is missing, or that the two printed different things
}

// A sample holds the medians of one program's runs.
type sample struct {
	Wall, CPU time.Duration
	PeakRSS   int64 // bytes
}

func arguments(args ...string) func(*bench) []string {
	return func(*bench) []string { return args }
}

// expression evaluates text, in which CORPORA stands for the folder of package sets.
func expression(text string) func(*bench) []string {
	return func(b *bench) []string {
		return []string{"--eval", "-E", strings.ReplaceAll(text, "CORPORA", b.corpora)}
	}
}

func (b *bench) file(name string) string { return filepath.Join(b.testdata, name) }

func (b *bench) setUp() error {
	if err := os.MkdirAll(b.scratch, 0o755); err != nil {
		return err
	}
	if err := oracle.MakeEnvironment(b.scratch, "build-users-group =\nsubstituters =\n"); err != nil {
		return err
	}
	b.env = oracle.Environment(b.scratch)
	if b.corpora == "" {
		return nil
	}
	b.parseList = filepath.Join(b.scratch, "parse.nix")
	return writeParseList(filepath.Join(b.corpora, "nixpkgs-14.04", "pkgs"), b.parseList, 3000)
}

func (b *bench) cleanUp() {
	b.emptyStore()
	for _, name := range []string{"prepared", "copied", "caches", "aside"} {
		removeAll(filepath.Join(b.scratch, name))
	}
}

// functionFile matches files that are a function over a set: importing one parses it and evaluates next to nothing.
var functionFile = regexp.MustCompile(`^\s*(#[^\n]*\n\s*)*\{[^{}]*\}\s*:`)

// writeParseList writes an expression that imports count files of tree.
func writeParseList(tree, file string, count int) error {
	var list bytes.Buffer
	n := 0
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".nix") || d.Name() == "template.nix" || n == count {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && functionFile.Match(text) {
			fmt.Fprintf(&list, "  %s\n", path)
			n++
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text := "builtins.foldl' (n: file: builtins.seq (import file) (n + 1)) 0 [\n" + list.String() + "]\n"
	return os.WriteFile(file, []byte(text), 0o666)
}

func (b *bench) measureAll() []*result {
	var results []*result
	for i := range works {
		w := &works[i]
		if !b.only.MatchString(w.name) || w.needs != "" && !b.has(w.needs) {
			continue
		}
		for j, cores := range w.cores {
			r := &result{work: w, cores: cores}
			if j < len(w.time) {
				r.limit.time, r.limit.memory = w.time[j], w.memory[j]
			}
			fmt.Fprintf(os.Stderr, "%s\r", label(r)+strings.Repeat(" ", 20))
			b.measure(r)
			results = append(results, r)
		}
	}
	fmt.Fprint(os.Stderr, strings.Repeat(" ", 60), "\r")
	return results
}

func (b *bench) has(corpus string) bool {
	if b.corpora == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(b.corpora, corpus))
	return err == nil
}

// measure runs both programs in turn, so that what else the machine does meets both.
func (b *bench) measure(r *result) {
	var firn, nix []oracle.Result
	var written [2]int // entries of the store after the last run of each
	for range b.runs {
		one, err := b.once(r, b.firn, "firn.out")
		if err != nil {
			r.note = "firn: " + err.Error()
			firn = nil
			break
		}
		firn = append(firn, one)
		written[0] = b.storeEntries()
		if b.nixBin == "" {
			continue
		}
		other, err := b.once(r, b.nixBin, "nix.out")
		if err != nil {
			r.note = "nix: " + err.Error()
			nix = nil
			break
		}
		nix = append(nix, other)
		written[1] = b.storeEntries()
	}
	r.firn, r.nix = medians(firn), medians(nix)
	switch {
	case r.firn == nil || r.nix == nil:
	case !r.work.alone && !r.work.discard && !sameLines(b.scratch, "firn.out", "nix.out"):
		r.note = "the two print different things"
	case (r.work.writes || r.work.spoils) && written[0] != written[1]:
		r.note = fmt.Sprintf("firn wrote %d store objects, nix %d", written[0], written[1])
	}
}

// storeEntries counts what stands in the store that was written to, apart from what begins with a dot.
func (b *bench) storeEntries() int {
	objects, _ := filepath.Glob(filepath.Join(b.store(), "nix", "store", "[a-z0-9]*"))
	return len(objects)
}

func (b *bench) once(r *result, bin, out string) (oracle.Result, error) {
	if r.work.once != nil {
		if err := r.work.once(b); err != nil {
			return oracle.Result{}, err
		}
	}
	for _, name := range r.work.clears {
		if err := b.putAside(filepath.Join(b.scratch, name)); err != nil {
			return oracle.Result{}, err
		}
	}
	args := r.work.args(b)
	if r.cores > 0 && bin == b.firn {
		args = append(args, "--option", "eval-cores", fmt.Sprint(r.cores))
	}
	if r.work.writes {
		if err := b.emptyStore(); err != nil {
			return oracle.Result{}, err
		}
		args = append(args, "--store", b.store())
	}
	if r.work.before != nil {
		store, err := b.prepared(r.work, bin)
		if err != nil {
			return oracle.Result{}, err
		}
		if r.work.spoils {
			if store, err = b.copyOf(store); err != nil {
				return oracle.Result{}, err
			}
		}
		args = append(args, "--store", store)
	}
	file := filepath.Join(b.scratch, out)
	if r.work.discard {
		file = os.DevNull
	}
	res, err := oracle.Run{Bin: bin, Name: r.work.program, Args: args, Dir: b.scratch, Env: b.env,
		File: file, Limit: 5 * time.Minute}.Do()
	switch {
	case err != nil:
		return res, err
	case res.Ended != "":
		return res, errors.New(res.Ended)
	case res.Exit != 0:
		return res, fmt.Errorf("exit status %d: %.200s", res.Exit, oracle.LastError(res.Stderr))
	}
	return res, nil
}

// prepared returns the store that a work's before has filled for a program.
func (b *bench) prepared(w *work, bin string) (string, error) {
	program := "nix"
	if bin == b.firn {
		program = "firn"
	}
	store := filepath.Join(b.scratch, "prepared", w.name+"-"+program)
	if _, err := os.Stat(store); err == nil {
		return store, nil
	}
	if err := os.MkdirAll(store, 0o755); err != nil {
		return "", err
	}
	return store, w.before(b, bin, store)
}

// do runs a program without being measured.
func (b *bench) do(bin, name string, args ...string) error {
	res, err := oracle.Run{Bin: bin, Name: name, Args: args, Dir: b.scratch, Env: b.env, Limit: 10 * time.Minute}.Do()
	if err == nil && (res.Ended != "" || res.Exit != 0) {
		err = fmt.Errorf("preparing with %s: exit status %d %s: %.200s", name, res.Exit, res.Ended, oracle.LastError(res.Stderr))
	}
	return err
}

func (b *bench) store() string { return filepath.Join(b.scratch, "store") }

// emptyStore puts the store that was written to aside.
func (b *bench) emptyStore() error { return b.putAside(b.store()) }

// putAside makes way for new files. It does not delete: a file system that has just done that may be slow to make others.
func (b *bench) putAside(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(b.aside(), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(b.aside(), "")
	if err != nil {
		return err
	}
	os.Chmod(path, 0o755) // only what is writable can be moved
	return os.Rename(path, filepath.Join(dir, filepath.Base(path)))
}

func (b *bench) aside() string { return filepath.Join(b.scratch, "aside") }

// removeAll removes a tree. Files of stores are read-only, folders need not be writable.
func removeAll(dir string) error {
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Chmod(path, 0o755)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

func medians(list []oracle.Result) *sample {
	if len(list) == 0 {
		return nil
	}
	return &sample{
		Wall:    median(list, func(r oracle.Result) time.Duration { return r.Took }),
		CPU:     median(list, func(r oracle.Result) time.Duration { return r.CPU }),
		PeakRSS: median(list, func(r oracle.Result) int64 { return r.PeakRSS }),
	}
}

// median of one number of each result; of an even count, the lower one of the two in the middle.
func median[T int64 | time.Duration](list []oracle.Result, number func(oracle.Result) T) T {
	values := make([]T, len(list))
	for i, r := range list {
		values[i] = number(r)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// sameLines compares two outputs line by line, in any order: which of two packages of one name nix-env prints first hangs on its
// sorting algorithm.
func sameLines(dir, a, b string) bool {
	left, err1 := os.ReadFile(filepath.Join(dir, a))
	right, err2 := os.ReadFile(filepath.Join(dir, b))
	return err1 == nil && err2 == nil && slices.Equal(sortedLines(left), sortedLines(right))
}

func sortedLines(text []byte) []string {
	lines := strings.Split(string(text), "\n")
	slices.Sort(lines)
	return lines
}
