package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A Run says how to start one program of an implementation.
type Run struct {
	Bin   string   // folder of the program
	Name  string   // classic name: "nix-instantiate"; also argv[0]
	Args  []string // without the name
	Dir   string   // working directory
	Env   []string // the whole environment
	Stdin string
	Merge bool          // standard error goes where standard output goes
	File  string        // gets standard output, instead of the result
	Limit time.Duration // 0: one minute
	Most  int64         // resident bytes; a program that has more is ended. 0: 4 GiB
}

// A Result is what a program left behind.
type Result struct {
	Stdout, Stderr string
	Exit           int    // -1 if a signal ended it
	Ended          string // "took too long", "took too much memory"; "": by itself
	Took           time.Duration
	CPU            time.Duration // user and system
	PeakRSS        int64         // bytes, at least those of this program when it started the other; 0 where the system does not tell
}

// Do runs the program. An error means that it could not be started.
func (r Run) Do() (Result, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(r.Bin, r.Name), r.Args...)
	cmd.Args[0] = r.Name
	cmd.Dir, cmd.Env = r.Dir, r.Env
	cmd.Stdout, cmd.Stderr = &out, &errs
	if r.Merge {
		cmd.Stderr = &out
	}
	if r.Stdin != "" {
		cmd.Stdin = bytes.NewReader([]byte(r.Stdin))
	}
	if r.File != "" {
		file, err := os.Create(r.File)
		if err != nil {
			return Result{}, err
		}
		defer file.Close()
		cmd.Stdout = file
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Result{}, err
	}
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		r.watch(ctx, cmd.Process.Pid, cancel)
	}()
	err := cmd.Wait()
	took := time.Since(start)
	ended := context.Cause(ctx)
	cancel(nil)
	<-watching
	res := Result{Stdout: out.String(), Stderr: errs.String(), Took: took}
	var exited *exec.ExitError
	switch {
	case ended != nil:
		res.Ended = ended.Error()
	case err != nil && !errors.As(err, &exited):
		return res, err
	}
	res.Exit = cmd.ProcessState.ExitCode()
	res.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	res.PeakRSS = peakRSS(cmd.ProcessState)
	return res, nil
}

var (
	errTooLong = errors.New("took too long")
	errTooMuch = errors.New("took too much memory")
)

// watch cancels when the process takes more than it may.
func (r Run) watch(ctx context.Context, pid int, cancel context.CancelCauseFunc) {
	limit, most := r.Limit, r.Most
	if limit == 0 {
		limit = time.Minute
	}
	if most == 0 {
		most = 4 << 30
	}
	over := time.After(limit)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			cancel(errTooLong)
			return
		case <-look.C:
			if resident(pid) > most {
				cancel(errTooMuch)
				return
			}
		}
	}
}

// resident returns how many bytes the process has in memory, 0 where the system does not tell.
func resident(pid int) int64 {
	var size, pages int64
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fmt.Sscan(string(text), &size, &pages)
	return pages * int64(os.Getpagesize())
}

// Environment is a small one in which neither a user's configuration nor a store of the machine shows: everything
// that a Nix writes goes below dir, which must exist. extra is added at the end.
func Environment(dir string, extra ...string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"HOME=" + filepath.Join(dir, "home"),
		"TMPDIR=" + dir,
		"NIX_CONF_DIR=" + filepath.Join(dir, "etc"),
		"NIX_STORE_DIR=/nix/store",
		"NIX_LOCALSTATE_DIR=" + filepath.Join(dir, "var"),
		"NIX_STATE_DIR=" + filepath.Join(dir, "var", "nix"),
		"NIX_LOG_DIR=" + filepath.Join(dir, "var", "log", "nix"),
		"NIX_DAEMON_SOCKET_PATH=" + filepath.Join(dir, "socket"),
		"GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_CONFIG_GLOBAL=/dev/null",
	}
	return append(env, extra...)
}

// MakeEnvironment creates the folders that Environment names, with config as nix.conf.
func MakeEnvironment(dir, config string) error {
	for _, sub := range []string{"home", "etc", "var/nix", "var/log/nix/drvs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "etc", "nix.conf"), []byte(config), 0o666)
}
