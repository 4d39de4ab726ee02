package ui

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/activity"
	"firn/internal/diag"
)

// source is the file of the reference's messages below.
const source = "let\n  f = x: x.nmae;\nin\n\tf { name = 1; }"

// missing is what evaluating source ends in.
func missing() (*diag.Table, *diag.Error) {
	t := &diag.Table{Read: func(string) (string, error) { return source, nil }}
	base := t.Add(diag.Origin{Kind: diag.FromFile, Name: "/w/t/a.nix"}, len(source))
	at := func(text string) diag.Pos { return base + diag.Pos(strings.Index(source, text)) }
	e := diag.New(diag.MissingAttribute, "attribute '%s' missing", "nmae").At(at("x.nmae"))
	e.Frames = []diag.Frame{
		{Pos: at("f {"), Msg: "from call site"},
		{Pos: at("x: x"), Msg: "while calling " + diag.Msgf("%s", "'f'")},
	}
	e.Suggestions = []string{"name"}
	return t, e
}

// Expected texts are what Nix 2.34.8 prints for the same source.
func TestPlain(t *testing.T) {
	table, e := missing()
	r := &Renderer{Positions: table, ShowTrace: true}
	want := `error:
       … from call site
         at /w/t/a.nix:4:2:
            3| in
            4|         f { name = 1; }
             |  ^

       … while calling 'f'
         at /w/t/a.nix:2:7:
            1| let
            2|   f = x: x.nmae;
             |       ^
            3| in

       error: attribute 'nmae' missing
       at /w/t/a.nix:2:10:
            1| let
            2|   f = x: x.nmae;
             |          ^
            3| in
       Did you mean name?`
	got := filter(r.Error(e), true, 0)
	// Where a tab ends depends on everything before it.
	got = strings.Replace(got, "4|  f", "4|         f", 1)
	if strings.Count(got, "f { name") != 1 {
		t.Fatal(got)
	}
	if d := cmp.Diff(want, normaliseTab(got)); d != "" {
		t.Error(d)
	}
}

// normaliseTab makes the blanks that a tab became eight.
func normaliseTab(s string) string {
	before, after, _ := strings.Cut(s, "4| ")
	return before + "4|         " + strings.TrimLeft(after, " ")
}

func TestTruncation(t *testing.T) {
	table := &diag.Table{}
	text := "a b c d e f g"
	base := table.Add(diag.Origin{Kind: diag.FromString, Text: text}, len(text))
	frames := func(spec string) []diag.Frame {
		var list []diag.Frame
		for _, w := range strings.Fields(spec) {
			f := diag.Frame{Msg: strings.Trim(w, "@!")}
			if strings.Contains(w, "@") {
				f.Pos = base
			}
			f.Always = strings.Contains(w, "!")
			list = append(list, f)
		}
		return list
	}
	for _, c := range []struct {
		frames string
		all    bool
		want   string // first words of the lines that matter
	}{
		{"", false, "error: m"},
		{"a b c d", false, "error: … a … b … c … d error: m"},
		{"a b c d e", false, "error: … a … b … c … d (stack error: m"},
		{"a@ b@ c@", false, "error: … a … b (stack error: m"},
		{"a@ b c@ d!", false, "error: … a … b … c … d (stack error: m"},
		{"a@ b@ c@", true, "error: … a … b … c error: m"},
		{"a a a a a a b", true, "error: … a … a … a … a … a … a … b error: m"},
		{"a a a a a a a b a", true, "error: … a (6 … b … a error: m"},
		{"a b a b a b a b a b a b", true, "error: … a … b (10 error: m"},
	} {
		e := &diag.Error{Msg: "m", Frames: frames(c.frames)}
		r := &Renderer{Positions: table, ShowTrace: c.all}
		var words []string
		for _, line := range strings.Split(filter(r.Error(e), true, 0), "\n") {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "at") || strings.HasPrefix(line, "1|") || strings.HasPrefix(line, "|") {
				continue
			}
			f := strings.Fields(line)
			n := 1
			if f[0] == "…" || line == "error: m" {
				n = 2
			}
			words = append(words, f[:n]...)
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%q (all: %v):\n got %s\nwant %s", c.frames, c.all, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	r := &Renderer{}
	for _, c := range []struct {
		level    activity.Level
		fromExpr bool
		msg      string
		want     string
	}{
		{activity.Error, false, "line one\n  two\n", "error: line one\n         two"},
		{activity.Error, false, "", "error:"},
		{activity.Warn, true, "a\nb", "evaluation warning: a\n                    b"},
		{activity.Warn, false, "a", "warning: a"},
		{activity.Notice, false, "a", "note: a"},
		{activity.Info, false, "a", "info: a"},
	} {
		got := filter(r.Report(c.level, &diag.Error{Msg: c.msg}, c.fromExpr), true, 0)
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.msg, got, c.want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"a", "a"}, {"a b", "one of a or b"}, {"a b c", "one of a, b or c"},
	} {
		if got := diag.Strip(suggestions(strings.Fields(c.names))); got != c.want {
			t.Errorf("%q: %q", c.names, got)
		}
	}
}

func TestExtended(t *testing.T) {
	table, e := missing()
	lib := "{ map = f: f; }"
	in := table.Add(diag.Origin{Kind: diag.FromFile, Name: "/nix/store/x-source/lib.nix", Text: lib}, len(lib))
	for range 3 {
		e.Frames = append(e.Frames[:1:1], append([]diag.Frame{{Pos: in + 8, Msg: "while mapping"}}, e.Frames[1:]...)...)
	}
	e.Frames = append(e.Frames, diag.Frame{Msg: "while counting", Always: true}, diag.Frame{Msg: "nowhere"})
	e.Notes = []string{"note: the set has 1 attribute"}
	r := &Renderer{Positions: table, Extended: true, Library: func(p string) bool { return strings.HasPrefix(p, "/nix/store/") }}
	want := `error:
       … from call site
         at /w/t/a.nix:4:2:
            4|     f { name = 1; }
             |     ^

       (3 frames in libraries)

       … while calling 'f'
         at /w/t/a.nix:2:7:
            2|   f = x: x.nmae;
             |       ^

       … while counting

       error: attribute 'nmae' missing
       at /w/t/a.nix:2:10:
            1| let
            2|   f = x: x.nmae;
             |          ^
            3| in
       Did you mean name?
       note: the set has 1 attribute
       ('--show-trace' shows 4 more frames; 'firn explain missing-attribute' explains this error)`
	if d := cmp.Diff(want, filter(r.Error(e), true, 0)); d != "" {
		t.Error(d)
	}
	// Nothing to say is not said.
	if got := filter(r.Error(diag.New(diag.Thrown, "no")), true, 0); got != "error: no" {
		t.Errorf("%q", got)
	}
}

func TestTokenLen(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 0}, {"x.y", 1}, {"foo-bar' z", 8}, {"12 ", 2}, {`"a\"b" c`, 6}, {`"open`, 5}, {"./a/b.nix)", 9},
		{"~/x y", 3}, {"== 1", 2}, {"//", 2}, {"(", 1}, {"${a}", 2}, {"-1", 1}, {"...", 3}, {"''x''", 2},
	} {
		if got := tokenLen(c.text); got != c.want {
			t.Errorf("%q: %d, want %d", c.text, got, c.want)
		}
	}
}

// Expected records are what Nix 2.34.8 writes.
func TestJSON(t *testing.T) {
	table, e := missing()
	var out bytes.Buffer
	s := &jsonSink{w: &out, prefix: "@nix ", renderer: &Renderer{Positions: table, ShowTrace: true}}
	s.report(activity.Error, e, false)
	s.report(activity.Warn, &diag.Error{Msg: "a\nb"}, true)
	s.message(activity.Error, "trace: \x01\"x\"\\\xff\t")
	s.renderer = nil
	s.report(activity.Error, diag.New(diag.Usage, "no"), false)
	s.activity(activity.Started{ID: 7, Parent: 3, Kind: activity.CopyPath, Level: activity.Info, Text: "copying",
		Fields: []activity.Field{activity.Text("/p"), activity.Number(5)}})
	s.activity(activity.Result{ID: 7, Data: activity.Progress{Done: 1, Expected: 2}})
	s.activity(activity.Started{ID: 8, Level: activity.Debug})
	s.activity(activity.Stopped{ID: 7})
	want := `@nix {"action":"msg","column":10,"file":"/w/t/a.nix:2:10","level":0,"line":2,"msg":"\u001b[31;1merror:\u001b[0m\n       … from call site\n         \u001b[34;1mat \u001b[35;1m/w/t/a.nix:4:2\u001b[0m:\n            3| in\n            4| \tf { name = 1; }\n             |  \u001b[31;1m^\u001b[0m\n\n       … while calling \u001b[35;1m'f'\u001b[0m\n         \u001b[34;1mat \u001b[35;1m/w/t/a.nix:2:7\u001b[0m:\n            1| let\n            2|   f = x: x.nmae;\n             |       \u001b[31;1m^\u001b[0m\n            3| in\n\n       \u001b[31;1merror:\u001b[0m attribute '\u001b[35;1mnmae\u001b[0m' missing\n       \u001b[34;1mat \u001b[35;1m/w/t/a.nix:2:10\u001b[0m:\n            1| let\n            2|   f = x: x.nmae;\n             |          \u001b[31;1m^\u001b[0m\n            3| in\n       Did you mean \u001b[35;1mname\u001b[0m?","raw_msg":"attribute '\u001b[35;1mnmae\u001b[0m' missing","trace":[{"column":7,"file":"/w/t/a.nix:2:7","line":2,"raw_msg":"while calling \u001b[35;1m'f'\u001b[0m"},{"column":2,"file":"/w/t/a.nix:4:2","line":4,"raw_msg":"from call site"}]}
@nix {"action":"msg","column":0,"file":"«none»:0","level":1,"line":0,"msg":"\u001b[35;1mevaluation warning:\u001b[0m a\n                    b","raw_msg":"a\nb"}
@nix {"action":"msg","level":0,"msg":"trace: \u0001\"x\"\\�\t"}
@nix {"action":"msg","column":null,"file":null,"level":0,"line":null,"msg":"\u001b[31;1merror:\u001b[0m no","raw_msg":"no"}
@nix {"action":"start","fields":["/p",5],"id":7,"level":3,"parent":3,"text":"copying","type":100}
@nix {"action":"result","fields":[1,2,0,0],"id":7,"type":105}
@nix {"action":"start","id":8,"level":6,"parent":0,"text":"","type":0}
@nix {"action":"stop","id":7}
`
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); d != "" {
		t.Error(d)
	}
}

func TestFilter(t *testing.T) {
	for _, c := range []struct {
		in    string
		all   bool
		width int
		want  string
	}{
		{"plain", true, 0, "plain"},
		{"\x1b[31;1mred\x1b[0m", true, 0, "red"},
		{"\x1b[31;1mred\x1b[0m", false, 0, "\x1b[31;1mred\x1b[0m"},
		{"a\x1b[2Kb\x1b]8;;x\x1b\\c\x1b]0;t\ad\x1bMe", false, 0, "abcde"},
		{"a\tb", true, 0, "a       b"},
		{"12345678\tb", true, 0, "12345678        b"},
		{"ab\ncd\te", true, 0, "ab\ncd    e"},
		{"a\rb\a", true, 0, "ab"},
		{"日本語", true, 4, "日本"},
		{"abcdef", true, 3, "abc"},
		{"a\u0301b", true, 1, "a\u0301"},
		{"\x1b[", true, 0, ""},
		{"\x1b", true, 0, ""},
		{"\x1b]x", true, 0, ""},
	} {
		if got := filter(c.in, c.all, c.width); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("\x1b[31;1mred\x1b[0m\tx\xff", 3)
	f.Add("\x1b]8;;x\x1b\\c\x1b", 0)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if got := filter(s, true, width); strings.ContainsAny(got, "\x1b\r\a\t") && width <= 0 && !plain(s) {
			t.Errorf("%q became %q", s, got)
		}
		filter(s, false, width)
	})
}
