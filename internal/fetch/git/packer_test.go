package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	repo, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	big := make([]byte, streamPack+1000)
	rnd := rand.NewChaCha8([32]byte{})
	rnd.Read(big[:1<<20])
	write := func() (tree ID, err error) {
		err = repo.Pack(context.Background(), func(p *Packer) error {
			var blobs []*PackedBlob
			for i := range 300 {
				text := strings.Repeat(fmt.Sprintln("line", i%200), i) // some twice
				b, err := p.Blob(int64(len(text)), strings.NewReader(text))
				if err != nil {
					return err
				}
				blobs = append(blobs, b)
			}
			for range 2 {
				b, err := p.Blob(int64(len(big)), bytes.NewReader(big))
				if err != nil {
					return err
				}
				blobs = append(blobs, b)
			}
			if err := p.Wait(); err != nil {
				return err
			}
			var items, inner []TreeItem
			for i, b := range blobs {
				inner = append(inner, TreeItem{fmt.Sprint("file", i), ModeFile, b.ID()})
			}
			sub, err := p.Tree(inner)
			if err != nil {
				return err
			}
			items = append(items, TreeItem{"a", ModeTree, sub}, TreeItem{"a.b", ModeExecutable, blobs[7].ID()}, TreeItem{"a-b", ModeSymlink, blobs[1].ID()})
			tree, err = p.Tree(items)
			return err
		})
		return tree, err
	}
	tree, err := write()
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := repo.Tree(tree)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := fs.ReadFile(fsys, "a/file300"); !bytes.Equal(data, big) || err != nil {
		t.Errorf("large file has %d bytes, %v", len(data), err)
	}
	if data, err := fs.ReadFile(fsys, "a/file250"); string(data) != strings.Repeat("line 50\n", 250) || err != nil {
		t.Errorf("file: %.20q, %v", data, err)
	}
	if packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*")); len(packs) != 2 {
		t.Errorf("files %q", packs)
	}
	// The same again adds nothing.
	if again, err := write(); again != tree || err != nil {
		t.Errorf("second time: %s, %v", again, err)
	}
	if packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*")); len(packs) != 2 {
		t.Errorf("files %q", packs)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git program")
	}
	for _, args := range [][]string{{"fsck", "--strict"}, {"verify-pack"}} {
		if args[0] == "verify-pack" {
			idx, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
			args = append(args, idx...)
		}
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("git %s: %s", args[0], out)
		}
	}
	out, err := exec.Command("git", "-C", dir, "ls-tree", "-r", tree.String()).Output()
	if err != nil || strings.Count(string(out), "\n") != 304 {
		t.Errorf("git ls-tree: %s, %v", out, err)
	}
}

func TestPackFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	if err := Init(dir); err != nil {
		t.Fatal(err)
	}
	repo, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	boom := errors.New("boom")
	err = repo.Pack(context.Background(), func(p *Packer) error {
		if _, err := p.Blob(3, strings.NewReader("abc")); err != nil {
			return err
		}
		if _, err := p.Blob(3, strings.NewReader("ab")); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("short contents: %v", err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(boom)
	if err := repo.Pack(ctx, func(p *Packer) error { _, err := p.Tree(nil); return err }); !errors.Is(err, boom) {
		t.Errorf("cancelled: %v", err)
	}
	if list, _ := os.ReadDir(filepath.Join(dir, "objects/pack")); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}
}

func TestCollision(t *testing.T) {
	p := &Packer{seen: map[ID][32]byte{}}
	id := hashObject(Blob, []byte("x"), 20)
	for i, c := range []struct {
		sum   [32]byte
		known bool
		fails bool
	}{{[32]byte{1}, false, false}, {[32]byte{1}, true, false}, {[32]byte{2}, true, true}} {
		if known, err := p.claim(id, c.sum); known != c.known || (err != nil) != c.fails {
			t.Errorf("%d: %t, %v", i, known, err)
		}
	}
}
