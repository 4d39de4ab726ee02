package cli

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// dumpDB is --dump-db. What it prints of each path are lines: the path, the hash
// of the archive in base 16, its size, the deriver or nothing, the number of
// references, and the references.
func (s *storeCall) dumpDB(ctx context.Context) error {
	paths, err := s.paths()
	if err == nil && len(s.Args) == 0 {
		paths, err = s.store.AllPaths(ctx)
	}
	if err != nil {
		return err
	}
	for _, p := range paths {
		info, err := s.store.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		s.line(s.full(p))
		s.line(info.NARHash.Base16())
		s.line(strconv.FormatUint(info.NARSize, 10))
		if info.Deriver != "" {
			s.out.WriteString(s.full(info.Deriver))
		}
		s.line("")
		s.line(itoa(len(info.References)))
		for _, r := range info.References {
			s.line(s.full(r))
		}
	}
	return nil
}

// loadDB is --load-db.
func (s *storeCall) loadDB(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	return s.registerPaths(ctx, registration{again: true, hashGiven: true})
}

// register is --register-validity.
func (s *storeCall) register(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	return s.registerPaths(ctx, registration{
		again: s.Has(&storeReregisterFlag), hashGiven: s.Has(&storeHashGivenFlag), canonicalise: true,
	})
}

// A registration says how paths whose files are there are registered.
type registration struct {
	again        bool // also those that are valid
	hashGiven    bool // the input has hashes and sizes
	canonicalise bool // bring metadata into the form that stores keep
}

func (s *storeCall) registerPaths(ctx context.Context, o registration) error {
	r := &infoReader{r: bufio.NewReader(s.Process.In), dir: s.store.Dir(), hashGiven: o.hashGiven}
	last := make(map[storepath.Path]int) // where each stands in infos
	var infos []*pathinfo.Info
	for {
		info, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		wanted, err := s.prepare(ctx, info, o)
		if err != nil {
			return err
		}
		if i, twice := last[info.Path]; twice && wanted {
			infos[i] = info
		} else if wanted {
			last[info.Path] = len(infos)
			infos = append(infos, info)
		}
	}
	return s.store.Register(ctx, infos)
}

// prepare completes what is known of a path; wanted tells whether it is to be
// registered.
func (s *storeCall) prepare(ctx context.Context, info *pathinfo.Info, o registration) (wanted bool, err error) {
	if !o.again {
		if valid, err := s.store.IsValid(ctx, info.Path); err != nil || valid {
			return false, err
		}
	}
	real := s.store.RealPath(info.Path)
	if o.canonicalise {
		if err := fstree.Canonicalise(real, fstree.CanonicalOptions{KeepXattrs: s.Config.Store.IgnoredACLs}); err != nil {
			return false, err
		}
	}
	if !o.hashGiven {
		if info.NARHash, info.NARSize, err = hashTree(real); err != nil {
			return false, err
		}
	}
	return true, nil
}

// An infoReader reads what --dump-db writes; unless hashGiven, without hash and
// size.
type infoReader struct {
	r         *bufio.Reader
	dir       storepath.Dir
	hashGiven bool
}

// line returns the next line. One without an end is none.
func (r *infoReader) line() (string, error) {
	s, err := r.r.ReadString('\n')
	return strings.TrimSuffix(s, "\n"), err
}

func (r *infoReader) number() (uint64, error) {
	s, err := r.line()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, diag.New(diag.InvalidArgument, "number expected")
	}
	return n, nil
}

func (r *infoReader) path() (storepath.Path, error) {
	s, err := r.line()
	if err != nil {
		return "", err
	}
	return r.dir.Parse(s)
}

// next returns the next path, or io.EOF.
func (r *infoReader) next() (*pathinfo.Info, error) {
	p, err := r.path()
	if err != nil {
		return nil, err
	}
	info := &pathinfo.Info{Path: p}
	if err := r.rest(info); err == io.EOF {
		return nil, diag.New(diag.InvalidArgument, "missing input")
	} else if err != nil {
		return nil, err
	}
	return info, nil
}

func (r *infoReader) rest(info *pathinfo.Info) error {
	if r.hashGiven {
		text, err := r.line()
		if err != nil {
			return err
		}
		if info.NARHash, err = nixhash.ParseAny(text, nixhash.SHA256); err != nil {
			return err
		}
		if info.NARSize, err = r.number(); err != nil {
			return err
		}
	}
	deriver, err := r.line()
	if err == nil && deriver != "" {
		info.Deriver, err = r.dir.Parse(deriver)
	}
	if err != nil {
		return err
	}
	n, err := r.number()
	if err != nil {
		return err
	}
	for range n {
		p, err := r.path()
		if err != nil {
			return err
		}
		info.References = append(info.References, p)
	}
	info.References = sortedPaths(info.References)
	return nil
}

// checkValidity is --check-validity.
func (s *storeCall) checkValidity(ctx context.Context) error {
	paths, err := s.paths()
	if err != nil {
		return err
	}
	for _, p := range paths {
		valid, err := s.store.IsValid(ctx, p)
		switch {
		case err != nil:
			return err
		case valid:
		case s.Has(&storePrintInvalidFlag):
			s.line(s.full(p))
		default:
			return diag.New(diag.NotInStore, "path '%s' is not valid", s.full(p))
		}
	}
	return nil
}

// printEnv is --print-env.
func (s *storeCall) printEnv(ctx context.Context) error {
	if len(s.Args) != 1 {
		return diag.Misuse(diag.Usage, "'--print-env' requires one derivation store path")
	}
	p, err := s.store.Dir().Parse(s.Args[0])
	if err != nil {
		return err
	}
	d, err := s.derivation(ctx, p)
	if err != nil {
		return err
	}
	s.exports(d)
	return nil
}

func (s *storeCall) exports(d *derivation.Derivation) {
	for _, v := range d.Env {
		s.line("export " + v.Name + "; " + v.Name + "=" + shellQuote(v.Value) + "\n") // Nix: has an empty line behind each
	}
	s.line("export _args; _args=" + shellQuote(strings.Join(d.Args, " ")))
}

// shellQuote makes one word of a shell out of any text.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
