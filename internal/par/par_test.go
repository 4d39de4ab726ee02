package par

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var errBad = errors.New("bad")

// gauge counts how many are inside at once.
type gauge struct{ now, most atomic.Int64 }

func (g *gauge) enter() func() {
	n := g.now.Add(1)
	for {
		m := g.most.Load()
		if n <= m || g.most.CompareAndSwap(m, n) {
			break
		}
	}
	return func() { g.now.Add(-1) }
}

func TestMapKeepsOrderAndBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gauge
		items := []int{5, 1, 4, 2, 3, 9, 7}
		got, err := Map(t.Context(), 3, items, func(_ context.Context, n int) (int, error) {
			defer g.enter()()
			time.Sleep(time.Duration(n) * time.Second)
			return 10 * n, nil
		})
		if err != nil || !slices.Equal(got, []int{50, 10, 40, 20, 30, 90, 70}) {
			t.Errorf("got %v, %v", got, err)
		}
		if m := g.most.Load(); m != 3 {
			t.Errorf("%d at once, want 3", m)
		}
	})
}

func TestEachStopsAtFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		err := Each(t.Context(), 2, make([]int, 100), func(ctx context.Context, _ int) error {
			if calls.Add(1) == 3 {
				return errBad
			}
			select {
			case <-ctx.Done():
				if !errors.Is(context.Cause(ctx), errBad) {
					t.Errorf("cause %v", context.Cause(ctx))
				}
				return context.Cause(ctx)
			case <-time.After(time.Second):
				return nil
			}
		})
		if !errors.Is(err, errBad) {
			t.Errorf("got %v", err)
		}
		if n := calls.Load(); n > 5 {
			t.Errorf("%d calls after a failure", n)
		}
	})
}

func TestEmptyAndCancelled(t *testing.T) {
	if got, err := Map(t.Context(), 4, nil, func(context.Context, int) (int, error) { return 0, errBad }); len(got) != 0 || err != nil {
		t.Errorf("nothing to do: %v, %v", got, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBad)
	err := Each(ctx, 0, []int{1, 2, 3}, func(context.Context, int) error { return nil })
	if !errors.Is(err, errBad) {
		t.Errorf("cancelled before: %v", err)
	}
}

func TestOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gauge
		var got []int
		for v, err := range Ordered(t.Context(), 3, slices.Values([]int{3, 1, 2, 5, 4}), func(_ context.Context, n int) (int, error) {
			defer g.enter()()
			time.Sleep(time.Duration(n) * time.Second)
			return n, nil
		}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []int{3, 1, 2, 5, 4}) {
			t.Errorf("got %v", got)
		}
		if m := g.most.Load(); m > 4 || m < 2 {
			t.Errorf("%d at once, want about 3", m)
		}
	})
}

func TestOrderedEndsEarly(t *testing.T) {
	for _, broken := range []bool{true, false} {
		var got []int
		for v, err := range Ordered(t.Context(), 2, slices.Values([]int{1, 2, 3, 4}), func(_ context.Context, n int) (int, error) {
			if n == 3 && !broken {
				return 0, errBad
			}
			return n, nil
		}) {
			if err != nil {
				if !errors.Is(err, errBad) || broken {
					t.Errorf("got %v", err)
				}
				break
			}
			got = append(got, v)
			if broken && v == 2 {
				break
			}
		}
		if !slices.Equal(got, []int{1, 2}) {
			t.Errorf("got %v", got)
		}
	}
}

func TestWalkVisitsOnce(t *testing.T) {
	// Node n leads to 2n and 2n+1, modulo 1000: every node from 1, with cycles.
	var mu sync.Mutex
	seen := map[int]int{}
	var g gauge
	err := Walk(t.Context(), 4, []int{1, 1}, func(_ context.Context, n int) ([]int, error) {
		defer g.enter()()
		mu.Lock()
		seen[n]++
		mu.Unlock()
		return []int{2 * n % 1000, (2*n + 1) % 1000}, nil
	})
	if err != nil || len(seen) != 1000 {
		t.Fatalf("%d nodes, %v", len(seen), err)
	}
	for n, times := range seen {
		if times != 1 {
			t.Errorf("node %d visited %d times", n, times)
		}
	}
	if g.most.Load() > 4 {
		t.Errorf("%d at once", g.most.Load())
	}
}

func TestWalkFailsAndCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := Walk(t.Context(), 3, []int{1, 2, 3}, func(ctx context.Context, n int) ([]int, error) {
			if n == 2 {
				return nil, errBad
			}
			<-ctx.Done()
			return []int{n + 10}, nil
		})
		if !errors.Is(err, errBad) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errBad) })
		err = Walk(ctx, 3, []int{1}, func(ctx context.Context, n int) ([]int, error) {
			time.Sleep(time.Millisecond)
			return []int{n + 1}, nil
		})
		if !errors.Is(err, errBad) {
			t.Errorf("endless walk: %v", err)
		}
	})
}

func TestFlightSharesOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fl Flight[string, int]
		var calls atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				v, err := fl.Do(t.Context(), "k", func(context.Context) (int, error) {
					time.Sleep(time.Second)
					return int(calls.Add(1)), nil
				})
				if v != 1 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
			})
		}
		wg.Wait()
		if v, _ := fl.Do(t.Context(), "k", func(context.Context) (int, error) { return int(calls.Add(1)), nil }); v != 2 {
			t.Errorf("a finished call was reused: %d", v)
		}
	})
}

func TestFlightEndsWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fl Flight[int, int]
		ctx, cancel := context.WithCancelCause(t.Context())
		stopped := false
		time.AfterFunc(time.Second, func() { cancel(errBad) })
		_, err := fl.Do(ctx, 1, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			stopped = true
			return 0, ctx.Err()
		})
		if !errors.Is(err, errBad) || !stopped {
			t.Errorf("got %v, stopped %v", err, stopped)
		}
	})
}

func TestFlightOutlivesOneCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fl Flight[int, int]
		ctx, cancel := context.WithCancel(t.Context())
		slow := func(ctx context.Context) (int, error) {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Minute):
				return 7, nil
			}
		}
		go fl.Do(ctx, 1, slow)
		synctest.Wait()
		time.AfterFunc(time.Second, cancel)
		if v, err := fl.Do(t.Context(), 1, slow); v != 7 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
	})
}
