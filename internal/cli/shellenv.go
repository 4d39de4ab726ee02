package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"firn/internal/build/sandbox"
	"firn/internal/diag"
	"firn/internal/format/storepath"
)

// Flags of commands that run a program in another environment.

const shellEnvGroup = "Options that change environment variables"

var (
	ignoreEnvFlag = Flag{Long: "ignore-env", Short: 'i', Aliases: []string{"ignore-environment"}, Group: shellEnvGroup, Doc: "Begin with no variables but those that `--keep-env-var` names."}
	keepEnvFlag   = Flag{Long: "keep-env-var", Short: 'k', Aliases: []string{"keep"}, Labels: []string{"name"}, Group: shellEnvGroup, Doc: "With `--ignore-env`, keep the variable *name*."}
	unsetEnvFlag  = Flag{Long: "unset-env-var", Short: 'u', Aliases: []string{"unset"}, Labels: []string{"name"}, Group: shellEnvGroup, Doc: "Take away the variable *name*."}
	setEnvFlag    = Flag{Long: "set-env-var", Short: 's', Labels: []string{"name", "value"}, Group: shellEnvGroup, Doc: "Set the variable *name* to *value*."}

	shellEnvFlags = []*Flag{&ignoreEnvFlag, &keepEnvFlag, &setEnvFlag, &unsetEnvFlag}
)

// environ is an environment under change.
type environ struct{ list []string }

// set sets a variable.
func (e *environ) set(name, value string) {
	e.unset(name)
	e.list = append(e.list, name+"="+value)
}

func (e *environ) unset(name string) {
	e.list = slices.DeleteFunc(e.list, func(v string) bool { return strings.HasPrefix(v, name+"=") })
}

func (e *environ) get(name string) string {
	for _, v := range e.list {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// shellEnviron is the environment of the process as flags change it.
func (c *Call) shellEnviron() (*environ, error) {
	e := &environ{slices.Clone(c.Process.Environ)}
	keep, unset, set := c.All(&keepEnvFlag), c.All(&unsetEnvFlag), c.All(&setEnvFlag)
	if c.Has(&ignoreEnvFlag) {
		if len(unset) > 0 {
			return nil, diag.Misuse(diag.Usage, "--unset-env-var does not make sense with --ignore-env")
		}
		e.list = slices.DeleteFunc(e.list, func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return !slices.ContainsFunc(keep, func(k []string) bool { return k[0] == name })
		})
	} else if len(keep) > 0 {
		return nil, diag.Misuse(diag.Usage, "--keep-env-var does not make sense without --ignore-env")
	}
	for _, v := range set {
		if slices.ContainsFunc(unset, func(u []string) bool { return u[0] == v[0] }) {
			return nil, diag.Misuse(diag.Usage, "Cannot set environment variable '%s' that is unset with '--unset-env-var'", v[0])
		}
		e.set(v[0], v[1])
	}
	for _, u := range unset {
		e.unset(u[0])
	}
	return e, nil
}

// run runs a program in place of this one. A name without slashes is looked for
// in the environment's PATH, and the store seems to be at its own place.
func (e *evaluation) run(ctx context.Context, program string, argv []string, env *environ) error {
	c := e.call
	found := program
	if !strings.Contains(program, "/") {
		found = e.lookUp(program, env.get("PATH"))
	}
	if found == "" {
		return diag.New(diag.FileNotFound, "unable to execute '%s': No such file or directory", program)
	}
	c.Log.Stop()
	if e.store == nil || e.atItsPlace() {
		err := e.Close()
		return errors.Join(err, &os.PathError{Op: "run", Path: found, Err: syscall.Exec(found, argv, env.list)})
	}
	cwd, _ := os.Getwd()
	_, err := sandbox.Enter(ctx, &sandbox.Entry{
		Path: found, Args: argv, Env: env.list, Dir: cwd,
		Source: e.realStoreDir(), Target: string(e.StoreDir),
	})
	var exit *exec.ExitError
	if asError(err, &exit) {
		return Exit(exit.ExitCode())
	}
	return err
}

// lookUp finds a program as execvp does, with the store at its own place.
func (e *evaluation) lookUp(program, path string) string {
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		file := filepath.Join(dir, program)
		info, err := os.Stat(e.onMachine(file))
		if err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return file
		}
		// A link within the store leads to where the store seems to be.
		if real, err := e.followInStore(file); err == nil && e.onMachine(real) != real {
			if info, err := os.Stat(e.onMachine(real)); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
				return file
			}
		}
	}
	return ""
}

// onMachine is where a file is whose path may be one in the store.
func (e *evaluation) onMachine(file string) string {
	if e.store == nil {
		return file
	}
	if p, rest, err := e.StoreDir.ParseInside(file); err == nil {
		return filepath.Join(e.store.RealPath(p), rest)
	}
	return file
}

// followInStore follows the links in a path, which has to stay in the store.
func (e *evaluation) followInStore(file string) (string, error) {
	for range maxLinks {
		next, err := e.firstLink(file)
		if err != nil || next == "" {
			return file, err
		}
		file = next
	}
	return "", diag.New(diag.InvalidArgument, "too many symbolic links encountered while resolving '%s'", file)
}

// firstLink follows the first link on the way to a file; "" if there is none.
func (e *evaluation) firstLink(file string) (string, error) {
	p, rest, err := e.StoreDir.ParseInside(file)
	if err != nil {
		return "", diag.New(diag.NotInStore, "path '%s' is not in the Nix store", file)
	}
	at, left := e.StoreDir.Join(p), strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })
	for i := 0; ; i++ {
		target, err := os.Readlink(e.onMachine(at))
		switch {
		case err == nil && !path.IsAbs(target):
			return path.Join(append([]string{path.Dir(at), target}, left[i:]...)...), nil
		case err == nil:
			return path.Join(append([]string{target}, left[i:]...)...), nil
		case errors.Is(err, fs.ErrNotExist) || i == len(left):
			return "", nil
		}
		at = path.Join(at, left[i])
	}
}

// binDirs are the directories of programs of store paths, and of what these
// propagate to those who use them.
func (e *evaluation) binDirs(paths []storepath.Path) (dirs []string, err error) {
	seen := map[storepath.Path]bool{}
	for len(paths) > 0 {
		p := paths[0]
		paths = paths[1:]
		if seen[p] {
			continue
		}
		seen[p] = true
		bin, err := e.followInStore(e.StoreDir.Join(p) + "/bin")
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, bin)
		list, err := e.followInStore(e.StoreDir.Join(p) + "/nix-support/propagated-user-env-packages")
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(e.onMachine(list))
		if err != nil {
			continue // most propagate nothing
		}
		for _, word := range strings.Fields(string(text)) {
			more, err := e.StoreDir.Parse(word)
			if err != nil {
				return nil, err
			}
			paths = append(paths, more)
		}
	}
	return dirs, nil
}
