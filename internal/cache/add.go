package cache

import (
	"context"
	"fmt"
	"io"

	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/format/nar"
	"firn/internal/format/narinfo"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/store"
)

// AddNAR implements [store.NARAdder]. What the path refers to has to be there.
// Signatures are passed on, not judged: that is for those who read.
func (c *Cache) AddNAR(ctx context.Context, info *pathinfo.Info, r io.Reader, o store.AddOptions) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	if !o.Repair {
		if valid, err := c.IsValid(ctx, info.Path); err != nil || valid {
			return err
		}
	}
	if err := c.checkReferences(ctx, info); err != nil {
		return err
	}
	var packed spool
	defer packed.close()
	ni, list, err := c.pack(info, r, &packed)
	if err != nil {
		return err
	}
	if err := c.putArchive(ctx, ni, &packed, o.Repair); err != nil {
		return err
	}
	if err := c.putIndexes(ctx, ni, list); err != nil {
		return err
	}
	if err := ni.Sign(c.o.Dir, c.o.Keys...); err != nil {
		return err
	}
	return c.putNarinfo(ctx, ni)
}

func (c *Cache) checkReferences(ctx context.Context, info *pathinfo.Info) error {
	for _, ref := range info.References {
		if ref == info.Path {
			continue
		}
		valid, err := c.IsValid(ctx, ref)
		if err != nil {
			return err
		}
		if !valid {
			return fmt.Errorf("cannot add '%s' to the binary cache because the reference '%s' is not valid", c.o.Dir.Join(info.Path), c.o.Dir.Join(ref))
		}
	}
	return nil
}

// pack compresses an archive and checks it on the way.
func (c *Cache) pack(info *pathinfo.Info, r io.Reader, packed *spool) (*narinfo.Info, *nar.Listing, error) {
	narHash, fileHash := nixhash.NewWriter(nixhash.SHA256), nixhash.NewWriter(nixhash.SHA256)
	enc, err := compress.NewWriter(c.o.Compression, io.MultiWriter(fileHash, packed), c.o.Compress)
	if err != nil {
		return nil, nil, fmt.Errorf("failed to initialize compression (%w)", err)
	}
	r = io.TeeReader(r, io.MultiWriter(narHash, enc))
	list, err := nar.IndexOf(r, info.NARSize)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if e := enc.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, nil, fmt.Errorf("add path '%s' to binary cache '%s': %w", c.o.Dir.Join(info.Path), c.URL(), err)
	}
	if err := store.CheckNAR(c.o.Dir, info, narHash.Sum(), narHash.Size()); err != nil {
		return nil, nil, err
	}
	ni := &narinfo.Info{Info: *info, Compression: c.o.Compression.String(), FileHash: fileHash.Sum(), FileSize: fileHash.Size()}
	ni.URL = "nar/" + ni.FileHash.Text(nixhash.Nix32, false) + ".nar" + extension(c.o.Compression)
	ni.RegistrationTime, ni.Ultimate = 0, false // the other store's business
	return ni, list, nil
}

// extension is what archives are named by. Nix has none for gzip and lzma.
func extension(m compress.Method) string {
	if m == compress.Gzip || m == compress.LZMA {
		return ""
	}
	return m.Extension()
}

func (c *Cache) putArchive(ctx context.Context, info *narinfo.Info, packed *spool, anew bool) error {
	if !anew {
		if there, err := c.blobs.Has(ctx, info.URL); err != nil || there {
			return err
		}
	}
	r, err := packed.reader()
	if err != nil {
		return err
	}
	o := blob.PutOptions{Size: packed.size, ContentType: "application/x-nix-nar"}
	if err := c.blobs.Put(ctx, info.URL, r, o); err != nil {
		return fmt.Errorf("write archive of '%s' to binary cache '%s': %w", c.o.Dir.Join(info.Path), c.URL(), err)
	}
	return nil
}
