package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// Run carries out spec and returns when the process, and in a sandbox everything it started, is gone.
// A program that could not be executed counts as one that wrote why and exited with code 1, as the
// shell and Nix have it. Other errors mean that nothing ran: those of the specification, a *SetupError
// (test for ErrUnsupported), or the error of Output.
func Run(ctx context.Context, spec *Spec) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := start(spec)
	var exec *ExecError
	if errors.As(err, &exec) {
		now := time.Now()
		_, err := fmt.Fprintf(spec.Output, "error: %s\n", exec.Error())
		return &Result{ExitCode: 1, Start: now, Stop: now}, err
	}
	if err != nil {
		return nil, err
	}
	return supervise(ctx, spec, p)
}

// drainTime bounds how long output is awaited after the process is gone; only a process that escaped
// an unsandboxed build can hold its end open.
const drainTime = 2 * time.Second

// closedTime is how long a process may go on whose output nobody can write to any more. Nix gives it none.
const closedTime = time.Second

// supervise reads the output, keeps the limits and waits.
func supervise(ctx context.Context, spec *Spec, p *process) (*Result, error) {
	res := &Result{Start: p.start}
	exited := make(chan error, 1)
	go func() { exited <- reap(p.pid, res) }()

	var last atomic.Int64 // when output was last seen, in nanoseconds after start
	read := make(chan Cause, 1)
	var readErr error
	go func() { read <- pump(p, spec, &last, &readErr) }()

	cause, causeSet := Exited, false
	stop := func(c Cause) {
		if !causeSet {
			cause, causeSet = c, true
			p.kill()
		}
	}
	limit := newLimit(spec, p.start)
	defer limit.stop()
	done, reader := ctx.Done(), read
	var closed <-chan time.Time
	for {
		select {
		case <-done:
			stop(Cancelled)
			done = nil
		case c := <-reader:
			if c != Exited {
				stop(c)
			}
			reader, closed = nil, time.After(closedTime)
		case <-closed:
			p.kill()
		case <-limit.C:
			if c := limit.check(time.Duration(last.Load())); c != Exited {
				stop(c)
			}
		case err := <-exited:
			p.kill() // what is left of the group when there is no PID namespace
			if reader != nil {
				p.output.SetReadDeadline(time.Now().Add(drainTime))
				if c := <-reader; !causeSet && c != Exited {
					cause = c
				}
			}
			p.output.Close()
			res.Cause = cause
			if err == nil && cause == Refused {
				err = readErr
			}
			return res, err
		}
	}
}

// pump hands the output on until nobody can write any more.
func pump(p *process, spec *Spec, last *atomic.Int64, failed *error) Cause {
	buf := make([]byte, 32<<10)
	var total int64
	for {
		n, err := p.output.Read(buf)
		if n > 0 {
			last.Store(int64(time.Since(p.start)))
			total += int64(n)
			if spec.MaxOutput > 0 && total > spec.MaxOutput {
				return TooMuch
			}
			if _, err := spec.Output.Write(buf[:n]); err != nil {
				*failed = err
				return Refused
			}
		}
		switch {
		case err == nil:
		case ended(err), errors.Is(err, os.ErrDeadlineExceeded):
			return Exited
		default:
			*failed = fmt.Errorf("reading the build's output: %w", err)
			return Refused
		}
	}
}

// limit is the timer for Timeout and MaxSilent. It fires at the earliest moment one may be due, so
// output costs no timer operation.
type limit struct {
	C                <-chan time.Time
	timer            *time.Timer
	timeout, silence time.Duration
	start            time.Time
}

func newLimit(spec *Spec, start time.Time) *limit {
	l := &limit{timeout: spec.Timeout, silence: spec.MaxSilent, start: start}
	if d := l.next(0); d > 0 {
		l.timer = time.NewTimer(d)
		l.C = l.timer.C
	}
	return l
}

// next is the time after start at which a limit may be reached, given when output was last seen.
func (l *limit) next(last time.Duration) time.Duration {
	switch {
	case l.silence == 0:
		return l.timeout
	case l.timeout == 0:
		return last + l.silence
	}
	return min(l.timeout, last+l.silence)
}

func (l *limit) check(last time.Duration) Cause {
	now := time.Since(l.start)
	switch {
	case l.timeout > 0 && now >= l.timeout:
		return TimedOut
	case l.silence > 0 && now >= last+l.silence:
		return Silent
	}
	l.timer.Reset(l.next(last) - now)
	return Exited
}

func (l *limit) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}
