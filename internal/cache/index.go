package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"firn/internal/format/nar"
	"firn/internal/format/narinfo"
)

// putIndexes writes what options ask for beside an archive.
func (c *Cache) putIndexes(ctx context.Context, info *narinfo.Info, list *nar.Listing) error {
	if c.o.WriteListing {
		if err := c.putEncoded(ctx, info.Path.HashPart()+".ls", "application/json", c.o.ListingEncoding, bytes.NewReader(list.LSFile())); err != nil {
			return err
		}
	}
	if !c.o.IndexDebug {
		return nil
	}
	return c.putDebugInfo(ctx, info, list)
}

// putDebugInfo tells debuggers which archive has the symbols of a build id: the
// name of a file lib/debug/.build-id/XX/YYYY.debug.
func (c *Cache) putDebugInfo(ctx context.Context, info *narinfo.Info, list *nar.Listing) error {
	const folder = "lib/debug/.build-id"
	if list.Type != nar.Directory {
		return nil
	}
	ids := list.Lookup(folder)
	if ids == nil || ids.Type != nar.Directory {
		return nil
	}
	for _, dir := range ids.Entries {
		if dir.Node.Type != nar.Directory || !isHex(dir.Name, 2) {
			continue
		}
		for _, file := range dir.Node.Entries {
			rest, ok := strings.CutSuffix(file.Name, ".debug")
			if !ok || file.Node.Type != nar.Regular || !isHex(rest, 38) {
				continue
			}
			text, err := json.Marshal(struct {
				Archive string `json:"archive"`
				Member  string `json:"member"`
			}{"../" + info.URL, folder + "/" + dir.Name + "/" + file.Name})
			if err != nil {
				return err
			}
			if err := c.putNew(ctx, "debuginfo/"+dir.Name+file.Name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// putNew writes a file of JSON unless it is there.
func (c *Cache) putNew(ctx context.Context, key string, text []byte) error {
	there, err := c.blobs.Has(ctx, key)
	if err != nil || there {
		return err
	}
	return c.put(ctx, key, "application/json", text)
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
