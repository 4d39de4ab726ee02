package activity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

type list struct{ events []Event }

func (l *list) Emit(e Event) { l.events = append(l.events, e) }

func TestEventsInOrder(t *testing.T) {
	var l list
	r := NewRecorder(&l, 41)
	top := r.Start(CopyPaths, Info, "copying 2 paths")
	one := top.Start(CopyPath, Info, "copying a", Text("a"), Text("file:///x"), Text("local"))
	one.Report(Progress{Done: 1, Expected: 2})
	one.Stop()
	top.Say(Warn, "odd")
	top.Stop()
	want := []Event{
		Started{ID: 42, Kind: CopyPaths, Level: Info, Text: "copying 2 paths"},
		Started{ID: 43, Parent: 42, Kind: CopyPath, Level: Info, Text: "copying a",
			Fields: []Field{Text("a"), Text("file:///x"), Text("local")}},
		Result{ID: 43, Data: Progress{Done: 1, Expected: 2}},
		Stopped{ID: 43},
		Message{Level: Warn, Text: "odd"},
		Stopped{ID: 42},
	}
	if d := cmp.Diff(want, l.events); d != "" {
		t.Error(d)
	}
}

func TestNilDiscards(t *testing.T) {
	var r *Recorder
	r.Say(Error, "x")
	a := r.Start(Build, Info, "x")
	a.Start(Build, Info, "y").Stop()
	a.Report(Phase{Name: "p"})
	a.Say(Error, "x")
	a.Stop()
	if a.ID() != 0 {
		t.Errorf("id %d of a discarded activity", a.ID())
	}
}

func TestResultNumbers(t *testing.T) {
	for _, c := range []struct {
		data   Data
		code   uint16
		fields []Field
	}{
		{FileLinked{Bytes: 5, Blocks: 8}, 100, []Field{Number(5), Number(8)}},
		{LogLine{"l"}, 101, []Field{Text("l")}},
		{UntrustedPath{"p"}, 102, []Field{Text("p")}},
		{CorruptedPath{"p"}, 103, []Field{Text("p")}},
		{Phase{"buildPhase"}, 104, []Field{Text("buildPhase")}},
		{Progress{1, 2, 3, 4}, 105, []Field{Number(1), Number(2), Number(3), Number(4)}},
		{Expected{CopyPath, 9}, 106, []Field{Number(100), Number(9)}},
		{HookLine{"l"}, 107, []Field{Text("l")}},
		{FetchStatus{"s"}, 108, []Field{Text("s")}},
		{FetchedToStore{"p"}, 109, []Field{Text("p")}},
	} {
		if c.data.Code() != c.code {
			t.Errorf("%T: code %d, want %d", c.data, c.data.Code(), c.code)
		}
		if d := cmp.Diff(c.fields, c.data.Fields()); d != "" {
			t.Errorf("%T: %s", c.data, d)
		}
	}
}
