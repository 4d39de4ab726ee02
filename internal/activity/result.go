package activity

import "time"

// Field is a number or a text that goes out with an event.
type Field struct {
	Text   string
	Number uint64
	IsText bool
}

// Text makes a field of s.
func Text(s string) Field { return Field{Text: s, IsText: true} }

// Number makes a field of n.
func Number(n uint64) Field { return Field{Number: n} }

// Data is what a [Result] carries: one of the types below.
type Data interface {
	// Code is the number by which tools and peers know this result, 0 for one
	// that is not for them.
	Code() uint16
	// Fields are the result's values in the order they are sent.
	Fields() []Field
}

// Progress tells how far an activity is. Zero Expected means unknown.
type Progress struct{ Done, Expected, Running, Failed uint64 }

// Expected tells how much work of a kind lies ahead below an activity: bytes
// for transfers and copies, items for the rest.
type Expected struct {
	Kind   Kind
	Amount uint64
}

// FileLinked tells that a file was replaced by a hard link.
type FileLinked struct{ Bytes, Blocks uint64 }

// LogLine is a line that a builder printed, without its line end.
type LogLine struct{ Line string }

// HookLine is a line that a post-build hook printed.
type HookLine struct{ Line string }

// Phase tells which phase a builder has entered.
type Phase struct{ Name string }

// UntrustedPath tells that a path lacks a trusted signature.
type UntrustedPath struct{ Path string }

// CorruptedPath tells that a path's contents differ from its hash.
type CorruptedPath struct{ Path string }

// FetchStatus tells what a fetcher is doing.
type FetchStatus struct{ Text string }

// FetchedToStore tells where a source ended up.
type FetchedToStore struct{ Path string }

// Ahead tells that a derivation has to be built, before it is, or that this is
// Over. It is for displays in this process alone: its code is zero, and what
// passes events on to others leaves it out.
type Ahead struct {
	Drv      string        // full path
	For      string        // the derivation that Drv is with its inputs put in place, or ""
	Needs    []string      // derivations it waits for, built or not
	Estimate time.Duration // how long it will probably take; 0 if nobody knows
	Over     bool          // built, failed, or not needed after all; only Drv and For are set
}

func (Ahead) Code() uint16          { return 0 }
func (FileLinked) Code() uint16     { return 100 }
func (LogLine) Code() uint16        { return 101 }
func (UntrustedPath) Code() uint16  { return 102 }
func (CorruptedPath) Code() uint16  { return 103 }
func (Phase) Code() uint16          { return 104 }
func (Progress) Code() uint16       { return 105 }
func (Expected) Code() uint16       { return 106 }
func (HookLine) Code() uint16       { return 107 }
func (FetchStatus) Code() uint16    { return 108 }
func (FetchedToStore) Code() uint16 { return 109 }

func (d Ahead) Fields() []Field          { return nil }
func (d FileLinked) Fields() []Field     { return []Field{Number(d.Bytes), Number(d.Blocks)} }
func (d LogLine) Fields() []Field        { return []Field{Text(d.Line)} }
func (d UntrustedPath) Fields() []Field  { return []Field{Text(d.Path)} }
func (d CorruptedPath) Fields() []Field  { return []Field{Text(d.Path)} }
func (d Phase) Fields() []Field          { return []Field{Text(d.Name)} }
func (d HookLine) Fields() []Field       { return []Field{Text(d.Line)} }
func (d FetchStatus) Fields() []Field    { return []Field{Text(d.Text)} }
func (d FetchedToStore) Fields() []Field { return []Field{Text(d.Path)} }

func (d Expected) Fields() []Field {
	return []Field{Number(uint64(d.Kind)), Number(d.Amount)}
}

func (d Progress) Fields() []Field {
	return []Field{Number(d.Done), Number(d.Expected), Number(d.Running), Number(d.Failed)}
}
