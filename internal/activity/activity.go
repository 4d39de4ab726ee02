// Package activity carries what long work has to say while it runs: typed
// events, and the [Sink] they go to.
//
// Work that takes time opens an [Activity] under a [Recorder], reports progress
// on it and closes it; everything becomes an [Event] for the one sink, which
// draws a status line, prints records, or forwards to a peer. Nothing here
// formats, prints or filters.
//
// Kinds and results carry the numbers that Nix gives them: tools that read
// "--log-format internal-json", and peers of the daemon protocol, know them by
// number. An event's fields go out in the order that [Started.Fields] and the
// result's Fields method give.
//
// A nil *Recorder and a nil *Activity are valid and discard everything, so
// callers hand them on without asking.
package activity

import "sync/atomic"

// Level says how loud a message is; sinks drop what is louder than wanted.
type Level uint8

const (
	Error Level = iota
	Warn
	Notice
	Info
	Talkative
	Chatty
	Debug
	Vomit
)

// Kind is what an activity does.
type Kind uint16

const (
	Unknown       Kind = 0
	CopyPath      Kind = 100 // fields: path, source URI, destination URI
	FileTransfer  Kind = 101 // fields: URI
	Realise       Kind = 102
	CopyPaths     Kind = 103
	Builds        Kind = 104
	Build         Kind = 105 // fields: derivation, machine, round, rounds
	OptimiseStore Kind = 106
	VerifyPaths   Kind = 107
	Substitute    Kind = 108 // fields: path, URI
	QueryPathInfo Kind = 109 // fields: path, URI
	PostBuildHook Kind = 110 // fields: derivation
	BuildWaiting  Kind = 111 // fields: derivation, resolved derivation
	FetchTree     Kind = 112
	FetchToStore  Kind = 113 // fields: source path, 1 if only hashed
)

// ID names an activity within one process's events. Zero is no activity.
type ID uint64

// Event is one of [Message], [Started], [Result] and [Stopped].
type Event interface{ event() }

// Message is a line for the reader, not tied to an activity.
type Message struct {
	Level Level
	Text  string
}

// Started opens an activity.
type Started struct {
	ID     ID
	Parent ID
	Kind   Kind
	Level  Level
	Text   string
	Fields []Field
}

// Result is something an open activity has to report.
type Result struct {
	ID   ID
	Data Data
}

// Stopped closes an activity.
type Stopped struct{ ID ID }

// Failure is an error of something that others go on after.
type Failure struct{ Err error }

func (Message) event() {}
func (Failure) event() {}
func (Started) event() {}
func (Result) event()  {}
func (Stopped) event() {}

// Sink takes events. It is called from any goroutine, keeps nothing that
// belongs to the caller, and returns quickly: work waits for it.
type Sink interface {
	Emit(Event)
}

// Recorder makes activities for one sink and numbers them.
type Recorder struct {
	sink Sink
	last atomic.Uint64
}

// NewRecorder returns a recorder into sink. IDs count up from first+1; a
// process that shares its sink with others passes a number of its own
// (Nix: process id << 32).
func NewRecorder(sink Sink, first ID) *Recorder {
	r := &Recorder{sink: sink}
	r.last.Store(uint64(first))
	return r
}

// Say emits a message.
func (r *Recorder) Say(level Level, text string) {
	if r == nil {
		return
	}
	r.sink.Emit(Message{Level: level, Text: text})
}

// Warn says a warning, with the word in front as Nix writes it; whoever shows it
// takes colours off where there are none.
func (r *Recorder) Warn(text string) { r.Say(Warn, "\x1b[35;1mwarning:\x1b[0m "+text) }

// Fail tells of an error after which work goes on.
func (r *Recorder) Fail(err error) {
	if r != nil {
		r.sink.Emit(Failure{err})
	}
}

// Start opens an activity without parent.
func (r *Recorder) Start(kind Kind, level Level, text string, fields ...Field) *Activity {
	return r.start(0, kind, level, text, fields)
}

func (r *Recorder) start(parent ID, kind Kind, level Level, text string, fields []Field) *Activity {
	if r == nil {
		return nil
	}
	id := ID(r.last.Add(1))
	r.sink.Emit(Started{ID: id, Parent: parent, Kind: kind, Level: level, Text: text, Fields: fields})
	return &Activity{recorder: r, id: id}
}

// Activity is work under way. Its methods may be called from any goroutine.
type Activity struct {
	recorder *Recorder
	id       ID
}

// ID returns the activity's number, zero if events are discarded.
func (a *Activity) ID() ID {
	if a == nil {
		return 0
	}
	return a.id
}

// Start opens an activity below a.
func (a *Activity) Start(kind Kind, level Level, text string, fields ...Field) *Activity {
	if a == nil {
		return nil
	}
	return a.recorder.start(a.id, kind, level, text, fields)
}

// Say emits a message through a's recorder.
func (a *Activity) Say(level Level, text string) {
	if a != nil {
		a.recorder.Say(level, text)
	}
}

// Report emits a result of a.
func (a *Activity) Report(d Data) {
	if a != nil {
		a.recorder.sink.Emit(Result{ID: a.id, Data: d})
	}
}

// Stop closes a. It is called once.
func (a *Activity) Stop() {
	if a != nil {
		a.recorder.sink.Emit(Stopped{ID: a.id})
	}
}
