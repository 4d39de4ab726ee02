package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func record(name, drv string, seconds float64, failure int) Record {
	return Record{Name: name, System: "s", Drv: drv, Start: time.Unix(1e9, 0), Duration: Seconds(seconds * 1e9), MaxRSS: int64(seconds) << 20, Failure: failure}
}

func TestEstimate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "builds")
	h := Open(path)
	if _, ok := h.Estimate("hello-1.0"); ok {
		t.Error("an estimate from nothing")
	}
	for i, s := range []float64{5, 1, 3} {
		if err := h.Add(record("hello-1.0", fmt.Sprint("drv", i), s, 0)); err != nil {
			t.Fatal(err)
		}
	}
	h.Add(record("hello-1.0", "broken", 100, 3))
	f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	f.WriteString("nonsense\n{\"name\":\"\"}\n")
	f.Close()
	for _, h := range []*History{h, Open(path)} {
		for _, name := range []string{"hello-1.0", "hello-2.0"} {
			e, ok := h.Estimate(name)
			if want := (Estimate{3 * time.Second, 3 << 20, 3}); !ok || e != want {
				t.Errorf("%s: got %+v, want %+v", name, e, want)
			}
		}
		if _, ok := h.Estimate("help-1.0"); ok {
			t.Error("an estimate for another package")
		}
		for drv, want := range map[string]string{"new": "drv2", "drv2": "drv1"} {
			if r, ok := h.Last("hello-1.0", drv); !ok || r.Drv != want {
				t.Errorf("last before %s: got %+v", drv, r)
			}
		}
	}
}

func TestPackageName(t *testing.T) {
	for name, want := range map[string]string{"hello-2.10": "hello", "gcc-wrapper-13": "gcc-wrapper", "hello": "hello", "a-": "a-", "": "", "x-y-1-z": "x-y"} {
		if got := packageName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "builds")
	line := strings.Repeat("x", 1000) + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, maxBytes/1000+1)), 0o644); err != nil {
		t.Fatal(err)
	}
	h := Open(path)
	for i := range perName + 5 {
		if err := h.Add(record("a", fmt.Sprint(i), float64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 10000 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	if e, ok := Open(path).Estimate("a"); !ok || e.Builds != perName {
		t.Errorf("got %+v", e)
	}
}

func TestConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "builds")
	var wg sync.WaitGroup
	for i := range 8 {
		h := Open(path)
		wg.Go(func() {
			for range 20 {
				if err := h.Add(record(fmt.Sprint("n", i), "d", 1, 0)); err != nil {
					t.Error(err)
				}
				h.Estimate("n0")
			}
		})
	}
	wg.Wait()
	text, err := os.ReadFile(path)
	if n := strings.Count(string(text), "\n"); n != 160 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	if err := Open(filepath.Join(file, "builds")).Add(record("a", "d", 1, 0)); err == nil {
		t.Error("no error")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"name":"a","duration":1.5}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "builds")
		os.WriteFile(path, text, 0o644)
		Open(path).Estimate("a")
	})
}

func TestLastFailed(t *testing.T) {
	h := Open(filepath.Join(t.TempDir(), "builds"))
	if r, ok := h.LastFailed(); ok {
		t.Errorf("an empty history has %v", r)
	}
	for i, r := range []Record{{Name: "a-1", Drv: "a1", Failure: 1}, {Name: "b", Drv: "b", Failure: 1}, {Name: "c", Drv: "c"}, {Name: "b", Drv: "b"}} {
		r.Start = time.Unix(int64(i), 0)
		if err := h.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if r, ok := h.LastFailed(); !ok || r.Drv != "a1" {
		t.Errorf("got %v, %v", r, ok) // b was built meanwhile
	}
}
