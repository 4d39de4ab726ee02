// Package gitobject computes the hashes that git gives to files and trees.
//
// An object is hashed with a header in front, "<kind> <size>\x00":
//
//	blob   the contents of a file, or the target of a symbolic link
//	tree   for each entry "<mode> <name>\x00" and the bytes of its hash; entries
//	       are sorted as if the names of directories ended in a slash
//
// Modes are 100644, 100755 for executable files, 120000 for links and 40000 for
// directories. Empty directories count, other than in a git work tree.
//
// Nothing is read or written here but through the given directory. The format is
// described in git's documentation, gitformat-pack and git-hash-object.
package gitobject

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
)

// Hash returns the hash of an entry of a directory, with everything in it. Git
// knows SHA-1 and SHA-256.
func Hash(dir nar.Dir, root nar.DirEntry, algo nixhash.Algorithm) (nixhash.Hash, error) {
	if algo != nixhash.SHA1 && algo != nixhash.SHA256 {
		return nixhash.Hash{}, fmt.Errorf("git can only hash with '%s' or '%s', not '%s'", nixhash.SHA1, nixhash.SHA256, algo)
	}
	_, h, err := object{algo}.entry(dir, root, "/")
	return h, err
}

type object struct{ algo nixhash.Algorithm }

// entry returns the mode and hash of an entry; path is for messages.
func (o object) entry(dir nar.Dir, e nar.DirEntry, path string) (mode string, h nixhash.Hash, err error) {
	switch e.Type {
	case nar.Regular:
		return o.file(dir, e.Name)
	case nar.Symlink:
		target, err := dir.ReadLink(e.Name)
		if err != nil {
			return "", h, err
		}
		w := o.begin("blob", uint64(len(target)))
		io.WriteString(w, target)
		return "120000", w.Sum(), nil
	case nar.Directory:
		sub, err := dir.OpenDir(e.Name)
		if err != nil {
			return "", h, err
		}
		defer sub.Close()
		h, err := o.tree(sub, path)
		return "40000", h, err
	}
	return "", h, fmt.Errorf("file '%s' has an unsupported type", path)
}

func (o object) begin(kind string, size uint64) *nixhash.Writer {
	w := nixhash.NewWriter(o.algo)
	io.WriteString(w, kind+" "+strconv.FormatUint(size, 10)+"\x00")
	return w
}

func (o object) file(dir nar.Dir, name string) (string, nixhash.Hash, error) {
	f, err := dir.OpenFile(name)
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	defer f.Close()
	size, executable, err := f.Stat()
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	w := o.begin("blob", size)
	n, err := io.Copy(w, f)
	if err == nil && uint64(n) != size {
		err = fmt.Errorf("file '%s' changed while it was read", name)
	}
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	if executable {
		return "100755", w.Sum(), nil
	}
	return "100644", w.Sum(), nil
}

func (o object) tree(dir nar.Dir, path string) (nixhash.Hash, error) {
	entries, err := dir.Entries(nil)
	if err != nil {
		return nixhash.Hash{}, err
	}
	slices.SortFunc(entries, func(a, b nar.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	var body []byte
	for _, e := range entries {
		mode, h, err := o.entry(dir, e, strings.TrimSuffix(path, "/")+"/"+e.Name)
		if err != nil {
			return nixhash.Hash{}, err
		}
		body = append(append(append(append(body, mode...), ' '), e.Name...), 0)
		body = h.AppendBytes(body)
	}
	w := o.begin("tree", uint64(len(body)))
	w.Write(body)
	return w.Sum(), nil
}

func sortName(e nar.DirEntry) string {
	if e.Type == nar.Directory {
		return e.Name + "/"
	}
	return e.Name
}
