package wiring

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"firn/internal/diag"
)

// runProgram runs a program and returns what it prints. Its standard error is
// that of this process.
func runProgram(argv []string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		return string(out), nil
	}
	why := err.Error()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		why = statusText(exit.ProcessState)
	}
	return "", diag.New(diag.InvalidArgument, `program "%s" %s`, argv[0], diag.Plain(why))
}

// statusText says how a process ended.
func statusText(s *os.ProcessState) string {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return diag.Strip(diag.Msgf("failed due to signal %d (%s)", int(w.Signal()), w.Signal()))
	}
	return diag.Strip(diag.Msgf("failed with exit code %d", s.ExitCode()))
}
