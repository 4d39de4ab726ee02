package wiring

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/fetch"
	"firn/internal/fetch/download"
	"firn/internal/fetch/input"
	"firn/internal/fetch/s3"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/store"
	"firn/internal/world"
)

// newFetcher connects a fetcher by the rules of the evaluation e. The parts are
// made when something is fetched.
func newFetcher(ctx context.Context, v *config.Values, m *Machine, st *world.FetchStore, e *Evaluation) eval.Fetcher {
	return &lazyFetcher{make: sync.OnceValues(func() (*world.Fetcher, error) {
		client, err := NewClient(v, m)
		if err != nil {
			return nil, err
		}
		f := fetch.New(fetch.Config{
			Store: st, CacheDir: m.CacheDir(), Download: client,
			Options: input.Options{
				Enabled: func(name string) bool {
					feature, ok := config.ParseFeature(name)
					return ok && v.General.ExperimentalFeatures.Has(feature)
				},
				Warn: func(s string) { m.Recorder.Say(activity.Warn, s) },
			},
			Recorder: m.Recorder, TTL: time.Duration(v.Fetch.TarballTTL) * time.Second,
			RefuseDirty: !v.Fetch.AllowDirty, QuietDirty: !v.Fetch.WarnDirty,
		})
		return &world.Fetcher{
			Fetcher: f, Context: ctx, Store: st,
			Copy: func(ctx context.Context, from string, p storepath.Path) error {
				return withClosure(ctx, from, p, v, m, func(source store.Store, infos []*pathinfo.Info) error {
					return store.Copy(ctx, source, st.Backing, infos, store.CopyOptions{Recorder: m.Recorder, FromName: from})
				})
			},
			Readdress: func(ctx context.Context, from string, p storepath.Path) (became storepath.Path, err error) {
				err = withClosure(ctx, from, p, v, m, func(source store.Store, infos []*pathinfo.Info) error {
					all, err := store.MakeContentAddressed(ctx, source, st.Backing, infos, store.CopyOptions{Recorder: m.Recorder})
					became = all[p]
					return err
				})
				return became, err
			},
			Rules: fetch.Rules{Pure: v.Eval.Pure, CheckURI: uriCheck(v, e)},
			Allow: func(p storepath.Path) {
				if e.Access != nil {
					e.Access.Allow(st.Dir().Join(p))
				}
			},
		}, nil
	})}
}

// withClosure runs f on the store at an address and what it knows of a path and
// everything that this refers to.
func withClosure(ctx context.Context, from string, p storepath.Path, v *config.Values, m *Machine, f func(store.Store, []*pathinfo.Info) error) error {
	source, err := Open(from, v, m)
	if err != nil {
		return err
	}
	defer source.Close()
	infos, err := store.Closure(ctx, source, p)
	if err != nil {
		return err
	}
	return f(source, infos)
}

// NewClient downloads as the settings say.
func NewClient(v *config.Values, m *Machine) (*download.Client, error) {
	return download.New(clientOptions(v, m))
}

func milliseconds[N uint32 | uint64](n N) time.Duration { return time.Duration(n) * time.Millisecond }

func clientOptions(v *config.Values, m *Machine) download.Options {
	t := &v.Transfer
	seconds := func(n uint64) time.Duration {
		if n == 0 {
			return -1 // no limit
		}
		return time.Duration(n) * time.Second
	}
	connections := int(t.Connections)
	if connections == 0 {
		connections = math.MaxInt32
	}
	return download.Options{
		UserAgentSuffix: t.UserAgentSuffix, Attempts: int(t.Attempts), RetryDelay: milliseconds(t.RetryDelay),
		RateLimitDelay: milliseconds(t.RateLimitedDelay), MaxRetryDelay: milliseconds(t.MaxRetryDelay), NoJitter: !t.RetryJitter,
		ConnectTimeout: seconds(t.ConnectTimeout), StallTimeout: seconds(t.StallTimeout), Connections: connections,
		HTTP1: !t.HTTP2, Speed: int64(t.Speed) * 1024, Netrc: t.NetrcFile, CAFile: t.SSLCertFile, Recorder: m.Recorder,
		S3: s3.NewChain(s3.Options{Env: m.Env, Home: m.Home}),
	}
}

// CacheDir is where fetchers remember things.
func (m *Machine) CacheDir() string {
	if dir, ok := m.dir("NIX_CACHE_HOME"); ok {
		return dir
	}
	base, ok := m.dir("XDG_CACHE_HOME")
	if !ok {
		base = filepath.Join(m.Home, ".cache")
	}
	return filepath.Join(base, "nix")
}

// uriCheck returns the rule of restricted evaluation; nil allows everything.
func uriCheck(v *config.Values, e *Evaluation) func(string) error {
	if !v.Eval.Restrict {
		return nil
	}
	return func(uri string) error {
		for _, prefix := range v.Eval.AllowedURIs {
			if allowedURI(uri, prefix) {
				return nil
			}
		}
		path, isFile := strings.CutPrefix(uri, "file://")
		if isFile || strings.HasPrefix(uri, "/") {
			return e.Access.Check(eval.CanonPath(path))
		}
		return diag.New(diag.ForbiddenRestricted, "access to URI '%s' is forbidden in restricted mode", uri)
	}
}

// allowedURI reports whether an entry of allowed-uris covers a URI: the same,
// something below it, or anything of a scheme.
func allowedURI(uri, prefix string) bool {
	switch {
	case uri == prefix:
		return true
	case prefix == "" || !strings.HasPrefix(uri, prefix):
		return false
	case strings.HasSuffix(prefix, "/"), strings.HasSuffix(prefix, ":"):
		return true
	}
	return uri[len(prefix)] == '/'
}

// A lazyFetcher makes its fetcher when it is first used.
type lazyFetcher struct {
	make func() (*world.Fetcher, error)
}

func (l *lazyFetcher) FetchFile(c eval.FileCall) (storepath.Path, error) {
	f, err := l.make()
	if err != nil {
		return "", err
	}
	return f.FetchFile(c)
}

func (l *lazyFetcher) FetchTarball(c eval.FileCall) (storepath.Path, error) {
	f, err := l.make()
	if err != nil {
		return "", err
	}
	return f.FetchTarball(c)
}

func (l *lazyFetcher) FetchTree(c eval.TreeCall) ([]eval.FetchAttr, error) {
	f, err := l.make()
	if err != nil {
		return nil, err
	}
	return f.FetchTree(c)
}

func (l *lazyFetcher) FetchMercurial(url, rev, name string) ([]eval.FetchAttr, error) {
	f, err := l.make()
	if err != nil {
		return nil, err
	}
	return f.FetchMercurial(url, rev, name)
}

func (l *lazyFetcher) FetchClosure(c eval.ClosureCall) (storepath.Path, error) {
	f, err := l.make()
	if err != nil {
		return "", err
	}
	return f.FetchClosure(c)
}

func (l *lazyFetcher) ParseRef(url string) ([]eval.FetchAttr, error) {
	f, err := l.make()
	if err != nil {
		return nil, err
	}
	return f.ParseRef(url)
}

func (l *lazyFetcher) FormatRef(attrs []eval.FetchAttr) (string, error) {
	f, err := l.make()
	if err != nil {
		return "", err
	}
	return f.FormatRef(attrs)
}
