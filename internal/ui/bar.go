package ui

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/diag"
)

// The status line is drawn at most every redrawEvery, and an activity shows up
// in it only when it has lasted for settle: most are shorter.
const (
	redrawEvery = 50 * time.Millisecond
	settle      = 10 * time.Millisecond
)

// barSink keeps the bottom of the terminal up to date: one line with how much of
// everything is done and the latest activity, or a block of lines with all of
// them. Where there is no terminal it is like rawSink but for what it says of
// builds.
type barSink struct {
	l    *Logger
	logs bool
	view *treeView // nil for one line

	live      []*act // in the order of their latest sign of life
	totals    map[activity.Kind]*totals
	linked    uint64 // files replaced by hard links
	freed     uint64 // bytes saved by it
	corrupted uint64
	untrusted uint64

	drawn     []string // what stands there
	lastDraw  time.Time
	timer     *time.Timer // of a draw to come, or nil
	tick      *time.Timer // of a draw that only time makes necessary, or nil
	suspended int
	stopped   bool
}

// act is an activity under way.
type act struct {
	id, parent activity.ID
	kind       activity.Kind
	text       string
	drv        string // what is built, or ""
	name       string // in front of log lines
	phase      string
	last       string // its latest line
	hidden     bool
	began      time.Time
	progress   activity.Progress
	expected   map[activity.Kind]uint64
}

// totals are what activities of a kind that are over have done, and what is
// expected of the kind at all.
type totals struct{ done, expected, failed uint64 }

func newBar(l *Logger, logs, tree bool) *barSink {
	b := &barSink{l: l, logs: logs, totals: map[activity.Kind]*totals{}}
	if tree {
		b.view = &treeView{tree: newTree()}
	}
	return b
}

func (b *barSink) total(k activity.Kind) *totals {
	t := b.totals[k]
	if t == nil {
		t = &totals{}
		b.totals[k] = t
	}
	return t
}

func (b *barSink) active() bool {
	return b.l.options.Terminal.Live && !b.stopped && b.suspended == 0
}

func (b *barSink) message(level activity.Level, text string) {
	if level > b.l.options.Level {
		return
	}
	b.clear()
	line := filter(text, !b.l.options.Terminal.Colour, 0)
	if b.active() {
		line += normal
	}
	io.WriteString(b.l.options.Err, line+"\n")
	b.draw()
}

func (b *barSink) report(level activity.Level, e *diag.Error, fromExpr bool) {
	b.message(level, render(b.l.options.Renderer, level, e, fromExpr))
}

func (b *barSink) activity(e activity.Event) {
	switch e := e.(type) {
	case activity.Started:
		b.start(e)
	case activity.Stopped:
		b.end(e.ID)
	case activity.Result:
		if a := b.find(e.ID); a != nil {
			b.result(a, e.Data)
		}
	}
	b.schedule()
}

func (b *barSink) find(id activity.ID) *act {
	for i := len(b.live) - 1; i >= 0; i-- {
		if b.live[i].id == id {
			return b.live[i]
		}
	}
	return nil
}

func (b *barSink) start(e activity.Started) {
	if e.Text != "" && e.Kind != activity.BuildWaiting {
		b.message(e.Level, e.Text+"...")
	}
	a := &act{id: e.ID, parent: e.Parent, kind: e.Kind, text: e.Text, began: time.Now()}
	b.describe(a, e.Fields)
	b.live = append(b.live, a)
}

// describe gives an activity the words that the status line has for it.
func (b *barSink) describe(a *act, fields []activity.Field) {
	first, second := textField(fields, 0), textField(fields, 1)
	switch a.kind {
	case activity.Build:
		name := strings.TrimSuffix(pathName(first), ".drv")
		a.text, a.name, a.drv = "building "+bold+name+normal, packageName(name), first
		if second != "" {
			a.text += " on " + bold + second + normal
		}
	case activity.PostBuildHook:
		name := strings.TrimSuffix(pathName(first), ".drv")
		a.text, a.name = "post-build "+bold+name+normal, packageName(name)
	case activity.Substitute:
		verb := "fetching "
		if strings.HasPrefix(second, "local") {
			verb = "copying "
		}
		a.text = verb + bold + pathName(first) + normal + " from " + second
	case activity.QueryPathInfo:
		a.text = "querying " + bold + pathName(first) + normal + " on " + second
	case activity.FileTransfer:
		a.hidden = b.below(a.parent, activity.CopyPath) || b.below(a.parent, activity.QueryPathInfo)
	case activity.CopyPath:
		a.hidden = b.below(a.parent, activity.Substitute)
	}
}

// below tells whether id or what it is part of is of a kind.
func (b *barSink) below(id activity.ID, kind activity.Kind) bool {
	for id != 0 {
		a := b.find(id)
		if a == nil {
			return false
		}
		if a.kind == kind {
			return true
		}
		id = a.parent
	}
	return false
}

func (b *barSink) end(id activity.ID) {
	i := slices.IndexFunc(b.live, func(a *act) bool { return a.id == id })
	if i < 0 {
		return
	}
	a := b.live[i]
	if b.view != nil {
		b.view.tree.forget(id)
	}
	t := b.total(a.kind)
	t.done += a.progress.Done
	t.failed += a.progress.Failed
	for kind, n := range a.expected {
		b.total(kind).expected -= n
	}
	b.live = slices.Delete(b.live, i, i+1)
}

func (b *barSink) result(a *act, data activity.Data) {
	switch d := data.(type) {
	case activity.FileLinked:
		b.linked++
		b.freed += d.Bytes
	case activity.LogLine:
		b.logLine(a, "> ", d.Line)
	case activity.HookLine:
		b.logLine(a, " (post)> ", d.Line)
	case activity.UntrustedPath:
		b.untrusted++
	case activity.CorruptedPath:
		b.corrupted++
	case activity.Phase:
		a.phase = d.Name
	case activity.Progress:
		a.progress = d
	case activity.Expected:
		if a.expected == nil {
			a.expected = map[activity.Kind]uint64{}
		}
		t := b.total(d.Kind)
		t.expected += d.Amount - a.expected[d.Kind]
		a.expected[d.Kind] = d.Amount
	case activity.FetchStatus:
		a.last = d.Text
	case activity.Ahead:
		if b.view != nil {
			b.view.tree.ahead(a.id, d)
		}
	}
}

// logLine shows a line of a builder, or makes its activity the latest.
func (b *barSink) logLine(a *act, mark, line string) {
	line = strings.TrimRight(line, blanks)
	if !b.logs {
		a.last = line
		i := slices.Index(b.live, a)
		b.live = append(slices.Delete(b.live, i, i+1), a)
		return
	}
	name := a.name
	if name == "" {
		name = "unnamed"
	}
	b.message(activity.Info, faint+name+mark+normal+line)
}

// schedule draws now, or as soon as enough time has passed.
func (b *barSink) schedule() {
	if !b.active() || b.timer != nil {
		return
	}
	wait := redrawEvery - time.Since(b.lastDraw)
	if wait <= 0 {
		wait = settle
	}
	b.timer = time.AfterFunc(wait, func() {
		b.l.mu.Lock()
		defer b.l.mu.Unlock()
		b.timer = nil
		b.draw()
	})
}

// draw writes the block if it differs from what stands there.
func (b *barSink) draw() {
	if !b.active() {
		return
	}
	b.lastDraw = time.Now()
	lines := b.block()
	width := b.l.options.Terminal.Width()
	if width <= 0 && b.view != nil {
		width = unknownWidth // a line that wraps would upset the block
	}
	for i, line := range lines {
		lines[i] = filter(line, false, width)
	}
	b.keepTime()
	if slices.Equal(lines, b.drawn) || len(b.drawn) == 0 && len(lines) == 1 && lines[0] == "" {
		return
	}
	var out strings.Builder
	if len(b.drawn) == 0 {
		out.WriteString("\x1b[?25l")
	}
	b.home(&out)
	for i, line := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString("\r" + line + normal + "\x1b[K")
	}
	if len(b.drawn) > len(lines) {
		out.WriteString("\x1b[J")
	}
	b.drawn = lines
	io.WriteString(b.l.options.Err, out.String())
}

// home goes to the first line of what stands there.
func (b *barSink) home(out *strings.Builder) {
	if len(b.drawn) > 1 {
		out.WriteString("\x1b[" + strconv.Itoa(len(b.drawn)-1) + "A")
	}
}

// keepTime draws again when time alone changes what is to be seen.
func (b *barSink) keepTime() {
	if b.view == nil || b.tick != nil || len(b.live) == 0 {
		return
	}
	b.tick = time.AfterFunc(redrawUnderWay, func() {
		b.l.mu.Lock()
		defer b.l.mu.Unlock()
		b.tick = nil
		b.draw()
	})
}

// clear takes the block away.
func (b *barSink) clear() {
	if len(b.drawn) == 0 {
		return
	}
	var out strings.Builder
	b.home(&out)
	out.WriteString("\r\x1b[K")
	if len(b.drawn) > 1 {
		out.WriteString("\x1b[J")
	}
	out.WriteString("\x1b[?25h")
	b.drawn = nil
	io.WriteString(b.l.options.Err, out.String())
}

func (b *barSink) stop() {
	b.clear()
	b.stopped = true
	for _, t := range []**time.Timer{&b.timer, &b.tick} {
		if *t != nil {
			(*t).Stop()
			*t = nil
		}
	}
}

// line puts the status and the latest activity together.
func (b *barSink) line() string {
	line := b.status()
	if line != "" {
		line = "[" + line + "]"
	}
	a := b.latest()
	if a == nil {
		return line
	}
	if line != "" {
		line += " "
	}
	line += a.text
	if a.phase != "" {
		line += " (" + a.phase + ")"
	}
	if a.last != "" {
		if a.text != "" {
			line += ": "
		}
		line += a.last
	}
	return line
}

// latest returns the activity to show. If there is a younger one that has not
// settled yet, the line is drawn again.
func (b *barSink) latest() *act {
	for i := len(b.live) - 1; i >= 0; i-- {
		a := b.live[i]
		if a.hidden || a.text == "" && a.last == "" {
			continue
		}
		if time.Since(a.began) >= settle {
			return a
		}
		b.schedule()
	}
	return nil
}

func textField(fields []activity.Field, i int) string {
	if i < len(fields) && fields[i].IsText {
		return fields[i].Text
	}
	return ""
}

// pathName returns the name in a store path: what stands after its digest.
func pathName(path string) string {
	path = path[strings.LastIndexByte(path, '/')+1:]
	_, name, _ := strings.Cut(path, "-")
	return name
}

// packageName is a name without its version, which begins at the first dash
// that no letter follows.
func packageName(name string) string {
	for i := 0; i+1 < len(name); i++ {
		if c := name[i+1]; name[i] == '-' && !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return name[:i]
		}
	}
	return name
}
