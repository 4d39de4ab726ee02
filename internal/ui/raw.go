package ui

import (
	"io"

	"firn/internal/activity"
	"firn/internal/diag"
)

// rawSink writes a line for every message and nothing for progress.
type rawSink struct {
	o    *Options
	logs bool // show what builders print
}

func (s *rawSink) message(level activity.Level, text string) {
	if level > s.o.Level {
		return
	}
	lead := ""
	if s.o.Systemd {
		lead = journalLevel(level)
	}
	io.WriteString(s.o.Err, lead+filter(text, !s.o.Terminal.Colour, 0)+"\n")
}

// journalLevel is the level as systemd's journal reads it from a line.
func journalLevel(level activity.Level) string {
	switch level {
	case activity.Error:
		return "<3>"
	case activity.Warn:
		return "<4>"
	case activity.Notice, activity.Info:
		return "<5>"
	case activity.Talkative, activity.Chatty:
		return "<6>"
	}
	return "<7>"
}

func (s *rawSink) report(level activity.Level, e *diag.Error, fromExpr bool) {
	s.message(level, render(s.o.Renderer, level, e, fromExpr))
}

// render chooses the extended form for errors that end a command.
func render(r *Renderer, level activity.Level, e *diag.Error, fromExpr bool) string {
	if r == nil {
		r = &Renderer{}
	}
	if level == activity.Error {
		return r.Error(e)
	}
	return r.Report(level, e, fromExpr)
}

func (s *rawSink) activity(e activity.Event) {
	switch e := e.(type) {
	case activity.Started:
		if e.Text != "" {
			s.message(e.Level, e.Text+"...")
		}
	case activity.Result:
		if !s.logs {
			return
		}
		switch d := e.Data.(type) {
		case activity.LogLine:
			s.message(activity.Error, d.Line)
		case activity.HookLine:
			s.message(activity.Error, "post-build-hook: "+d.Line)
		}
	}
}

func (s *rawSink) clear() {}
func (s *rawSink) draw()  {}
func (s *rawSink) stop()  {}
