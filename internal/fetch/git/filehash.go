package git

import (
	"fmt"
	"hash"
	"io"
	"os"
)

// fileHasher names files on disk as blobs.
type fileHasher struct {
	size int
	h    hash.Hash
	buf  []byte
}

func newFileHasher(r *Repo) *fileHasher {
	return &fileHasher{size: r.Objects.hash, h: newHash(r.Objects.hash)}
}

// hash returns the name that the file would have as a blob, without filters.
func (f *fileHasher) hash(path string, mode Mode) (ID, error) {
	if mode == ModeSymlink {
		target, err := os.Readlink(path)
		return hashObject(Blob, []byte(target), f.size), err
	}
	file, err := os.Open(path)
	if err != nil {
		return ID{}, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return ID{}, err
	}
	if f.buf == nil {
		f.buf = make([]byte, 64<<10)
	}
	startObject(f.h, Blob, st.Size())
	n, err := io.CopyBuffer(struct{ io.Writer }{f.h}, struct{ io.Reader }{io.LimitReader(file, st.Size()+1)}, f.buf)
	if err == nil && n != st.Size() {
		err = fmt.Errorf("'%s' changed while it was read", path)
	}
	return MakeID(f.h.Sum(nil)), err
}
