package local

import (
	"path/filepath"
	"testing"

	"firn/internal/format/signature"
	"firn/internal/store/fstree"
	"firn/internal/store/storetest"
)

// rooted returns a store below a new directory.
func rooted(t testing.TB, change func(*Options)) *Store {
	t.Helper()
	return at(t, t.TempDir(), change)
}

// at returns the store below root.
func at(t testing.TB, root string, change func(*Options)) *Store {
	t.Helper()
	o := Rooted(root)
	o.AllowSymlinks = true // temporary directories may be behind one
	o.Durability = Ordered // waiting for the disk is tried once, below
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		fstree.Remove(filepath.Join(root, "nix")) // ordinary users cannot remove read-only directories
	})
	return s
}

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"durable": func(o *Options) { o.Durability = Durable },
		"no wal":  func(o *Options) { o.NoWAL, o.Durability = true, Careless },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Store { return rooted(t, change) })
		})
	}
	storetest.RunSigned(t, func(t *testing.T, keys signature.PublicKeys) storetest.Store {
		return rooted(t, func(o *Options) { o.Keys = keys })
	})
}
