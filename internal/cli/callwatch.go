package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/lang/callprofile"
	"firn/internal/lang/eval"
)

var profileEvalFlag = Flag{Long: "profile-eval", Labels: []string{"file"}, Group: evalGroup, Complete: completeFile,
	Doc: "Find out where evaluation spends its time, and write that to *file*: a profile for `go tool pprof` if its name ends in `.pb.gz` or `.pprof`, else a line for each stack of calls, from which flame graphs are made. `eval-profiler-frequency` says how many samples are taken in a second."}

// A callWatch reports the calls of an evaluation as settings and flags ask for.
type callWatch struct {
	call      *Call
	positions *diag.Table // known once there is an evaluator
	profile   *callprofile.Profile
	files     []string // the profile is written to
}

// newCallWatch returns nil if nobody wants to know.
func (c *Call) newCallWatch() *callWatch {
	settings := &c.Config.Eval
	w := &callWatch{call: c}
	if settings.Profiler == config.Flamegraph {
		w.files = append(w.files, settings.ProfileFile)
	}
	if file, ok := c.Value(&profileEvalFlag); ok {
		w.files = append(w.files, file)
	}
	if len(w.files) > 0 {
		period := time.Duration(0)
		if settings.ProfilerFrequency > 0 {
			period = time.Second / time.Duration(settings.ProfilerFrequency)
		}
		started := time.Now()
		w.profile = callprofile.New(period, func() time.Duration { return time.Since(started) }, w.place)
	}
	if w.profile == nil && !settings.TraceCalls {
		return nil
	}
	return w
}

// function is what evaluators take; nil if there is nothing to watch.
func (w *callWatch) function() func() eval.Watcher {
	if w == nil {
		return nil
	}
	return func() eval.Watcher {
		var all watchers
		if w.call.Config.Eval.TraceCalls {
			all = append(all, &callTrace{watch: w})
		}
		if w.profile != nil {
			all = append(all, w.profile.Watcher())
		}
		return all
	}
}

func (w *callWatch) place(p diag.Pos) string {
	at := w.positions.Resolve(p)
	if !at.Valid() {
		return "«none»:0"
	}
	return at.String()
}

// finish writes the profile. What cannot be written is told and no more: the
// evaluation has done its work.
func (w *callWatch) finish() {
	if w == nil {
		return
	}
	for _, name := range w.files {
		if err := w.write(name); err != nil {
			w.call.Log.Warn(fmt.Sprintf("the profile of the evaluation cannot be written: %v", err))
		}
	}
}

func (w *callWatch) write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if strings.HasSuffix(name, ".pb.gz") || strings.HasSuffix(name, ".pprof") {
		err = w.profile.WritePprof(f)
	} else {
		err = w.profile.WriteFolded(f)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// watchers tells several at once.
type watchers []eval.Watcher

func (all watchers) Enter(c eval.Call) {
	for _, w := range all {
		w.Enter(c)
	}
}

func (all watchers) Leave() {
	for _, w := range all {
		w.Leave()
	}
}

// A callTrace prints the calls of one worker.
type callTrace struct {
	watch  *callWatch
	places []string
}

func (t *callTrace) Enter(c eval.Call) {
	place := t.watch.place(c.Pos)
	t.places = append(t.places, place)
	t.say("entered", place)
}

func (t *callTrace) Leave() {
	last := len(t.places) - 1
	t.say("exited", t.places[last])
	t.places = t.places[:last]
}

func (t *callTrace) say(what, place string) {
	t.watch.call.Log.Say(activity.Info, fmt.Sprintf("function-trace %s %s at %d", what, place, time.Now().UnixNano()))
}
