package oracle

import (
	"bytes"
	"context"
	"errors"
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
}

// A Result is what a program left behind.
type Result struct {
	Stdout, Stderr string
	Exit           int // -1 if a signal ended it
	TimedOut       bool
	Took           time.Duration
	CPU            time.Duration // user and system
	PeakRSS        int64         // bytes, at least those of this program when it started the other; 0 where the system does not tell
}

// Do runs the program. An error means that it could not be started.
func (r Run) Do() (Result, error) {
	limit := r.Limit
	if limit == 0 {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
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
	err := cmd.Run()
	res := Result{Stdout: out.String(), Stderr: errs.String(), Took: time.Since(start), TimedOut: ctx.Err() != nil}
	if cmd.ProcessState == nil {
		return res, err
	}
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) && !res.TimedOut {
		return res, err
	}
	res.Exit = cmd.ProcessState.ExitCode()
	res.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	res.PeakRSS = peakRSS(cmd.ProcessState)
	return res, nil
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
