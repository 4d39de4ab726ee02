package symbol

import (
	"fmt"
	"sync"
	"testing"
)

func TestInternIsStableAcrossGoroutines(t *testing.T) {
	const names = 5000
	got := make([][names]Symbol, 4)
	var wg sync.WaitGroup
	for g := range got {
		wg.Go(func() {
			for i := range names {
				got[g][i] = InternBytes(fmt.Appendf(nil, "name-%d", i))
			}
		})
	}
	wg.Wait()
	for i := range names {
		want := fmt.Sprintf("name-%d", i)
		for g := range got {
			if got[g][i] != got[0][i] || got[g][i].String() != want {
				t.Fatalf("goroutine %d: %q is %d %q, want %d", g, want, got[g][i], got[g][i], got[0][i])
			}
		}
		if s, ok := Lookup(want); !ok || s != got[0][i] {
			t.Fatalf("Lookup(%q) = %d, %v", want, s, ok)
		}
	}
	if _, ok := Lookup("never interned"); ok {
		t.Error("Lookup found a name that was never interned")
	}
}

func TestWellKnown(t *testing.T) {
	for i, name := range wellKnown {
		if got := Intern(name); int(got) != i || got.String() != name {
			t.Errorf("Intern(%q) = %d %q, want %d", name, got, got, i)
		}
	}
}

func BenchmarkInternBytes(b *testing.B) {
	name := []byte("buildInputs")
	b.ReportAllocs()
	for b.Loop() {
		InternBytes(name)
	}
}
