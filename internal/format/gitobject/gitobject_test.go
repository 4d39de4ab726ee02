package gitobject

import (
	"io/fs"
	"path"
	"testing"
	"testing/fstest"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
)

// dir is a directory of a map.
type dir struct {
	fsys fstest.MapFS
	path string
}

func (d dir) Entries(dst []nar.DirEntry) ([]nar.DirEntry, error) {
	list, err := fs.ReadDir(d.fsys, d.path)
	for _, e := range list {
		dst = append(dst, nar.DirEntry{Name: e.Name(), Type: typeOf(e.Type())})
	}
	return dst, err
}

func typeOf(m fs.FileMode) nar.Type {
	switch {
	case m.IsDir():
		return nar.Directory
	case m&fs.ModeSymlink != 0:
		return nar.Symlink
	case m.IsRegular():
		return nar.Regular
	}
	return nar.Unknown
}

func (d dir) OpenDir(name string) (nar.Dir, error) { return dir{d.fsys, path.Join(d.path, name)}, nil }
func (d dir) ReadLink(name string) (string, error) {
	return string(d.fsys[path.Join(d.path, name)].Data), nil
}
func (d dir) Close() error { return nil }

func (d dir) OpenFile(name string) (nar.File, error) {
	f, err := d.fsys.Open(path.Join(d.path, name))
	return file{f}, err
}

type file struct{ fs.File }

func (f file) Stat() (uint64, bool, error) {
	info, err := f.File.Stat()
	return uint64(info.Size()), info.Mode()&0o100 != 0, err
}

// The hashes are those of git hash-object and git write-tree.
func TestHash(t *testing.T) {
	d := dir{fstest.MapFS{
		"empty":        {},
		"t/a":          {Data: []byte("hello\n")},
		"t/a.b":        {Data: []byte("x"), Mode: 0o755},
		"t/sub/link":   {Data: []byte("../a"), Mode: fs.ModeSymlink | 0o777},
		"t/a-dir/file": {Data: []byte("y")},
	}, "."}
	for _, c := range []struct {
		name string
		typ  nar.Type
		algo nixhash.Algorithm
		want string
	}{
		{"empty", nar.Regular, nixhash.SHA1, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
		{"empty", nar.Regular, nixhash.SHA256, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"},
		{"t", nar.Directory, nixhash.SHA1, "6c4870d095fd257bc36bf3db752f08129c4fb8a5"},
		{"t", nar.Directory, nixhash.SHA256, "0d171bd9b1af28afe26f94a7977bf7238af4c860052f4ddc6185dbaba181eca2"},
	} {
		h, err := Hash(d, nar.DirEntry{Name: c.name, Type: c.typ}, c.algo)
		if err != nil || h.Base16() != c.want {
			t.Errorf("%s %s: %s, %v; want %s", c.name, c.algo, h.Base16(), err, c.want)
		}
	}
}

func TestHashErrors(t *testing.T) {
	d := dir{fstest.MapFS{"d/pipe": {Mode: fs.ModeNamedPipe}}, "."}
	if _, err := Hash(d, nar.DirEntry{Name: "d", Type: nar.Directory}, nixhash.SHA1); err == nil || err.Error() != "file '/pipe' has an unsupported type" {
		t.Error(err)
	}
	if _, err := Hash(d, nar.DirEntry{Name: "d", Type: nar.Directory}, nixhash.MD5); err == nil {
		t.Error("git hashes with md5")
	}
}
