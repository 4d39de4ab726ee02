package world

import (
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
)

// FetchClosure implements [eval.Fetcher]. What is there already is not fetched.
func (f *Fetcher) FetchClosure(c eval.ClosureCall) (storepath.Path, error) {
	p := c.FromPath
	if c.Rewrite {
		p = c.ToPath
	}
	dir, backing := f.Store.Dir(), f.Store.Backing
	valid := false
	if p != "" {
		var err error
		if valid, err = backing.IsValid(f.Context, p); err != nil {
			return "", err
		}
	}
	if !valid {
		if err := f.fetchClosure(c); err != nil {
			return "", err
		}
	}
	info, err := backing.PathInfo(f.Context, p)
	if err != nil {
		return "", err
	}
	addressed, _ := info.IsContentAddressed(dir)
	if err := wrongAddressing(c, dir.Join(p), addressed); err != nil {
		return "", err
	}
	f.allow(p)
	return p, nil
}

// fetchClosure copies what is asked for or rewrites it, which has to give the
// path that is expected.
func (f *Fetcher) fetchClosure(c eval.ClosureCall) error {
	if !c.Rewrite {
		return f.Copy(f.Context, c.FromStore, c.FromPath)
	}
	became, err := f.Readdress(f.Context, c.FromStore, c.FromPath)
	if err != nil {
		return err
	}
	dir := f.Store.Dir()
	switch c.ToPath {
	case became:
		return nil
	case "":
		return diag.New(diag.InvalidArgument, "rewriting '%s' to content-addressed form yielded '%s'\n"+
			"Use this value for the 'toPath' attribute passed to 'fetchClosure'", dir.Join(c.FromPath), dir.Join(became))
	}
	return diag.New(diag.InvalidArgument, "rewriting '%s' to content-addressed form yielded '%s', while '%s' was expected",
		dir.Join(c.FromPath), dir.Join(became), dir.Join(c.ToPath))
}

// wrongAddressing refuses a path that was expected to be content-addressed and is
// not, or the other way round.
func wrongAddressing(c eval.ClosureCall, path string, addressed bool) error {
	switch {
	case c.Rewrite && !addressed:
		return diag.New(diag.InvalidArgument, "The 'toPath' value '%s' is input-addressed, so it can't possibly be the result of rewriting to a content-addressed path.\n\n"+
			"Set 'toPath' to an empty string to make Nix report the correct content-addressed path.", path)
	case c.InputAddressed && addressed:
		return diag.New(diag.InvalidArgument, "The store object referred to by 'fromPath' at '%s' is not input-addressed, but 'inputAddressed' is set to 'true'.\n\n"+
			"Remove the 'inputAddressed' attribute (it defaults to 'false') to expect 'fromPath' to be content-addressed", path)
	case !c.Rewrite && !c.InputAddressed && !addressed:
		return diag.New(diag.InvalidArgument, "The 'fromPath' value '%s' is input-addressed, but 'inputAddressed' is set to 'false' (default).\n\n"+
			"If you do intend to fetch an input-addressed store path, add\n\n    inputAddressed = true;\n\nto the 'fetchClosure' arguments.\n\n"+
			"Note that to ensure authenticity input-addressed store paths, users must configure a trusted binary cache public key on their systems. This is not needed for content-addressed paths.", path)
	}
	return nil
}
