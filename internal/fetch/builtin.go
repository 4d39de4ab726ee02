package fetch

import (
	"context"
	"fmt"
	"time"

	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// Rules are what an evaluation may fetch.
type Rules struct {
	Pure     bool                    // only what is locked
	CheckURI func(text string) error // refuses what restricted evaluation may not see; nil allows all
}

func (r Rules) check(text string) error {
	if r.CheckURI == nil {
		return nil
	}
	return r.CheckURI(text)
}

// Call is a call of builtins.fetchTree or builtins.fetchGit with a set, or with a string.
type Call struct {
	Git   bool        // fetchGit
	Final bool        // the attributes come from a lock file
	Attrs input.Attrs // of the set as written; nil if a string was given
	URL   string      // the string
}

func (c Call) name() string {
	if c.Git {
		return "fetchGit"
	}
	return "fetchTree"
}

// TreeOf is fetchTree and fetchGit.
func (f *Fetcher) TreeOf(ctx context.Context, c Call, rules Rules) (*Tree, error) {
	in, err := f.callInput(c)
	if err != nil {
		return nil, err
	}
	if !rules.Pure && !in.IsDirect() && f.Resolve != nil && f.enabled("flakes") {
		if in, err = f.Resolve(ctx, in); err != nil {
			return nil, err
		}
	}
	if rules.Pure && !in.IsLocked(!f.StrictForges) {
		if in.NARHash().IsZero() {
			return nil, fmt.Errorf("in pure evaluation mode, '%s' doesn't fetch unlocked input '%s'", c.name(), in)
		}
		f.warn("Input '%s' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. "+
			"This is not reproducible and will break after garbage collection or when shared.", in)
	}
	u, err := in.URI()
	if err != nil {
		return nil, err
	}
	if err := rules.check(u.String()); err != nil {
		return nil, err
	}
	if c.Final {
		in, err = in.With("__final", input.Bool(true))
	} else if in.IsFinal() {
		err = fmt.Errorf("input '%s' is not allowed to use the '__final' attribute", in)
	}
	if err != nil {
		return nil, err
	}
	return f.Fetch(ctx, in)
}

func (f *Fetcher) enabled(feature string) bool {
	return f.Options.Enabled == nil || f.Options.Enabled(feature)
}

// callInput makes an input from the argument of a call, with the defaults that the builtin has.
func (f *Fetcher) callInput(c Call) (input.Input, error) {
	if c.Attrs == nil && !c.Git {
		if !f.enabled("flakes") {
			return input.Input{}, fmt.Errorf("passing a string argument to 'fetchTree' requires the 'flakes' experimental feature")
		}
		return input.FromURL(f.Options, c.URL, true)
	}
	attrs := input.Attrs{"url": input.String(c.URL)}
	if c.Attrs != nil {
		attrs = c.Attrs.Clone()
	}
	_, hasType := attrs["type"]
	switch {
	case c.Git && hasType:
		return input.Input{}, fmt.Errorf("unexpected argument 'type'")
	case c.Git:
		attrs["type"] = input.String("git")
		if err := f.gitDefaults(attrs); err != nil {
			return input.Input{}, err
		}
	case !hasType:
		return input.Input{}, fmt.Errorf("argument 'type' is missing in call to 'fetchTree'")
	default:
		if _, ok := attrs["shallow"]; !ok && attrs["type"] == input.String("git") {
			attrs["shallow"] = input.Bool(true)
		}
		if _, ok := attrs["name"]; ok {
			return input.Input{}, fmt.Errorf("argument 'name' isn’t supported in call to 'fetchTree'")
		}
	}
	return input.FromAttrs(f.Options, attrs)
}

// gitDefaults are those of fetchGit: export-ignored files are left out, unless submodules are wanted.
func (f *Fetcher) gitDefaults(attrs input.Attrs) error {
	if url, ok := attrs["url"].Str(); ok {
		u, err := uri.FixGit(url, f.Options.Warn)
		if err != nil {
			return err
		}
		attrs["url"] = input.String(u.String())
	}
	submodules, _, err := attrs.Bool("submodules")
	if _, ok := attrs["exportIgnore"]; !ok && !submodules && err == nil {
		attrs["exportIgnore"] = input.Bool(true)
	}
	return err
}

// Attribute is an attribute of the set that a builtin returns. Value is a string, uint64, bool, storepath.Path (a string
// with context), or func() (uint64, error) for what is not yet computed.
type Attribute struct {
	Name  string
	Value any
}

// Attributes lists what fetchTree returns for t, or fetchGit: that has a rev and revCount of zeros for a dirty tree.
func (t *Tree) Attributes(ctx context.Context, git bool) []Attribute {
	list := []Attribute{{"outPath", t.Path}, {"narHash", t.NARHash.SRI()}}
	add := func(name string, value any) { list = append(list, Attribute{name, value}) }
	in := t.Input
	if in.Type() == "git" {
		add("submodules", in.Flag("submodules"))
	}
	rev := in.Rev()
	if rev.IsZero() && git {
		rev, _ = nixhash.FromBytes(nixhash.SHA1, make([]byte, nixhash.SHA1.Size()))
	}
	if !rev.IsZero() {
		add("rev", rev.Base16())
		add("shortRev", rev.Base16()[:7])
	}
	if n, ok := in.RevCount(); ok {
		add("revCount", n)
	} else if t.revCount != nil {
		add("revCount", func() (uint64, error) { return t.revCount(ctx) })
	} else if git {
		add("revCount", uint64(0))
	}
	if dirty, ok := in.Attr("dirtyRev"); ok {
		add("dirtyRev", dirty.Any())
		add("dirtyShortRev", in.Str("dirtyShortRev"))
	}
	if at, ok := in.LastModified(); ok {
		add("lastModified", at)
		add("lastModifiedDate", time.Unix(int64(at), 0).UTC().Format("20060102150405"))
	}
	return list
}

// Mercurial is fetchMercurial. rev is a commit, a branch or a tag, "" for the default; name "" is "source".
func (f *Fetcher) Mercurial(ctx context.Context, url, rev, name string, rules Rules) ([]Attribute, error) {
	if url == "" {
		return nil, fmt.Errorf("'url' argument required")
	}
	if err := rules.check(url); err != nil {
		return nil, err
	}
	if name == "" {
		name = "source"
	}
	attrs := input.Attrs{"type": input.String("hg"), "url": input.String(mercurialURL(url)), "name": input.String(name)}
	isCommit := input.IsCommit(rev)
	switch {
	case isCommit:
		attrs["rev"] = input.String(rev)
	case rules.Pure:
		return nil, fmt.Errorf("in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision")
	case rev != "":
		attrs["ref"] = input.String(rev)
	}
	in, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return nil, err
	}
	t, err := f.Fetch(ctx, in)
	if err != nil {
		return nil, err
	}
	if _, err := t.Copy(ctx); err != nil {
		return nil, err
	}
	list := []Attribute{{"outPath", t.Path}}
	if ref, ok := t.Input.Ref(); ok {
		list = append(list, Attribute{"branch", ref})
	}
	commit := "0000000000000000000000000000000000000000"
	if h := t.Input.Rev(); !h.IsZero() {
		commit = h.Base16()
	}
	list = append(list, Attribute{"rev", commit}, Attribute{"shortRev", commit[:12]})
	if n, ok := t.Input.RevCount(); ok {
		list = append(list, Attribute{"revCount", n})
	}
	return list, nil
}

// FileCall is a call of builtins.fetchurl or builtins.fetchTarball.
type FileCall struct {
	URL     string
	Name    string // "" if not given
	HasName bool
	IsSet   bool   // the argument was a set, not a string
	SHA256  string // as written
	HasHash bool
}

// expect returns the hash that was asked for, the zero Hash if none.
func (f *Fetcher) expect(c FileCall, who string, rules Rules) (nixhash.Hash, error) {
	if !c.HasHash {
		if rules.Pure {
			return nixhash.Hash{}, fmt.Errorf("in pure evaluation mode, '%s' requires a 'sha256' argument", who)
		}
		return nixhash.Hash{}, nil
	}
	if c.SHA256 == "" {
		h, err := nixhash.FromBytes(nixhash.SHA256, make([]byte, nixhash.SHA256.Size()))
		f.warn("found empty hash, assuming '%s'", h.SRI())
		return h, err
	}
	return nixhash.ParseAny(c.SHA256, nixhash.SHA256)
}

// checkName reports, with advice, a name that no store object can have.
func (c FileCall) checkName(name, who string) error {
	err := storepath.CheckName(name)
	if err == nil {
		return nil
	}
	advice := "Please pass an attribute set with 'url' and 'name' attributes to '%s',  so that it can create a valid store path."
	switch {
	case c.HasName:
		advice = "Please change the value for the 'name' attribute passed to '%s', so that it can create a valid store path."
	case c.IsSet:
		advice = "Please add a valid 'name' attribute to the argument for '%s', so that it can create a valid store path."
	}
	return fmt.Errorf("invalid store path name when fetching URL '%s': %w. %s", c.URL, err, fmt.Sprintf(advice, who))
}
