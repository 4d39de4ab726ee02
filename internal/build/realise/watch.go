package realise

import (
	"bytes"
	"encoding/json"
	"errors"

	"firn/internal/activity"
	"firn/internal/build/buildlog"
)

// noteLevel is for what people should see once without being warned.
const noteLevel = activity.Error // Nix: such notes are printed as errors are

// watcher takes a builder's output: into the log file, and by lines to who is watching.
type watcher struct {
	file  *buildlog.File // nil when logs are not kept
	lines *buildlog.Lines
	tail  *buildlog.Tail
	act   *activity.Activity
	rec   *activity.Recorder
	acts  map[uint64]*activity.Activity // those the builder opened
}

func (b *build) watch() (*watcher, error) {
	c := &b.r.Config
	w := &watcher{tail: buildlog.NewTail(c.LogLines), act: b.act, rec: b.r.Activity, acts: map[uint64]*activity.Activity{}}
	w.lines = buildlog.NewLines(w.line)
	if c.KeepLog {
		var err error
		if w.file, err = buildlog.Create(c.LogDir, string(b.drv), c.CompressLog); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *watcher) Write(p []byte) (int, error) {
	w.lines.Write(p)
	if w.file != nil {
		return w.file.Write(p)
	}
	return len(p), nil
}

func (w *watcher) close() error {
	w.lines.Flush()
	for _, a := range w.acts {
		a.Stop()
	}
	if w.file != nil {
		return w.file.Close()
	}
	return nil
}

// messagePrefix begins lines that are messages, not output.
var messagePrefix = []byte("@nix ")

func (w *watcher) line(line []byte) {
	if text, ok := bytes.CutPrefix(line, messagePrefix); ok {
		err := w.message(text)
		if err == nil {
			return
		}
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			w.rec.Say(activity.Error, "bad JSON log message from the derivation builder: "+err.Error())
		} else {
			w.rec.Warn("Unable to handle a JSON message from the derivation builder: " + err.Error())
		}
	}
	w.tail.Add(line)
	if w.act != nil {
		w.act.Report(activity.LogLine{Line: string(line)})
	}
}

// message is what a builder may tell: its phase, messages, and the progress of downloads.
type message struct {
	Action string
	Phase  *string
	ID     uint64
	Type   uint16
	Level  int
	Text   string
	Msg    *string
	Fields []json.RawMessage
}

func (w *watcher) message(text []byte) error {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	switch m.Action {
	case "":
		return errors.New("no action")
	case "setPhase":
		if m.Phase == nil {
			return errors.New("no phase")
		}
		w.act.Report(activity.Phase{Name: *m.Phase})
	case "msg":
		if m.Msg == nil {
			return errors.New("no msg")
		}
		w.rec.Say(activity.Level(max(0, min(m.Level, int(activity.Vomit)))), *m.Msg)
	case "start":
		// Builders are not trusted with more than this kind.
		if activity.Kind(m.Type) == activity.FileTransfer {
			w.acts[m.ID] = w.act.Start(activity.FileTransfer, activity.Level(max(0, min(m.Level, int(activity.Vomit)))), m.Text, fields(m.Fields)...)
		}
	case "stop":
		w.acts[m.ID].Stop()
		delete(w.acts, m.ID)
	case "result":
		if a, ok := w.acts[m.ID]; ok {
			reportProgress(a, m.Type, fields(m.Fields))
		}
	}
	return nil
}

// reportProgress passes on the one result that downloads have.
func reportProgress(a *activity.Activity, code uint16, f []activity.Field) {
	if code == (activity.Progress{}).Code() && len(f) == 4 {
		a.Report(activity.Progress{Done: f[0].Number, Expected: f[1].Number, Running: f[2].Number, Failed: f[3].Number})
	}
}

func fields(raw []json.RawMessage) []activity.Field {
	var list []activity.Field
	for _, r := range raw {
		var n uint64
		var s string
		if json.Unmarshal(r, &n) == nil {
			list = append(list, activity.Number(n))
		} else if json.Unmarshal(r, &s) == nil {
			list = append(list, activity.Text(s))
		}
	}
	return list
}
