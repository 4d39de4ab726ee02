package realise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/compress"
	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// A Fetch opens a URL; the contents are as the server stores them. Progress goes to parent.
type Fetch func(ctx context.Context, url string, parent *activity.Activity) (io.ReadCloser, error)

// builtins are the builders that this program has inside. They run in this process: they only read
// inputs and write the output.
var builtins = map[string]func(*build, *watcher) error{
	"fetchurl":       (*build).fetchurl,
	"buildenv":       (*build).buildenv,
	"unpack-channel": (*build).unpackChannel,
}

// runBuiltin runs one of them and words its failure as that of a program.
func (b *build) runBuiltin(name string, w *watcher) error {
	b.result.Start = time.Now()
	f, ok := builtins[name]
	var err error
	if ok {
		err = f(b, w)
	} else {
		err = fmt.Errorf("unsupported builtin builder '%s'", name)
	}
	b.result.Stop = time.Now()
	if err == nil {
		return nil
	}
	if ctxErr := b.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	fmt.Fprintf(w, "error: %s\n", err)
	w.lines.Flush()
	status := plan.PermanentFailure
	if !b.kind.IsSandboxed() {
		status = plan.TransientFailure
	}
	return b.failure(status, "failed with exit code 1", w, "")
}

func (b *build) attr(name string) (string, error) {
	v, ok := b.d.EnvValue(name)
	if !ok {
		return "", fmt.Errorf("attribute '%s' missing", name)
	}
	return v, nil
}

// outAt is where a builtin writes its output.
func (b *build) outAt() (string, *output, error) {
	for _, o := range b.outputs {
		if o.Name == "out" {
			return b.left(o), o, nil
		}
	}
	return "", nil, errors.New("attribute 'out' missing")
}

// fetchurl downloads one file, from a mirror that sorts by hash or from where the derivation says.
func (b *build) fetchurl(w *watcher) error {
	to, out, err := b.outAt()
	if err != nil {
		return errors.New("'builtin:fetchurl' requires an 'out' output")
	}
	if !b.kind.IsFixed() && !b.kind.IsImpure() {
		return errors.New("'builtin:fetchurl' must be a fixed-output or impure derivation")
	}
	main, err := b.attr("url")
	if err != nil {
		return err
	}
	unpack, _ := b.d.EnvValue("unpack")
	executable, _ := b.d.EnvValue("executable")
	get := func(url string) error {
		err := b.download(url, to, unpack == "1", strings.HasSuffix(main, ".xz"))
		if err == nil && executable == "1" {
			err = os.Chmod(to, 0o755)
		}
		return err
	}
	if out.Kind == derivation.Fixed && out.CA.Method == storepath.Flat {
		for _, m := range b.r.Config.HashedMirrors {
			url := strings.TrimSuffix(m, "/") + "/" + out.CA.Hash.Algo().String() + "/" + out.CA.Hash.Base16()
			if err := get(url); err == nil {
				return nil
			}
			if _, err := fstree.Remove(to); err != nil {
				return err
			}
		}
	}
	return get(main)
}

func (b *build) download(url, to string, unpack, xz bool) error {
	if b.r.Fetch == nil {
		return fmt.Errorf("cannot download '%s' here", url)
	}
	body, err := b.r.Fetch(b.ctx, url, b.act)
	if err != nil {
		return err
	}
	defer body.Close()
	if unpack {
		var in io.ReadCloser = body
		if xz {
			if in, err = compress.NewReader(compress.Xz, body); err != nil {
				return err
			}
			defer in.Close()
		}
		return fstree.Restore(nar.NewReader(in), to, fstree.RestoreOptions{})
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

// onMachine is where a path that begins with the store directory lies on this machine.
func (b *build) onMachine(logical string) string {
	if rest, ok := strings.CutPrefix(logical, string(b.dir)+"/"); ok {
		return filepath.Join(b.realDir(), rest)
	}
	return logical
}
