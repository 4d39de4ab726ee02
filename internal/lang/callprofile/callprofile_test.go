package callprofile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"firn/internal/diag"
	"firn/internal/lang/eval"
)

func run(period time.Duration) *Profile {
	var now time.Duration
	p := New(period, func() time.Duration { return now }, func(at diag.Pos) string { return fmt.Sprintf("f:%d:1", at) })
	w := p.Watcher()
	for range 3 {
		now += 2 * time.Millisecond
		w.Enter(eval.Call{Kind: eval.CallLambda, Pos: 1, Name: "f"})
		now++
		w.Enter(eval.Call{Kind: eval.CallBuiltin, Pos: 2, Name: "derivationStrict", Derivation: "x"})
		w.Leave()
		w.Enter(eval.Call{Kind: eval.CallLambda, Def: 3})
		w.Leave()
		w.Leave()
	}
	return p
}

func TestFolded(t *testing.T) {
	for period, want := range map[time.Duration]string{
		0:                "f:1:1:f 3\nf:1:1:f;f:2:1:primop derivationStrict:x 3\nf:1:1:f;f:3:1 3\n",
		time.Millisecond: "f:1:1:f 3\n",
	} {
		var b strings.Builder
		if err := run(period).WriteFolded(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("period %v: got\n%swant\n%s", period, b.String(), want)
		}
	}
}

func TestPprof(t *testing.T) {
	var b bytes.Buffer
	if err := run(time.Millisecond).WritePprof(&b); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Sample[0]
	if f := s.Location[0].Line[0].Function; len(p.Sample) != 1 || s.Value[0] != 3 || s.Value[1] != 3e6 || f.Name != "f:1:1:f" || f.Filename != "f" || f.StartLine != 1 {
		t.Errorf("got %v", p)
	}
}
