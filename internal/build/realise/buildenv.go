package realise

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"firn/internal/activity"
)

// A Package is one member of a user environment.
type Package struct {
	Path     string // of the directory, as it is called in the store
	Active   bool
	Priority int // the lowest wins
}

// A ConflictError says that two packages of the same priority have the same file.
type ConflictError struct {
	FileA, FileB string
	Priority     int
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("Unable to build profile. There is a conflict for the following files:\n\n  %s\n  %s", e.FileA, e.FileB)
}

// Environment fills a directory with links to the files of packages: BuildProfile's work, for builds and
// for whoever needs a profile without one. Links lead to paths as the packages are called; OnMachine tells
// where such a path lies.
type Environment struct {
	OnMachine  func(string) string
	Warn       func(string)
	priorities map[string]int
	done       map[string]bool
	postponed  []string
}

// buildenv makes a user environment.
func (b *build) buildenv(w *watcher) error {
	out, _, err := b.outAt()
	if err != nil {
		return err
	}
	text, err := b.attr("derivations")
	if err != nil {
		return err
	}
	pkgs, err := parsePackages(text)
	if err != nil {
		return err
	}
	e := &Environment{OnMachine: b.onMachine, Warn: func(m string) { b.r.Activity.Say(activity.Warn, m) }}
	if err := e.Build(out, pkgs); err != nil {
		return err
	}
	manifest, err := b.attr("manifest")
	if err != nil {
		return err
	}
	return os.Symlink(manifest, filepath.Join(out, "manifest.nix"))
}

// parsePackages reads words: for each member whether it is active ("false" if not), its priority, how
// many paths follow, and those.
func parsePackages(text string) ([]Package, error) {
	words := strings.Fields(text)
	var list []Package
	for len(words) > 0 {
		if len(words) < 3 {
			return nil, fmt.Errorf("attribute 'derivations' ends early")
		}
		priority, err1 := strconv.Atoi(words[1])
		count, err2 := strconv.Atoi(words[2])
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("attribute 'derivations': %w", err)
		}
		if count < 0 || count > len(words)-3 {
			return nil, fmt.Errorf("attribute 'derivations' ends early")
		}
		for _, p := range words[3 : 3+count] {
			list = append(list, Package{p, words[0] != "false", priority})
		}
		words = words[3+count:]
	}
	return list, nil
}

// Build makes the directory out. Packages that packages propagate come last, with ever lower precedence.
func (e *Environment) Build(out string, pkgs []Package) error {
	e.priorities, e.done = map[string]int{}, map[string]bool{}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	pkgs = slices.Clone(pkgs)
	slices.SortStableFunc(pkgs, func(a, b Package) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Path, b.Path))
	})
	for _, p := range pkgs {
		if p.Active {
			if err := e.add(out, p.Path, p.Priority); err != nil {
				return err
			}
		}
	}
	const propagated = 1000 // Nix: the priority of the first propagated package
	for n := propagated; len(e.postponed) > 0; {
		round := e.postponed
		e.postponed = nil
		slices.Sort(round)
		for _, p := range slices.Compact(round) {
			if err := e.add(out, p, n); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

func (e *Environment) add(out, pkg string, priority int) error {
	if e.done[pkg] {
		return nil
	}
	e.done[pkg] = true
	if err := e.link(pkg, out, priority); err != nil {
		return err
	}
	text, err := os.ReadFile(e.OnMachine(filepath.Join(pkg, "nix-support/propagated-user-env-packages")))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	for _, p := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ' ' || r == '\n' }) {
		if !e.done[p] {
			e.postponed = append(e.postponed, p)
		}
	}
	return err
}

// leftOut are files that would only collide.
var leftOut = []string{"/propagated-build-inputs", "/nix-support", "/perllocal.pod", "/info/dir", "/log", "/manifest.nix", "/manifest.json"}

// link links the entries of one directory of a package.
func (e *Environment) link(from, to string, priority int) error {
	entries, err := os.ReadDir(e.OnMachine(from))
	if errors.Is(err, syscall.ENOTDIR) {
		e.Warn(fmt.Sprintf("not including '%s' in the user environment because it's not a directory", from))
		return nil
	}
	if err != nil {
		return err
	}
	for _, d := range entries {
		if strings.HasPrefix(d.Name(), ".") {
			continue
		}
		source, dest := from+"/"+d.Name(), filepath.Join(to, d.Name())
		if slices.ContainsFunc(leftOut, func(s string) bool { return strings.HasSuffix(source, s) }) {
			continue
		}
		_, info, err := e.follow(source)
		if err != nil {
			e.Warn(fmt.Sprintf("skipping dangling symlink '%s'", dest))
			continue
		}
		if info.IsDir() {
			err = e.linkDir(source, dest, priority)
		} else {
			err = e.linkFile(source, dest, priority)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linkDir links a whole directory, or merges it with what is there.
func (e *Environment) linkDir(source, dest string, priority int) error {
	there, err := os.Lstat(dest)
	if err != nil {
		return e.symlink(source, dest, priority)
	}
	if there.IsDir() {
		return e.link(source, dest, priority)
	}
	old, err := os.Readlink(dest)
	if err != nil {
		return err
	}
	target, info, err := e.follow(old)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("collision between '%s' and non-directory '%s'", source, target)
	}
	if err := os.Remove(dest); err != nil {
		return err
	}
	if err := os.Mkdir(dest, 0o755); err != nil {
		return err
	}
	if err := e.link(target, dest, e.priorities[dest]); err != nil {
		return err
	}
	return e.link(source, dest, priority)
}

func (e *Environment) linkFile(source, dest string, priority int) error {
	there, err := os.Lstat(dest)
	if err != nil {
		return e.symlink(source, dest, priority)
	}
	if there.IsDir() {
		return fmt.Errorf("collision between non-directory '%s' and directory '%s'", source, dest)
	}
	switch before := e.priorities[dest]; {
	case before == priority:
		old, _ := os.Readlink(dest)
		return &ConflictError{old, source, priority}
	case before < priority:
		return nil
	}
	if err := os.Remove(dest); err != nil {
		return err
	}
	return e.symlink(source, dest, priority)
}

func (e *Environment) symlink(source, dest string, priority int) error {
	e.priorities[dest] = priority
	return os.Symlink(source, dest)
}

// maxLinks bounds chains of symbolic links as the kernel does.
const maxLinks = 40

// follow resolves symbolic links, which speak of paths as they are called in the store.
func (e *Environment) follow(logical string) (string, fs.FileInfo, error) {
	for range maxLinks {
		info, err := os.Lstat(e.OnMachine(logical))
		if err != nil {
			return "", nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return logical, info, nil
		}
		to, err := os.Readlink(e.OnMachine(logical))
		if err != nil {
			return "", nil, err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(logical), to)
		}
		logical = filepath.Clean(to)
	}
	return "", nil, &fs.PathError{Op: "follow", Path: logical, Err: syscall.ELOOP}
}
