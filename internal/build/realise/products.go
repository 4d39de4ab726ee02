package realise

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/refscan"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// product is what the builder made of one output, on its way into the store.
type product struct {
	*output
	at      string // where it lies now
	mode    fs.FileMode
	hash    nixhash.Hash // of the archive as it lies there
	size    uint64
	refs    []storepath.Path // found in it: inputs, and outputs by their scratch paths; sorted
	discard bool             // references are not looked for
	final   storepath.Path
	info    *pathinfo.Info
}

// mentions tells whether the product may hold the hash part of a path.
func (p *product) mentions(path storepath.Path) bool {
	if p.discard {
		return true
	}
	_, found := slices.BinarySearch(p.refs, path)
	return found
}

// products looks at everything the builder made that is wanted. Of a derivation with several outputs
// some may be there already: those are kept as they were, and what refers to their scratch paths will
// refer to them.
func (b *build) products() (list, kept []*product, err error) {
	candidates := slices.Clone(b.inputs)
	for _, o := range b.outputs {
		candidates = append(candidates, o.scratch)
	}
	seen := map[fstree.Inode]struct{}{} // outputs may share files by hard links
	for _, o := range b.outputs {
		if o.valid && b.mode == plan.Normal {
			kept = append(kept, &product{output: o, final: o.known})
			continue
		}
		p, err := b.product(o, seen)
		if err != nil {
			return nil, nil, err
		}
		if err := b.scan(p, candidates); err != nil {
			return nil, nil, err
		}
		list = append(list, p)
	}
	return list, kept, nil
}

// left is where the builder put an output.
func (b *build) left(o *output) string {
	if b.isolated {
		return filepath.Join(b.scratch, "store", string(o.scratch))
	}
	return b.real(o.scratch)
}

// product checks what cannot be judged by contents, and brings the metadata into canonical form.
func (b *build) product(o *output, seen map[fstree.Inode]struct{}) (*product, error) {
	p := &product{output: o, at: b.left(o), discard: b.opt.UnsafeDiscardReferences[o.Name]}
	info, err := os.Lstat(p.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, plan.Failf(plan.OutputRejected, "builder for '%s' failed to produce output path for output '%s' at \"%s\"", b.full(b.drv), o.Name, p.at)
	}
	if err != nil {
		return nil, err
	}
	p.mode = info.Mode()
	if p.mode&fs.ModeSymlink == 0 && p.mode&0o022 != 0 || b.user != nil && !b.user.owns(info) {
		return nil, plan.Failf(plan.OutputRejected, "suspicious ownership or permission on \"%s\" for output '%s'; rejecting this build output", p.at, o.Name)
	}
	opts := fstree.CanonicalOptions{Seen: seen, KeepXattrs: b.r.Config.IgnoredACLs}
	if b.user != nil {
		opts.Owners = &[2]uint32{uint32(b.user.uid), uint32(b.user.uid + b.user.count - 1)}
	}
	if err := fstree.Canonicalise(p.at, opts); err != nil {
		return nil, plan.Failf(plan.OutputRejected, "%v", err)
	}
	return p, nil
}

// scan finds the references and the hash in one reading. Outputs of builders that reach the network are
// copied meanwhile, out of the reach of descriptors that a builder may have handed to another process.
func (b *build) scan(p *product, candidates []storepath.Path) error {
	hash := nixhash.NewWriter(nixhash.SHA256)
	taps := []io.Writer{hash}
	var scanner *refscan.Scanner
	if !p.discard {
		scanner = refscan.NewScanner(candidates)
		taps = append(taps, scanner)
	}
	tee := io.MultiWriter(taps...)
	var err error
	if p.Kind == derivation.Fixed || p.Kind == derivation.Impure {
		err = b.remake(p, func(w io.Writer) (io.Writer, func() error, error) {
			return io.MultiWriter(tee, w), nil, nil
		})
	} else {
		err = fstree.Dump(tee, p.at, nar.DumpOptions{})
	}
	if errno := syscall.Errno(0); err != nil && !errors.As(err, &errno) { // not the machine's fault
		return plan.Failf(plan.OutputRejected, "output '%s' of '%s': %v", p.Name, b.full(b.drv), err)
	}
	if err != nil {
		return err
	}
	p.hash, p.size = hash.Sum(), hash.Size()
	if scanner != nil {
		p.refs = scanner.Found()
	}
	return nil
}

// remake replaces a product by a copy whose archive went through a filter, in a place that no builder
// can reach. The filter's second result, if any, is called at the end.
func (b *build) remake(p *product, filter func(io.Writer) (io.Writer, func() error, error)) error {
	dir, err := b.workDir()
	if err != nil {
		return err
	}
	to := filepath.Join(dir, p.Name+"-"+strconv.Itoa(b.remade))
	b.remade++
	pr, pw := io.Pipe()
	dumped := make(chan error, 1)
	go func() {
		w, flush, err := filter(pw)
		if err == nil {
			err = fstree.Dump(w, p.at, nar.DumpOptions{})
		}
		if err == nil && flush != nil {
			err = flush()
		}
		pw.CloseWithError(err)
		dumped <- err
	}()
	err = fstree.Restore(nar.NewReader(pr), to, fstree.RestoreOptions{})
	pr.CloseWithError(err)
	if e := <-dumped; e != nil {
		err = e
	}
	if err != nil {
		return err
	}
	if _, err = fstree.Remove(p.at); err != nil {
		return err
	}
	p.at = to
	return nil
}

// workDir is a directory beside the outputs that builders do not see.
func (b *build) workDir() (string, error) {
	if b.scratch == "" {
		b.scratch = b.real(b.drv) + ".chroot"
		if _, err := fstree.Remove(b.scratch); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(b.scratch, "work")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, nil
}

// rewrite replaces hash parts in a product.
func (b *build) rewrite(p *product, list []refscan.Rewrite) error {
	hash := nixhash.NewWriter(nixhash.SHA256)
	err := b.remake(p, func(w io.Writer) (io.Writer, func() error, error) {
		r, err := refscan.NewRewriter(io.MultiWriter(hash, w), list)
		if err != nil {
			return nil, nil, err
		}
		return r, r.Flush, nil
	})
	p.hash, p.size = hash.Sum(), hash.Size()
	return err
}

// inOrder sorts products so that each comes after the others it refers to.
func (b *build) inOrder(list []*product) ([]*product, error) {
	byPath := map[storepath.Path]*product{}
	for _, p := range list {
		byPath[p.scratch] = p
	}
	const visiting, visited = 1, 2
	state := map[*product]int{}
	var order []*product
	var visit func(p, parent *product) error
	visit = func(p, parent *product) error {
		switch state[p] {
		case visited:
			return nil
		case visiting:
			return plan.Failf(plan.OutputRejected, "cycle detected in build of '%s' in the references of output '%s' from output '%s'", b.full(b.drv), p.Name, parent.Name)
		}
		state[p] = visiting
		for _, r := range p.refs {
			if q := byPath[r]; q != nil && q != p {
				if err := visit(q, p); err != nil {
					return err
				}
			}
		}
		state[p] = visited
		order = append(order, p)
		return nil
	}
	for _, p := range list {
		if err := visit(p, nil); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// movePath renames across directories, which for a directory needs write permission on it.
func movePath(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	readOnly := info.IsDir() && info.Mode()&0o200 == 0 && os.Geteuid() != 0
	if readOnly {
		if err := os.Chmod(from, info.Mode()|0o200); err != nil {
			return err
		}
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("moving into the store: %w", err)
	}
	if readOnly {
		return os.Chmod(to, info.Mode())
	}
	return nil
}
