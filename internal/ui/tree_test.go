package ui

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"firn/internal/activity"
	"firn/internal/diag"
)

// display is as much of a terminal as a block of lines needs.
type display struct {
	lines []string
	row   int
}

func (d *display) Write(p []byte) (int, error) {
	for s := string(p); s != ""; {
		switch {
		case s[0] == '\n':
			d.row++
			s = s[1:]
		case s[0] == '\r':
			d.line("")
			s = s[1:]
		case s[0] == 0x1b:
			end, _ := escape(s, 0)
			d.control(s[2:end-1], s[end-1])
			s = s[end:]
		default:
			end := strings.IndexAny(s, "\n\r\x1b")
			if end < 0 {
				end = len(s)
			}
			d.line(d.at() + s[:end])
			s = s[end:]
		}
	}
	return len(p), nil
}

func (d *display) at() string {
	for len(d.lines) <= d.row {
		d.lines = append(d.lines, "")
	}
	return d.lines[d.row]
}

func (d *display) line(s string) {
	d.at()
	d.lines[d.row] = s
}

func (d *display) control(args string, what byte) {
	switch what {
	case 'A':
		n, _ := strconv.Atoi(args)
		d.row -= n
	case 'J':
		d.lines = d.lines[:d.row+1]
	}
}

// shown is what is to be seen, from the first line on.
func (d *display) shown() []string {
	list := []string{}
	for _, l := range d.lines {
		list = append(list, strings.TrimRight(diag.Strip(l), " "))
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// treeBench runs a logger with a tree against a display.
type treeBench struct {
	t *testing.T
	l *Logger
	d display
	r *activity.Recorder
}

func newTreeBench(t *testing.T, height int) *treeBench {
	b := &treeBench{t: t}
	b.l = NewLogger(Options{Err: &b.d, Out: &b.d, Format: Tree, Level: activity.Notice,
		Terminal: Terminal{Live: true, Colour: true, Width: func() int { return 70 }, Height: func() int { return height }}})
	b.r = activity.NewRecorder(b.l, 0)
	return b
}

func (b *treeBench) after(d time.Duration, want ...string) {
	b.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	b.l.mu.Lock()
	defer b.l.mu.Unlock()
	if diff := cmp.Diff(want, b.d.shown()); diff != "" {
		b.t.Error(diff)
	}
}

func drv(name string) string { return "/nix/store/0-" + name + ".drv" }

func (b *treeBench) build(under *activity.Activity, name string) *activity.Activity {
	return under.Start(activity.Build, activity.Info, "building", activity.Text(drv(name)), activity.Text(""))
}

func TestTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTreeBench(t, 40)
		builds := b.r.Start(activity.Builds, activity.Debug, "")
		ahead := func(name string, estimate time.Duration, needs ...string) {
			for i, n := range needs {
				needs[i] = drv(n)
			}
			builds.Report(activity.Ahead{Drv: drv(name), Estimate: estimate, Needs: needs})
		}
		ahead("app-1", 10*time.Second, "lib-2", "tool-3", "there-0")
		ahead("lib-2", 30*time.Second, "cc-9")
		ahead("tool-3", 5*time.Second)
		ahead("cc-9", 100*time.Second)
		builds.Report(activity.Progress{Done: 0, Expected: 4, Running: 2})
		cc, tool := b.build(builds, "cc-9"), b.build(builds, "tool-3")
		cc.Report(activity.Phase{Name: "buildPhase"})
		cc.Report(activity.LogLine{Line: "cc -o cc"})
		b.after(20*time.Second+time.Second/10,
			"◦ app-1",
			"├─ ◦ lib-2",
			"│  └─ ▸ building cc-9 (buildPhase) 20s of about 1m40s: cc -o cc",
			"└─ ▸ building tool-3 20s of about 5s",
			"[2/0/4 built] about 2m00s left")

		// What is said goes above the block, and the block stays whole.
		b.l.Say(activity.Notice, "by the way")
		tool.Stop()
		builds.Report(activity.Ahead{Drv: drv("tool-3"), Over: true})
		builds.Report(activity.Progress{Done: 1, Expected: 4, Running: 1})
		b.after(1100*time.Millisecond,
			"by the way",
			"◦ app-1",
			"└─ ◦ lib-2",
			"   └─ ▸ building cc-9 (buildPhase) 21s of about 1m40s: cc -o cc",
			"[1/1/4 built] about 1m59s left")

		// The last one needs no tree.
		cc.Stop()
		for _, name := range []string{"cc-9", "lib-2"} {
			builds.Report(activity.Ahead{Drv: drv(name), Over: true})
		}
		builds.Report(activity.Progress{Done: 3, Expected: 4, Running: 1})
		app := b.build(builds, "app-1")
		b.after(2*time.Second, "by the way", "[1/3/4 built] about 8s left building app-1 2s of about 10s")
		app.Stop()
		builds.Stop()
		b.l.Stop()
		b.after(time.Second, "by the way")
	})
}

// A derivation that stands for another one is shown as that.
func TestTreeResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTreeBench(t, 40)
		builds := b.r.Start(activity.Builds, activity.Debug, "")
		builds.Report(activity.Ahead{Drv: drv("top"), Needs: []string{drv("ca")}})
		builds.Report(activity.Ahead{Drv: drv("ca")})
		builds.Report(activity.Ahead{Drv: drv("ca"), Over: true})
		builds.Report(activity.Ahead{Drv: "/nix/store/1-ca.drv", For: drv("ca")})
		builds.Start(activity.Build, activity.Info, "", activity.Text("/nix/store/1-ca.drv"), activity.Text(""))
		b.after(time.Second/2, "◦ top", "└─ ▸ building ca")
		// What was left open when its activity ended is gone.
		builds.Stop()
		if n := len(b.l.shown.(*barSink).view.tree.nodes); n != 0 {
			t.Errorf("%d nodes left", n)
		}
		b.l.Stop()
	})
}

// The block stays low: levels are left out first, then builds.
func TestTreeHeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTreeBench(t, 8)
		builds := b.r.Start(activity.Builds, activity.Debug, "")
		for i := range 3 {
			above := "top"
			for level := range 9 {
				name := fmt.Sprintf("n%d-%d", i, level)
				builds.Report(activity.Ahead{Drv: drv(above), Needs: []string{drv(name)}})
				above = name
			}
			builds.Report(activity.Ahead{Drv: drv(above)})
			b.build(builds, above)
		}
		b.after(time.Second/2, "▸ building n0-8", "▸ building n1-8", "▸ building n2-8")
		b.build(builds, "a")
		b.build(builds, "b")
		b.after(time.Second/2, "▸ building n0-8", "▸ building n1-8", "▸ building n2-8", "▸ building a", "… and 1 more")
		b.l.Stop()
	})
}

func TestTreeTransfers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTreeBench(t, 40)
		all := b.r.Start(activity.CopyPaths, activity.Debug, "")
		all.Report(activity.Expected{Kind: activity.CopyPath, Amount: 40 << 20})
		for i := range 2 {
			sub := all.Start(activity.Substitute, activity.Talkative, "", activity.Text(fmt.Sprintf("/nix/store/0-p%d", i)), activity.Text("https://example.org"))
			c := sub.Start(activity.CopyPath, activity.Info, "")
			go func() {
				for n := range uint64(20) {
					c.Report(activity.Progress{Done: n << 20, Expected: 20 << 20})
					time.Sleep(time.Second)
				}
			}()
		}
		b.after(10*time.Second+time.Second/2,
			"▸ fetching p0 from https://example.org 10.0 MiB of 20.0 MiB",
			"▸ fetching p1 from https://example.org 10.0 MiB of 20.0 MiB",
			"[0 copied (20.0/40.0 MiB), 2.0 MiB/s, 10s left]")
		time.Sleep(time.Minute)
		b.l.Stop()
	})
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1499 * time.Millisecond: "1s", 59900 * time.Millisecond: "1m00s", 192 * time.Second: "3m12s", 125 * time.Minute: "2h05m",
	} {
		if got := duration(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
