package ui

import (
	"io"
	"sync"

	"firn/internal/activity"
	"firn/internal/diag"
)

// A Format names a way to show messages and activities.
type Format string

const (
	Raw         Format = "raw"
	RawWithLogs Format = "raw-with-logs"
	JSON        Format = "internal-json"
	Bar         Format = "bar"
	BarWithLogs Format = "bar-with-logs"

	// Ours: all that is under way, builds below what waits for them.
	Tree         Format = "tree"
	TreeWithLogs Format = "tree-with-logs"
)

// Formats lists what --log-format takes.
func Formats() []Format {
	return []Format{Raw, RawWithLogs, JSON, Bar, BarWithLogs, Tree, TreeWithLogs}
}

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
	}
	return "", diag.New(diag.InvalidSetting, "option 'log-format' has an invalid value '%s'", name)
}

// Options say where a Logger writes and what.
type Options struct {
	Err      io.Writer // where messages go
	Out      io.Writer // where results go
	Terminal Terminal  // what Err understands
	Format   Format
	Level    activity.Level // what is louder is dropped
	Systemd  bool           // put the level in front of each line as systemd's journal reads it
	Renderer *Renderer
	// Record, if there is one, gets everything as JSON as well, whatever the
	// format is.
	Record io.Writer
}

// A Logger shows messages, errors and activities. It may be called from any
// goroutine; [Logger.Stop] ends it.
type Logger struct {
	options Options

	mu     sync.Mutex
	shown  sink
	record *jsonSink // nil for none
}

// A sink is one format. Its methods are called with the logger's lock held.
type sink interface {
	message(level activity.Level, text string)
	report(level activity.Level, e *diag.Error, fromExpr bool)
	activity(e activity.Event)
	// clear makes room for other output; draw brings back what was cleared.
	clear()
	draw()
	stop()
}

// NewLogger returns a logger.
func NewLogger(o Options) *Logger {
	l := &Logger{options: o}
	l.shown = l.open(o.Format)
	if o.Record != nil {
		l.record = &jsonSink{w: o.Record, renderer: o.Renderer}
	}
	return l
}

func (l *Logger) open(f Format) sink {
	o := &l.options
	switch f {
	case JSON:
		return &jsonSink{w: o.Err, prefix: "@nix ", renderer: o.Renderer}
	case Bar, BarWithLogs, Tree, TreeWithLogs:
		return newBar(l, f == BarWithLogs || f == TreeWithLogs, f == Tree || f == TreeWithLogs)
	}
	return &rawSink{o: o, logs: f == RawWithLogs}
}

// SetFormat changes the format from here on.
func (l *Logger) SetFormat(f Format) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown.stop()
	l.options.Format = f
	l.shown = l.open(f)
}

// ShowLogs shows what builders print, for formats that can do with and without.
func (l *Logger) ShowLogs() {
	switch l.options.Format {
	case Raw:
		l.SetFormat(RawWithLogs)
	case Bar:
		l.SetFormat(BarWithLogs)
	case Tree:
		l.SetFormat(TreeWithLogs)
	}
}

// ShowsLogs tells whether what builders print is shown, or passed on, as it comes.
func (l *Logger) ShowsLogs() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.options.Format
	return f != Raw && f != Bar && f != Tree
}

// SetLevel changes what is dropped.
func (l *Logger) SetLevel(level activity.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.options.Level = level
}

// Level returns what is still shown.
func (l *Logger) Level() activity.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.options.Level
}

// Renderer returns how errors are rendered; it may be changed until the first
// error.
func (l *Logger) Renderer() *Renderer { return l.options.Renderer }

// SetRecord sends everything to w as well, as JSON.
func (l *Logger) SetRecord(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record = &jsonSink{w: w, renderer: l.options.Renderer}
}

// Say shows a message of a level.
func (l *Logger) Say(level activity.Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say(level, text)
}

// say passes a message on. What is too loud is dropped here, whatever the format
// is; warnings that are too loud are left to the format, because records have
// them all.
func (l *Logger) say(level activity.Level, text string) {
	if level > activity.Warn && level > l.options.Level {
		return
	}
	l.shown.message(level, text)
	if l.record != nil {
		l.record.message(level, text)
	}
}

// Warn shows a warning; text is without prefix.
func (l *Logger) Warn(text string) {
	l.Say(activity.Warn, warning+"warning:"+normal+" "+text)
}

// Error shows an error.
func (l *Logger) Error(err error) { l.report(activity.Error, diag.As(err), false) }

// Report shows an error as a message of another level, such as the warning that
// an expression asked for (fromExpr).
func (l *Logger) Report(level activity.Level, err error, fromExpr bool) {
	l.report(level, diag.As(err), fromExpr)
}

func (l *Logger) report(level activity.Level, e *diag.Error, fromExpr bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown.report(level, e, fromExpr)
	if l.record != nil {
		l.record.report(level, e, fromExpr)
	}
}

// Emit shows an event; it makes a Logger an [activity.Sink].
func (l *Logger) Emit(e activity.Event) {
	if f, ok := e.(activity.Failure); ok {
		l.Error(f.Err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := e.(activity.Message); ok {
		l.say(m.Level, m.Text)
		return
	}
	l.shown.activity(e)
	if l.record != nil {
		l.record.activity(e)
	}
}

// Stdout returns a writer for results: it makes room for them first.
func (l *Logger) Stdout() io.Writer { return resultWriter{l} }

type resultWriter struct{ l *Logger }

func (w resultWriter) Write(p []byte) (int, error) {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.shown.clear()
	n, err := w.l.options.Out.Write(p)
	w.l.shown.draw()
	return n, err
}

// Suspend clears the status line until resume is called, so that something else
// may use the terminal.
func (l *Logger) Suspend() (resume func()) {
	l.mu.Lock()
	l.shown.clear()
	b, _ := l.shown.(*barSink)
	if b != nil {
		b.suspended++
	}
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if b != nil {
			b.suspended--
		}
		l.shown.draw()
	}
}

// Stop takes the status line away. Messages are still shown.
func (l *Logger) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown.stop()
}
