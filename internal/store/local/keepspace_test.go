package local

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"firn/internal/store"
)

// Garbage goes when space runs out, and no sooner.
func TestKeepSpace(t *testing.T) {
	s := rooted(t, nil)
	p, err := s.AddText(t.Context(), store.Text{Name: "garbage"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // gives up the temporary root
		t.Fatal(err)
	}
	valid := func() bool {
		ok, err := s.IsValid(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	for _, tt := range []struct {
		free  uint64
		valid bool
	}{{2000, true}, {1000, true}, {999, false}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			s.KeepSpace(ctx, Space{MinFree: 1000, MaxFree: 2000, Interval: time.Second, Free: func() (uint64, error) { return tt.free, nil }}, CollectOptions{})
		})
		if valid() != tt.valid {
			t.Errorf("%d bytes free: valid %v", tt.free, valid())
		}
	}
}
