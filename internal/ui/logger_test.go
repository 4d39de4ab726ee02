package ui

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"firn/internal/activity"
	"firn/internal/diag"
)

func TestRaw(t *testing.T) {
	for _, c := range []struct {
		format  Format
		level   activity.Level
		systemd bool
		want    string
	}{
		{Raw, activity.Info, false, "warning: odd\nerror: no\nhello\nbuilding...\n"},
		{Raw, activity.Warn, false, "warning: odd\nerror: no\n"},
		{Raw, activity.Error, false, "error: no\n"},
		{Raw, activity.Info, true, "<4>warning: odd\n<3>error: no\n<5>hello\n<5>building...\n"},
		{RawWithLogs, activity.Notice, false, "warning: odd\nerror: no\nline\npost-build-hook: line\n"},
		{Bar, activity.Info, false, "warning: odd\nerror: no\nhello\nbuilding...\n"},
		{BarWithLogs, activity.Info, false, "warning: odd\nerror: no\nhello\nbuilding...\nx> line\nx (post)> line\n"},
	} {
		var out bytes.Buffer
		l := NewLogger(Options{Err: &out, Format: c.format, Level: c.level, Systemd: c.systemd})
		l.Warn("odd")
		l.Error(errors.New("no"))
		l.Say(activity.Info, "hello")
		l.Say(activity.Vomit, "everything")
		a := activity.NewRecorder(l, 0).Start(activity.Build, activity.Info, "building", activity.Text("/nix/store/0-x-1.2.drv"), activity.Text(""))
		a.Report(activity.LogLine{Line: "line"})
		a.Report(activity.HookLine{Line: "line"})
		a.Report(activity.Phase{Name: "p"})
		a.Stop()
		l.Stop()
		if d := cmp.Diff(c.want, out.String()); d != "" {
			t.Errorf("%s, level %d: %s", c.format, c.level, d)
		}
	}
}

func TestRecord(t *testing.T) {
	var out, record bytes.Buffer
	l := NewLogger(Options{Err: &out, Format: Raw, Record: &record})
	l.Warn("odd")
	l.Say(activity.Info, "hello")
	l.Emit(activity.Message{Level: activity.Error, Text: "bad"})
	if out.String() != "bad\n" || strings.Count(record.String(), "\n") != 2 || strings.Contains(record.String(), "@nix") {
		t.Errorf("%q, %q", out.String(), record.String())
	}
}

func TestParseFormat(t *testing.T) {
	if f, err := ParseFormat("bar-with-logs"); f != BarWithLogs || err != nil {
		t.Error(f, err)
	}
	_, err := ParseFormat("x")
	if err == nil || err.Error() != "option 'log-format' has an invalid value 'x'" || diag.As(err).Code != diag.InvalidSetting {
		t.Error(err)
	}
}

// screen takes what a terminal is sent and keeps the lines that stay.
type screen struct{ bytes.Buffer }

// lines returns what is to be seen: a carriage return overwrites its line.
func (s *screen) lines() []string {
	var list []string
	for line := range strings.SplitSeq(s.String(), "\n") {
		parts := strings.Split(line, "\r")
		list = append(list, strings.TrimSpace(diag.Strip(parts[len(parts)-1])))
	}
	return list
}

func (s *screen) bottom() string {
	l := s.lines()
	return l[len(l)-1]
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		l := NewLogger(Options{Err: &out, Out: &out, Format: Bar, Level: activity.Notice,
			Terminal: Terminal{Live: true, Colour: true, Width: func() int { return 60 }}})
		step := func(want string) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			if got := out.bottom(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		r := activity.NewRecorder(l, 0)
		builds := r.Start(activity.Builds, activity.Info, "")
		builds.Report(activity.Progress{Done: 1, Expected: 3, Running: 1})
		step("[1/1/3 built]")
		a := builds.Start(activity.Build, activity.Info, "building /nix/store/0-hello-1.2.drv", activity.Text("/nix/store/0-hello-1.2.drv"), activity.Text("far"))
		step("[1/1/3 built] building hello-1.2 on far")
		a.Report(activity.Phase{Name: "buildPhase"})
		a.Report(activity.LogLine{Line: "cc -o hello\n"})
		step("[1/1/3 built] building hello-1.2 on far (buildPhase): cc -o")
		l.Stdout().Write([]byte("result\n"))
		if got := out.lines(); got[0] != "result" {
			t.Errorf("%q", got)
		}
		step("[1/1/3 built] building hello-1.2 on far (buildPhase): cc -o")
		resume := l.Suspend()
		step("")
		a.Stop()
		step("")
		resume()
		step("[1/1/3 built]")
		builds.Report(activity.Progress{Done: 3, Expected: 3, Failed: 1})
		copying := r.Start(activity.CopyPaths, activity.Info, "")
		copying.Report(activity.Expected{Kind: activity.CopyPath, Amount: 3 << 20})
		p := copying.Start(activity.CopyPath, activity.Info, "copying x")
		p.Report(activity.Progress{Done: 1 << 19, Expected: 3 << 20})
		step("[3 built (1 failed), 0 copied (512.0 KiB/3.0 MiB)] copying x")
		p.Report(activity.Progress{Done: 2 << 20, Expected: 3 << 20})
		step("[3 built (1 failed), 0 copied (2.0/3.0 MiB)] copying x")
		p.Stop()
		copying.Stop()
		builds.Stop()
		l.Stop()
		step("")
		l.Say(activity.Error, "end")
		if got := out.lines(); got[len(got)-2] != "end" {
			t.Errorf("%q", got)
		}
		if s := out.String(); strings.Count(s, "\x1b[?25l") != strings.Count(s, "\x1b[?25h") {
			t.Error("the cursor stays hidden")
		}
	})
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want string
	}{{0, "0.0 KiB"}, {100, "0.1 KiB"}, {1024, "1.0 KiB"}, {1025, "1.0 KiB"}, {1 << 20, "1024.0 KiB"}, {5 << 20, "5.0 MiB"}, {3 << 40, "3.0 TiB"}} {
		if got := Size(c.n); got != c.want {
			t.Errorf("%d: %s, want %s", c.n, got, c.want)
		}
	}
}

func TestPackageName(t *testing.T) {
	for in, want := range map[string]string{"hello-1.2": "hello", "a-b-c": "a-b-c", "a-b-1c": "a-b", "x": "x", "": ""} {
		if got := packageName(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestInspect(t *testing.T) {
	env := func(pairs ...string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1], true
				}
			}
			return "", false
		}
	}
	// A file that is no terminal.
	for _, c := range []struct {
		env    []string
		colour bool
	}{
		{[]string{"TERM", "xterm"}, false},
		{[]string{"CLICOLOR_FORCE", "1"}, true},
		{[]string{"CLICOLOR_FORCE", "0"}, false},
		{[]string{"CLICOLOR_FORCE", "1", "NO_COLOR", ""}, false},
		{[]string{"CLICOLOR_FORCE", "1", "CLICOLOR", "0"}, false},
	} {
		got := Inspect(notTerminal(t), env(c.env...))
		if got.Colour != c.colour || got.Live || got.Width() != 0 {
			t.Errorf("%v: %+v", c.env, got)
		}
	}
}

func ExampleSize() {
	fmt.Println(Size(123456789))
	// Output: 117.7 MiB
}
