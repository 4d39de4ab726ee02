package cli

import (
	"context"

	"firn/internal/activity"
	"firn/internal/lang/eval"
	"firn/internal/lang/repl"
)

// A debugger runs sessions where an evaluation stops.
type debugger struct {
	evaluation *evaluation
	ctx        context.Context
	in         *lineReader // nil before the first session
	greeted    bool
}

// function returns what an evaluator calls, nil for no debugger.
func (d *debugger) function() func(*eval.Worker, *eval.Stop) eval.Answer {
	if d == nil {
		return nil
	}
	return d.stopped
}

func (d *debugger) stopped(w *eval.Worker, s *eval.Stop) eval.Answer {
	c := d.evaluation.call
	d.announce(c, s)
	if d.in == nil {
		in, err := newLineReader(c)
		if err != nil {
			c.Log.Error(err)
			return eval.Quit
		}
		d.in = in
	}
	host := &replHost{d.evaluation, d.ctx}
	if !d.greeted {
		d.greeted = true
		host.Notice("Nix " + w.NixVersion + " debugger\nType :? for help.")
	}
	r := repl.New(w, d.in, c.Out, c.outputIsTerminal(), host)
	d.in.complete = r.Complete
	answer, err := r.Debug(s)
	if err != nil {
		c.Log.Error(err)
	}
	return answer
}

// announce says why the evaluation stands still.
func (d *debugger) announce(c *Call, s *eval.Stop) {
	if s.Err == nil {
		return
	}
	level := activity.Error
	if s.Break {
		level = activity.Info
	}
	c.Log.Say(activity.Error, c.Log.Renderer().Report(level, s.Err, false)+"\n")
	if s.Tried && !s.Break {
		c.Log.Say(activity.Error, "This exception occurred in a 'tryEval' call. Use \x1b[32;1m--ignore-try\x1b[0m to skip these.\n")
	}
}

// Close gives the terminal back.
func (d *debugger) Close() error {
	if d == nil || d.in == nil {
		return nil
	}
	return d.in.Close()
}
