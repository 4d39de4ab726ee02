package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firn/internal/activity"
)

// What the tree takes of the terminal: at most half of it, and no more lines than
// a person reads at a glance.
const (
	maxTreeLines     = 16
	unknownHeight    = 24
	unknownWidth     = 80
	elapsedFrom      = time.Second // how old an activity is before its age is shown
	redrawUnderWay   = time.Second
	rememberedRate   = 0.7
	rateMeasuredOver = 500 * time.Millisecond
)

// treeView is what the formats with a tree have besides a bar.
type treeView struct {
	tree *tree
	rate rate
}

// block returns the lines to show, the status last.
func (b *barSink) block() []string {
	if b.view == nil {
		return []string{b.line()}
	}
	acts := b.visible()
	running := b.view.running(acts)
	status := b.overall(time.Now(), len(running))
	if len(acts) <= 1 && !b.view.tree.anyWaiting(running) {
		if len(acts) == 1 {
			status = strings.TrimSpace(status + " " + b.describeNow(acts[0]))
		}
		return []string{status}
	}
	lines := b.branches(acts, running)
	if status != "" {
		lines = append(lines, status)
	}
	return lines
}

// visible are the activities to show, oldest first; one that has not settled yet
// makes the block be drawn again.
func (b *barSink) visible() []*act {
	var list []*act
	for _, a := range b.live {
		switch {
		case a.hidden || a.text == "" && a.last == "":
		case time.Since(a.began) < settle:
			b.schedule()
		default:
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(x, y *act) int { return x.began.Compare(y.began) })
	return list
}

// running finds the nodes of builds under way.
func (v *treeView) running(acts []*act) map[*node]*act {
	found := map[*node]*act{}
	for _, a := range acts {
		if n := v.tree.nodes[v.tree.name(a.drv)]; a.drv != "" && n != nil {
			found[n] = a
		}
	}
	return found
}

func (t *tree) anyWaiting(running map[*node]*act) bool { return len(t.nodes) > len(running) }

// branches draws the activities: builds as a tree, then the others.
func (b *barSink) branches(acts []*act, running map[*node]*act) []string {
	height := unknownHeight
	if b.l.options.Terminal.Height != nil {
		if h := b.l.options.Terminal.Height(); h > 0 {
			height = h
		}
	}
	most := max(1, min(maxTreeLines, height/2))
	var nodes []*node
	var others []*act
	for _, a := range acts {
		if n := b.view.tree.nodes[b.view.tree.name(a.drv)]; a.drv != "" && n != nil {
			nodes = append(nodes, n)
		} else {
			others = append(others, a)
		}
	}
	var lines []string
	for _, n := range b.view.tree.forest(nodes, max(1, most-len(others))) {
		lines = b.branch(lines, n, running, "", "")
	}
	for _, a := range others {
		lines = append(lines, blue+"▸"+normal+" "+b.describeNow(a))
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], faint+"… and "+strconv.Itoa(more)+" more"+normal)
	}
	return lines
}

// branch adds the line of a node and those below it. first stands before its line,
// rest before the others.
func (b *barSink) branch(lines []string, n *node, running map[*node]*act, first, rest string) []string {
	if a := running[n]; a != nil {
		lines = append(lines, first+blue+"▸"+normal+" "+b.describeNow(a))
	} else {
		line := first + faint + "◦ " + normal + drvName(n.drv)
		if waits := b.view.tree.waitsFor(n); waits > len(n.below) {
			line += faint + " waits for " + count(waits, "build") + normal
		}
		lines = append(lines, line)
	}
	slices.SortFunc(n.below, byOrder)
	for i, m := range n.below {
		if i == len(n.below)-1 {
			lines = b.branch(lines, m, running, rest+"└─ ", rest+"   ")
		} else {
			lines = b.branch(lines, m, running, rest+"├─ ", rest+"│  ")
		}
	}
	return lines
}

// describeNow says of an activity what it is, its phase, how far it is or how long
// it has been going on and will, and its latest line.
func (b *barSink) describeNow(a *act) string {
	s := a.text
	if a.phase != "" {
		s += " (" + a.phase + ")"
	}
	elapsed := time.Since(a.began)
	p := b.bytesBelow(a)
	switch estimate := b.estimate(a); {
	case p.Expected > 0 && p.Done <= p.Expected:
		s += faint + " " + Size(p.Done) + " of " + Size(p.Expected) + normal
	case elapsed >= elapsedFrom && estimate > 0:
		s += faint + " " + duration(elapsed) + " of about " + duration(estimate) + normal
	case elapsed >= elapsedFrom:
		s += faint + " " + duration(elapsed) + normal
	}
	if a.last != "" {
		if s != "" {
			s += ": "
		}
		s += a.last
	}
	return s
}

// bytesBelow is how far the copying is that an activity is or consists of.
func (b *barSink) bytesBelow(a *act) activity.Progress {
	switch a.kind {
	case activity.CopyPath, activity.FileTransfer:
		return a.progress
	case activity.Substitute:
		for _, c := range b.live {
			if c.parent == a.id && c.kind == activity.CopyPath {
				return c.progress
			}
		}
	}
	return activity.Progress{}
}

func (b *barSink) estimate(a *act) time.Duration {
	if n := b.view.tree.nodes[b.view.tree.name(a.drv)]; n != nil {
		return n.estimate
	}
	return 0
}

// overall is the status with the rate of copying and the time that is left.
func (b *barSink) overall(now time.Time, jobs int) string {
	status := b.status()
	if rate := b.rateNow(now); rate != "" {
		status += ", " + rate
	}
	if status != "" {
		status = "[" + status + "]"
	}
	t := b.view.tree
	if left := t.timeLeft(now, jobs, b.elapsed); left >= elapsedFrom {
		status += faint + " about " + duration(left) + " left" + normal
	}
	return status
}

// elapsed is how long the build of a node is under way.
func (b *barSink) elapsed(n *node) time.Duration {
	for _, a := range b.live {
		if a.kind == activity.Build && b.view.tree.name(a.drv) == n.drv {
			return time.Since(a.began)
		}
	}
	return 0
}

// rateNow says how fast bytes come and when they will all be there: those that are
// transferred, or else those that are copied.
func (b *barSink) rateNow(now time.Time) string {
	p := b.sum(activity.FileTransfer)
	if p.Done == 0 {
		p = b.sum(activity.CopyPath)
	}
	speed := b.view.rate.at(now, p.Done)
	if speed < 1 || p.Done >= p.Expected {
		return ""
	}
	s := Size(uint64(speed)) + "/s"
	if left := time.Duration(float64(p.Expected-p.Done) / speed * float64(time.Second)); left >= elapsedFrom {
		s += ", " + duration(left) + " left"
	}
	return s
}

// rate follows how fast a number grows.
type rate struct {
	done  uint64
	since time.Time
	speed float64 // a second
}

// at returns the speed now, of the last seconds above all.
func (r *rate) at(now time.Time, done uint64) float64 {
	if r.since.IsZero() || done < r.done {
		*r = rate{done: done, since: now}
		return 0
	}
	passed := now.Sub(r.since)
	if passed < rateMeasuredOver {
		return r.speed
	}
	speed := float64(done-r.done) / passed.Seconds()
	if r.speed > 0 {
		speed = rememberedRate*r.speed + (1-rememberedRate)*speed
	}
	*r = rate{done, now, speed}
	return r.speed
}

// duration prints how long something takes: "7s", "3m12s", "2h05m".
func duration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return strconv.Itoa(s) + "s"
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
}

// drvName is the name of a derivation without its directory, digest and extension.
func drvName(drv string) string { return strings.TrimSuffix(pathName(drv), ".drv") }
