package store

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"firn/internal/activity"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/refscan"
	"firn/internal/format/storepath"
)

// MakeContentAddressed adds to a store what a closure of another one has, each
// object under the path that follows from its contents, with references to these
// paths. It returns for each path what it became.
func MakeContentAddressed(ctx context.Context, from Reader, to Destination, closure []*pathinfo.Info, o CopyOptions) (map[storepath.Path]storepath.Path, error) {
	became := make(map[storepath.Path]storepath.Path, len(closure))
	for _, info := range ReferencesFirst(closure) {
		r := readdressing{from: from, to: to, old: info, options: o}
		for _, ref := range info.References {
			r.refer(ref, became)
		}
		p, err := r.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("make '%s' content-addressed: %w", from.Dir().Join(info.Path), err)
		}
		became[info.Path] = p
	}
	return became, nil
}

// A readdressing is that of one object.
type readdressing struct {
	from     Reader
	to       Destination
	old      *pathinfo.Info
	options  CopyOptions
	refs     storepath.References
	rewrites []refscan.Rewrite
}

// refer notes a reference and what it has to become.
func (r *readdressing) refer(ref storepath.Path, became map[storepath.Path]storepath.Path) {
	if ref == r.old.Path {
		r.refs.Self = true
		return
	}
	now, ok := became[ref]
	if !ok {
		now = ref
	}
	r.refs.Others = append(r.refs.Others, now)
	if now != ref {
		// Nix: whole paths are replaced, not hash parts wherever they stand (2.34).
		dir := r.from.Dir()
		r.rewrites = append(r.rewrites, refscan.Rewrite{From: dir.Join(ref), To: dir.Join(now)})
	}
}

func (r *readdressing) run(ctx context.Context) (storepath.Path, error) {
	archive, err := r.archive(ctx)
	if err != nil {
		return "", err
	}
	modulo := refscan.NewModulo(nixhash.SHA256, r.old.Path)
	if err := rewrite(modulo, r.rewrites, archive); err != nil {
		return "", err
	}
	hash, size := modulo.Sum()
	ca := storepath.ContentAddress{Method: storepath.NAR, Hash: hash}
	info, err := pathinfo.FromCA(r.to.Dir(), r.old.Path.Name(), ca, r.refs, nixhash.Hash{}, size)
	if err != nil {
		return "", err
	}
	r.options.Recorder.Say(activity.Info, fmt.Sprintf("rewriting '%s' to '%s'", r.from.Dir().Join(r.old.Path), r.to.Dir().Join(info.Path)))
	if known, err := r.to.IsValid(ctx, info.Path); err != nil || known {
		return info.Path, err
	}
	self := refscan.Rewrite{From: r.old.Path.HashPart(), To: info.Path.HashPart()}
	write := func(w io.Writer) error {
		return rewrite(w, []refscan.Rewrite{self}, func(w io.Writer) error { return rewrite(w, r.rewrites, archive) })
	}
	sum := nixhash.NewWriter(nixhash.SHA256)
	if err := write(sum); err != nil {
		return "", err
	}
	info.NARHash = sum.Sum()
	in, out := io.Pipe()
	go func() { out.CloseWithError(write(out)) }()
	defer in.Close()
	return info.Path, r.to.AddNAR(ctx, info, in, AddOptions{Unsigned: true})
}

// archive returns a function that writes the object's archive, several times. A
// small one is read once; a large one is read each time, to save memory.
func (r *readdressing) archive(ctx context.Context) (func(io.Writer) error, error) {
	const small = 64 << 20
	if r.old.NARSize > small {
		return func(w io.Writer) error { return r.from.WriteNAR(ctx, r.old.Path, w) }, nil
	}
	var b bytes.Buffer
	if err := r.from.WriteNAR(ctx, r.old.Path, &b); err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}, nil
}

// rewrite passes on what write writes with texts replaced.
func rewrite(w io.Writer, list []refscan.Rewrite, write func(io.Writer) error) error {
	r, err := refscan.NewRewriter(w, list)
	if err != nil {
		return err
	}
	if err := write(r); err != nil {
		return err
	}
	return r.Flush()
}
