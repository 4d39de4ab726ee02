// Package blob moves the files of binary caches: named contents that are read
// whole or in part, asked for, and replaced in one step. It knows nothing of
// what they mean.
package blob

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

// Store holds files under keys, which are relative paths with slashes. It may be
// used by several goroutines at once.
type Store interface {
	// URL is the store's address as people are shown it.
	URL() string
	// Get returns the contents of a file, or an error that is [fs.ErrNotExist].
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// GetRange returns length bytes of a file from offset on, fewer if it ends
	// before.
	GetRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Has tells whether there is a file.
	Has(ctx context.Context, key string) (bool, error)
	// Put makes size bytes of r the contents of a file. Nobody sees a part.
	Put(ctx context.Context, key string, r io.ReadSeeker, o PutOptions) error
}

// Lister is a store that knows which files it has.
type Lister interface {
	// Keys returns the keys that have no slash and end in suffix, sorted.
	Keys(ctx context.Context, suffix string) ([]string, error)
}

// PutOptions describe contents.
type PutOptions struct {
	Size        int64
	ContentType string
	// Encoding is how the contents are compressed for transport, "" if not.
	Encoding string
}

// NotExistError is the [fs.ErrNotExist] of a store.
type NotExistError struct{ URL, Key string }

func (e *NotExistError) Error() string {
	return fmt.Sprintf("file '%s' does not exist in binary cache '%s'", e.Key, e.URL)
}

// Is makes the error an [fs.ErrNotExist].
func (e *NotExistError) Is(target error) bool { return target == fs.ErrNotExist }

// ReadAll returns the contents of a file of at most limit bytes. A server that
// never stops sending is given up.
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read '%s' of binary cache '%s': %w", key, s.URL(), err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("file '%s' of binary cache '%s' has more than %d bytes", key, s.URL(), limit)
	}
	return data, nil
}
