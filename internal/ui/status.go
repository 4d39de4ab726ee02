package ui

import (
	"fmt"
	"strconv"
	"strings"

	"firn/internal/activity"
)

// status says in a few numbers how far everything is: running in blue, done in
// green, expected.
func (b *barSink) status() string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	add(b.counts(activity.Builds, " built"))
	paths, bytes := b.counts(activity.CopyPaths, " copied"), b.sizes(activity.CopyPath, "")
	if paths != "" || bytes != "" {
		if paths == "" {
			paths = "0 copied"
		}
		s := paths
		if bytes != "" {
			s += " (" + bytes + ")"
		}
		add(s)
	}
	add(b.sizes(activity.FileTransfer, " DL"))
	if s := b.counts(activity.OptimiseStore, " paths optimised"); s != "" {
		add(fmt.Sprintf("%s, %s / %d inodes freed", s, Size(b.freed), b.linked))
	}
	add(b.counts(activity.VerifyPaths, " paths verified"))
	if b.corrupted > 0 {
		add(fmt.Sprintf(red+"%d corrupted"+normal, b.corrupted))
	}
	if b.untrusted > 0 {
		add(fmt.Sprintf(red+"%d untrusted"+normal, b.untrusted))
	}
	return strings.Join(parts, ", ")
}

// sum adds up what is over and what is under way of a kind.
func (b *barSink) sum(kind activity.Kind) activity.Progress {
	t := b.total(kind)
	p := activity.Progress{Done: t.done, Expected: t.done, Failed: t.failed}
	for _, a := range b.live {
		if a.kind == kind {
			p.Done += a.progress.Done
			p.Expected += a.progress.Expected
			p.Running += a.progress.Running
			p.Failed += a.progress.Failed
		}
	}
	p.Expected = max(p.Expected, t.expected)
	return p
}

// counts prints the numbers of a kind, running/done/expected, and what they count.
func (b *barSink) counts(kind activity.Kind, item string) string {
	return numbers(b.sum(kind), func(n uint64) string { return strconv.FormatUint(n, 10) }, "", item)
}

// sizes prints the numbers of a kind as sizes, in one unit if they share it.
func (b *barSink) sizes(kind activity.Kind, item string) string {
	p := b.sum(kind)
	shown := []uint64{p.Done}
	if p.Running > 0 {
		shown = append(shown, p.Running)
	}
	if p.Expected > 0 && (p.Running > 0 || p.Expected != p.Done) {
		shown = append(shown, p.Expected)
	}
	unit, common := commonUnit(shown...)
	if !common {
		return numbers(p, Size, "", item)
	}
	return numbers(p, func(n uint64) string { return inUnit(n, unit) }, fmt.Sprintf(" %ciB", units[unit]), item)
}

// numbers prints what of a progress is not obvious. Nothing at all is "".
func numbers(p activity.Progress, show func(uint64) string, unit, item string) string {
	if p.Running == 0 && p.Done == 0 && p.Expected == 0 && p.Failed == 0 {
		return ""
	}
	done := green + show(p.Done) + normal
	var s string
	switch {
	case p.Running > 0:
		s = blue + show(p.Running) + normal + "/" + done
		if p.Expected > 0 {
			s += "/" + show(p.Expected)
		}
	case p.Expected != p.Done && p.Expected > 0:
		s = done + "/" + show(p.Expected)
	case p.Done > 0 || p.Expected != p.Done:
		s = done
	default:
		s = show(p.Done)
	}
	s += unit + item
	if p.Failed > 0 {
		s += " (" + red + show(p.Failed) + unit + " failed" + normal + ")"
	}
	return s
}
