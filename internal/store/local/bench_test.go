package local

import (
	"context"
	"fmt"
	"testing"

	"firn/internal/format/storepath"
	"firn/internal/store"
)

// BenchmarkOpen is what a command pays that asks about one path.
func BenchmarkOpen(b *testing.B) {
	root := b.TempDir()
	s := at(b, root, nil)
	p, err := s.AddText(b.Context(), store.Text{Name: "x"})
	if err != nil {
		b.Fatal(err)
	}
	s.Close()
	for b.Loop() {
		s, _ := New(s.o)
		if ok, err := s.IsValid(b.Context(), p); !ok || err != nil {
			b.Fatal(ok, err)
		}
		s.Close()
	}
}

// BenchmarkText is what a command pays that adds one text.
func BenchmarkText(b *testing.B) {
	for name, d := range map[string]Durability{"durable": Durable, "ordered": Ordered} {
		b.Run(name, func(b *testing.B) {
			s := rooted(b, func(o *Options) { o.Durability = d })
			for n := 0; b.Loop(); n++ {
				if _, err := s.AddText(b.Context(), store.Text{Name: "x", Contents: fmt.Append(nil, n)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBatch adds texts with references, as an evaluation does.
func BenchmarkBatch(b *testing.B) {
	for name, d := range map[string]Durability{"durable": Durable, "ordered": Ordered} {
		b.Run(name, func(b *testing.B) {
			s := rooted(b, func(o *Options) { o.Durability = d })
			ctx := context.Background()
			batch := s.Batch()
			var paths []storepath.Path
			for n := 0; b.Loop(); n++ {
				text := store.Text{Name: "some-package-1.0", Contents: fmt.Appendf(nil, "%3000d", n)}
				for r := 1; r <= 8 && n-r*5 > 0; r++ {
					text.References = append(text.References, paths[n-r*5])
				}
				p, err := text.PathIn(s.Dir())
				if err == nil {
					text.Path = p
					err = batch.Add(ctx, text)
				}
				if err != nil {
					b.Fatal(err)
				}
				paths = append(paths, p)
			}
			if err := batch.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkCollect deletes three quarters of a store.
func BenchmarkCollect(b *testing.B) {
	const n = 4000
	for b.Loop() {
		b.StopTimer()
		root := b.TempDir()
		s := at(b, root, nil)
		ctx := context.Background()
		batch := s.Batch()
		var paths []storepath.Path
		for i := range n {
			text := store.Text{Name: "some-package-1.0", Contents: fmt.Appendf(nil, "%3000d", i)}
			for r := 1; r <= 8 && i%(n/4) >= r; r++ {
				text.References = append(text.References, paths[i-r])
			}
			p, err := text.PathIn(s.Dir())
			if err == nil {
				err = batch.Add(ctx, text)
			}
			if err != nil {
				b.Fatal(err)
			}
			paths = append(paths, p)
		}
		if err := batch.Flush(ctx); err != nil {
			b.Fatal(err)
		}
		s.Close()
		keep := at(b, root, nil)
		if err := keep.AddTempRoots(ctx, paths[n/4-1]); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		got, err := s.Collect(ctx, CollectOptions{MaxFreed: Unlimited})
		b.StopTimer()
		if err != nil || len(got.Deleted) != n*3/4 {
			b.Fatal(len(got.Deleted), err)
		}
		b.StartTimer()
	}
}
