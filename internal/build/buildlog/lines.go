package buildlog

// Lines cuts output into lines as a terminal would show them: a carriage return that is not followed by
// a line feed starts the line over, so that of a progress bar only the last state remains. A line of more
// than maxLine bytes comes in pieces. It belongs to one goroutine.
type Lines struct {
	emit func(line []byte)
	line []byte
	at   int  // where the next byte goes; less than len(line) after a carriage return
	cr   bool // the last byte was a carriage return
}

// maxLine bounds the memory that a builder can make us take by never ending a line.
const maxLine = 256 << 10

// NewLines calls emit with each line, without its end. The slice is valid during the call.
func NewLines(emit func(line []byte)) *Lines { return &Lines{emit: emit} }

// Write takes output in pieces of any size and never fails.
func (l *Lines) Write(p []byte) (int, error) {
	for _, c := range p {
		if l.cr {
			l.cr = false
			if c != '\n' {
				l.at = 0
			}
		}
		switch {
		case c == '\r':
			l.cr = true
		case c == '\n':
			l.flush()
		case l.at < len(l.line):
			l.line[l.at] = c
			l.at++
		default:
			if len(l.line) == maxLine {
				l.flush()
			}
			l.line = append(l.line, c)
			l.at++
		}
	}
	return len(p), nil
}

// Flush emits a last line that has no end, once.
func (l *Lines) Flush() {
	if len(l.line) > 0 {
		l.flush()
	}
}

func (l *Lines) flush() {
	l.emit(l.line[:l.at])
	l.line, l.at = l.line[:0], 0
}

// A Tail remembers the last lines.
type Tail struct {
	lines []string
	next  int
	max   int
}

// NewTail remembers max lines.
func NewTail(max int) *Tail { return &Tail{max: max} }

// Add takes a line.
func (t *Tail) Add(line []byte) {
	switch {
	case t.max <= 0:
	case len(t.lines) < t.max:
		t.lines = append(t.lines, string(line))
	default:
		t.lines[t.next] = string(line)
		t.next = (t.next + 1) % t.max
	}
}

// Lines returns what is remembered, oldest first.
func (t *Tail) Lines() []string {
	return append(append([]string{}, t.lines[t.next:]...), t.lines[:t.next]...)
}
