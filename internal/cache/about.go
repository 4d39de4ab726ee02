package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/format/storepath"
)

// About is what a binary cache says of itself in nix-cache-info.
type About struct {
	Dir           storepath.Dir
	WantMassQuery bool // it may be asked for many paths that it does not have
	Priority      int  // who has the lowest is asked first

	missing bool
}

const aboutKey = "nix-cache-info"

// About returns what the cache says of itself, with what the options put in its
// place. A cache for another store directory is an error.
func (c *Cache) About(ctx context.Context) (About, error) {
	c.mu.Lock()
	known := c.about
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	a, err := c.recallAbout(ctx)
	if err != nil {
		return About{}, err
	}
	if a.Dir != c.o.Dir {
		return About{}, fmt.Errorf("binary cache '%s' is for Nix stores with prefix '%s', not '%s'", c.URL(), a.Dir, c.o.Dir)
	}
	if c.o.WantMassQuery != nil {
		a.WantMassQuery = *c.o.WantMassQuery
	}
	if c.o.Priority != nil {
		a.Priority = *c.o.Priority
	}
	c.mu.Lock()
	c.about = &a
	c.mu.Unlock()
	return a, nil
}

// recallAbout remembers, or asks the cache.
func (c *Cache) recallAbout(ctx context.Context) (About, error) {
	if c.o.Memory == nil {
		return c.readAbout(ctx)
	}
	if a, known := c.o.Memory.About(ctx, c.URL()); known {
		return a, nil
	}
	a, err := c.readAbout(ctx)
	if err == nil && !a.missing {
		c.o.Memory.RememberAbout(ctx, c.URL(), a)
	}
	return a, err
}

func (c *Cache) readAbout(ctx context.Context) (About, error) {
	a := About{Dir: c.o.Dir}
	const limit = 64 << 10
	text, err := blob.ReadAll(ctx, c.blobs, aboutKey, limit)
	if errors.Is(err, fs.ErrNotExist) {
		a.missing = true
		return a, nil
	}
	if err != nil {
		return a, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); name {
		case "StoreDir":
			a.Dir = storepath.Dir(value)
		case "WantMassQuery":
			a.WantMassQuery = value == "1"
		case "Priority":
			if a.Priority, err = strconv.Atoi(value); err != nil {
				return a, fmt.Errorf("binary cache '%s' has the priority '%s', which is not a number", c.URL(), value)
			}
		}
	}
	return a, nil
}

// begin makes an empty directory or bucket a binary cache.
func (c *Cache) begin(ctx context.Context) error {
	a, err := c.About(ctx)
	if err != nil || !a.missing {
		return err
	}
	if err := c.put(ctx, aboutKey, "text/x-nix-cache-info", []byte("StoreDir: "+string(c.o.Dir)+"\n")); err != nil {
		return err
	}
	a.missing = false
	c.mu.Lock()
	c.about = &a
	c.mu.Unlock()
	return nil
}

// put writes a small file.
func (c *Cache) put(ctx context.Context, key, contentType string, data []byte) error {
	return c.putEncoded(ctx, key, contentType, compress.None, bytes.NewReader(data))
}

// putEncoded writes a file that is compressed for transport.
func (c *Cache) putEncoded(ctx context.Context, key, contentType string, m compress.Method, data io.Reader) error {
	var s spool
	defer s.close()
	o := blob.PutOptions{ContentType: contentType}
	if m != compress.None {
		o.Encoding = m.String()
	}
	enc, err := compress.NewWriter(m, &s, compress.Options{})
	if err != nil {
		return err
	}
	if _, err = io.Copy(enc, data); err == nil {
		err = enc.Close()
	}
	if err != nil {
		return err
	}
	r, err := s.reader()
	if err != nil {
		return err
	}
	o.Size = s.size
	if err := c.blobs.Put(ctx, key, r, o); err != nil {
		return fmt.Errorf("write '%s' to binary cache '%s': %w", key, c.URL(), err)
	}
	return nil
}
