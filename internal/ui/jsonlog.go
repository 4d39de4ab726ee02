package ui

import (
	"io"
	"strconv"
	"unicode/utf8"

	"firn/internal/activity"
	"firn/internal/diag"
)

// jsonSink writes a JSON object a line, as Nix does for --log-format
// internal-json: keys in byte order, no blanks, text in UTF-8 with only what
// must be escaped.
type jsonSink struct {
	w        io.Writer
	prefix   string
	renderer *Renderer
	buf      []byte
	failed   bool
}

func (s *jsonSink) begin() { s.buf = append(s.buf[:0], s.prefix...) }

// end writes the line; after a failure nothing more is written.
func (s *jsonSink) end() {
	s.buf = append(s.buf, '}', '\n')
	if s.failed {
		return
	}
	if _, err := s.w.Write(s.buf); err != nil {
		s.failed = true
	}
}

func (s *jsonSink) raw(text string)  { s.buf = append(s.buf, text...) }
func (s *jsonSink) text(text string) { s.buf = appendJSON(s.buf, text) }
func (s *jsonSink) num(n uint64)     { s.buf = strconv.AppendUint(s.buf, n, 10) }

func (s *jsonSink) message(level activity.Level, text string) {
	s.begin()
	s.raw(`{"action":"msg","level":`)
	s.num(uint64(level))
	s.raw(`,"msg":`)
	s.text(text)
	s.end()
}

func (s *jsonSink) report(level activity.Level, e *diag.Error, fromExpr bool) {
	r := s.renderer
	if r == nil {
		r = &Renderer{}
	}
	at := r.resolve(e.Pos)
	s.begin()
	s.raw(`{"action":"msg"`)
	if fromExpr && !at.Valid() {
		// Nix: a warning from an expression has a position that is nowhere
		// instead of none (2.34.8; TestJSON).
		s.raw(`,"column":0,"file":"«none»:0","level":`)
		s.num(uint64(level))
		s.raw(`,"line":0`)
	} else {
		s.column(at)
		s.file(at)
		s.raw(`,"level":`)
		s.num(uint64(level))
		s.line(at)
	}
	s.raw(`,"msg":`)
	s.text(r.Report(level, e, fromExpr))
	s.raw(`,"raw_msg":`)
	s.text(e.Msg)
	if r.ShowTrace && len(e.Frames) > 0 {
		s.trace(r, e.Frames)
	}
	s.end()
}

// trace writes the frames, innermost first.
func (s *jsonSink) trace(r *Renderer, frames []diag.Frame) {
	s.raw(`,"trace":[`)
	for i := len(frames) - 1; i >= 0; i-- {
		at := r.resolve(frames[i].Pos)
		s.raw(`{`)
		before := len(s.buf)
		s.column(at)
		s.file(at)
		s.line(at)
		s.raw(`,"raw_msg":`)
		s.text(frames[i].Msg)
		s.raw(`}`)
		// No comma before the first key.
		s.buf = append(s.buf[:before], s.buf[before+1:]...)
		if i > 0 {
			s.raw(`,`)
		}
	}
	s.raw(`]`)
}

// The three keys of a position; null where there is none. Nix's "file" is the
// whole position, with line and column.
func (s *jsonSink) column(at diag.Position) {
	s.raw(`,"column":`)
	s.numOrNull(at, at.Column)
}

func (s *jsonSink) line(at diag.Position) {
	s.raw(`,"line":`)
	s.numOrNull(at, at.Line)
}

func (s *jsonSink) file(at diag.Position) {
	s.raw(`,"file":`)
	if !at.Valid() {
		s.raw("null")
		return
	}
	s.text(place(at))
}

func (s *jsonSink) numOrNull(at diag.Position, n int) {
	if !at.Valid() {
		s.raw("null")
		return
	}
	s.num(uint64(n))
}

func (s *jsonSink) activity(e activity.Event) {
	if r, ok := e.(activity.Result); ok && r.Data.Code() == 0 {
		return // not for others
	}
	s.begin()
	switch e := e.(type) {
	case activity.Started:
		s.raw(`{"action":"start"`)
		s.fields(e.Fields)
		s.raw(`,"id":`)
		s.num(uint64(e.ID))
		s.raw(`,"level":`)
		s.num(uint64(e.Level))
		s.raw(`,"parent":`)
		s.num(uint64(e.Parent))
		s.raw(`,"text":`)
		s.text(e.Text)
		s.raw(`,"type":`)
		s.num(uint64(e.Kind))
	case activity.Stopped:
		s.raw(`{"action":"stop","id":`)
		s.num(uint64(e.ID))
	case activity.Result:
		s.raw(`{"action":"result"`)
		s.fields(e.Data.Fields())
		s.raw(`,"id":`)
		s.num(uint64(e.ID))
		s.raw(`,"type":`)
		s.num(uint64(e.Data.Code()))
	default:
		return
	}
	s.end()
}

func (s *jsonSink) fields(list []activity.Field) {
	if len(list) == 0 {
		return
	}
	s.raw(`,"fields":[`)
	for i, f := range list {
		if i > 0 {
			s.raw(`,`)
		}
		if f.IsText {
			s.text(f.Text)
		} else {
			s.num(f.Number)
		}
	}
	s.raw(`]`)
}

func (s *jsonSink) clear() {}
func (s *jsonSink) draw()  {}
func (s *jsonSink) stop()  {}

// appendJSON appends s as a JSON string: quotes, backslashes and control
// characters escaped, bytes that are not UTF-8 replaced.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c >= 0x20:
				b = append(b, c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\t':
				b = append(b, '\\', 't')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c == '\b':
				b = append(b, '\\', 'b')
			case c == '\f':
				b = append(b, '\\', 'f')
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r) // an invalid byte is decoded as, and so becomes, U+FFFD
		i += size
	}
	return append(b, '"')
}
