package realise

import (
	"fmt"
	"os"
	"path/filepath"

	"firn/internal/fetch/extract"
	"firn/internal/fetch/unpack"
)

// unpackChannel unpacks an archive with one directory and gives that the channel's name.
func (b *build) unpackChannel(w *watcher) error {
	out, _, err := b.outAt()
	if err != nil {
		return err
	}
	name, err := b.attr("channelName")
	if err != nil {
		return err
	}
	src, err := b.attr("src")
	if err != nil {
		return err
	}
	if filepath.Base(name) != name {
		return fmt.Errorf("channelName is not allowed to contain filesystem separators, got %s", name)
	}
	in, err := os.Open(b.onMachine(src))
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := unpack.NewReader(in, unpack.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	root, err := extract.Spread(r, b.tmp)
	if err != nil {
		return err
	}
	switch len(root.Children) {
	case 0:
		return fmt.Errorf("channel tarball '%s' is empty", src)
	case 1:
	default:
		return fmt.Errorf("channel tarball '%s' contains more than one file", src)
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	for _, top := range root.Children {
		return extract.LayOut(top, filepath.Join(out, name))
	}
	return nil
}
