package world

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"firn/internal/diag"
	"firn/internal/fetch"
	"firn/internal/fetch/input"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
)

// Fetcher lets an evaluation fetch by the given rules.
type Fetcher struct {
	*fetch.Fetcher
	Context context.Context
	Rules   fetch.Rules
	Store   *FetchStore
	// Allow lets the evaluation see what was fetched.
	Allow func(storepath.Path)
	// Copy copies the closure of a path from the store at an address.
	Copy func(ctx context.Context, from string, p storepath.Path) error
	// Readdress copies it under paths that follow from the contents, and returns
	// that of p.
	Readdress func(ctx context.Context, from string, p storepath.Path) (storepath.Path, error)
}

func fileCall(c eval.FileCall) fetch.FileCall {
	return fetch.FileCall{URL: c.URL, Name: c.Name, HasName: c.HasName, IsSet: c.IsSet, SHA256: c.SHA256, HasHash: c.HasHash}
}

// FetchFile implements [eval.Fetcher].
func (f *Fetcher) FetchFile(c eval.FileCall) (storepath.Path, error) {
	p, err := f.URL(f.Context, fileCall(c), f.Rules)
	if err != nil {
		return "", fetchError(err)
	}
	f.allow(p)
	return p, nil
}

// FetchTarball implements [eval.Fetcher].
func (f *Fetcher) FetchTarball(c eval.FileCall) (storepath.Path, error) {
	t, err := f.Tarball(f.Context, fileCall(c), f.Rules)
	if err != nil {
		return "", fetchError(err)
	}
	return f.copied(t)
}

// copied puts a tree into the store. Evaluation reads files below its store
// path.
func (f *Fetcher) copied(t *fetch.Tree) (storepath.Path, error) {
	p, err := t.Copy(f.Context)
	if err != nil {
		return "", fetchError(err)
	}
	f.allow(p)
	return p, nil
}

func (f *Fetcher) allow(p storepath.Path) {
	if f.Allow != nil {
		f.Allow(p)
	}
}

// FetchTree implements [eval.Fetcher].
func (f *Fetcher) FetchTree(c eval.TreeCall) ([]eval.FetchAttr, error) {
	call := fetch.Call{Git: c.Git, URL: c.URL}
	if c.IsSet {
		call.Attrs = inputAttrs(c.Attrs)
	}
	t, err := f.TreeOf(f.Context, call, f.Rules)
	if err != nil {
		return nil, fetchError(err)
	}
	if _, err := f.copied(t); err != nil {
		return nil, err
	}
	return evalAttrs(t.Attributes(f.Context, c.Git)), nil
}

// FetchMercurial implements [eval.Fetcher].
func (f *Fetcher) FetchMercurial(url, rev, name string) ([]eval.FetchAttr, error) {
	list, err := f.Mercurial(f.Context, url, rev, name, f.Rules)
	if err != nil {
		return nil, fetchError(err)
	}
	return evalAttrs(list), nil
}

// ParseRef implements [eval.Fetcher].
func (f *Fetcher) ParseRef(ref string) ([]eval.FetchAttr, error) {
	ref, dir := cutDir(ref)
	in, err := input.FromURL(f.Options, ref, true)
	if err != nil {
		return nil, fetchError(err)
	}
	attrs := in.Attrs()
	var out []eval.FetchAttr
	if dir != "" {
		out = append(out, eval.FetchAttr{Name: "dir", Value: dir})
	}
	for _, name := range attrs.Names() {
		out = append(out, eval.FetchAttr{Name: name, Value: attrs[name].Any()})
	}
	return out, nil
}

// FormatRef implements [eval.Fetcher].
func (f *Fetcher) FormatRef(attrs []eval.FetchAttr) (string, error) {
	all := inputAttrs(attrs)
	dir, _ := all["dir"].Str()
	delete(all, "dir")
	in, err := input.FromAttrs(f.Options, all)
	if err != nil {
		return "", fetchError(err)
	}
	u, err := in.URI()
	if err != nil {
		return "", fetchError(err)
	}
	if dir != "" {
		u.Query = maps.Clone(u.Query)
		if u.Query == nil {
			u.Query = map[string]string{}
		}
		u.Query["dir"] = dir
	}
	return u.String(), nil
}

// cutDir takes the parameter dir out of a flake reference: it says where in the
// tree the flake is, which is no business of fetching.
func cutDir(ref string) (rest, dir string) {
	head, query, ok := strings.Cut(ref, "?")
	if !ok {
		return ref, ""
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	var kept []string
	for _, p := range strings.Split(query, "&") {
		if v, ok := strings.CutPrefix(p, "dir="); ok {
			if d, err := url.PathUnescape(v); err == nil {
				dir = d
				continue
			}
		}
		kept = append(kept, p)
	}
	if len(kept) > 0 {
		head += "?" + strings.Join(kept, "&")
	}
	if hasFragment {
		head += "#" + fragment
	}
	return head, dir
}

func inputAttrs(list []eval.FetchAttr) input.Attrs {
	out := make(input.Attrs, len(list))
	for _, a := range list {
		switch v := a.Value.(type) {
		case string:
			out[a.Name] = input.String(v)
		case uint64:
			out[a.Name] = input.Int(v)
		case bool:
			out[a.Name] = input.Bool(v)
		}
	}
	return out
}

func evalAttrs(list []fetch.Attribute) []eval.FetchAttr {
	out := make([]eval.FetchAttr, len(list))
	for i, a := range list {
		out[i] = eval.FetchAttr{Name: a.Name, Value: a.Value}
	}
	return out
}

// fetchError words a failure for a program. A wrong hash ends the process with
// the status of its own.
func fetchError(err error) error {
	e := diag.As(err)
	if e.Code == "" {
		e.Code = diag.FetchFailed
	}
	if strings.HasPrefix(e.Error(), "hash mismatch") {
		e.Code, e.Status = diag.HashMismatch, 102
	}
	return e
}
