package wiring

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/cache/infocache"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store"
	"firn/internal/store/mem"
)

// Open returns the store of any kind that an address means, for commands that
// need no local one. One that keeps nothing, see [IsDummy], is nil.
func Open(address string, v *config.Values, m *Machine) (store.Store, error) {
	base, query, _ := strings.Cut(address, "?")
	switch {
	case IsDummy(address):
		return nil, nil
	case strings.HasPrefix(base, "dummy:"):
		return mem.New(m.StoreDir()), nil
	}
	scheme, place, ok := strings.Cut(base, "://")
	if ok && binaryCaches[scheme] != nil {
		params, err := url.ParseQuery(query)
		if err != nil {
			return nil, diag.Misuse(diag.InvalidSetting, "Cannot parse Nix store '%s'", address)
		}
		c, err := binaryCaches[scheme](base, place, params, v, m)
		if err != nil {
			return nil, diag.New(diag.InvalidSetting, "store '%s': %v", address, err)
		}
		return c, nil
	}
	if !ok && strings.Contains(base, "/") && !strings.HasPrefix(base, "/") {
		abs, err := filepath.Abs(base)
		if err != nil {
			return nil, err
		}
		address = strings.Replace(address, base, abs, 1)
	}
	return OpenStore(address, v, m)
}

// binaryCaches open caches by the scheme of their address; base is all of it
// before the parameters, place what follows the scheme.
var binaryCaches = map[string]func(base, place string, params url.Values, v *config.Values, m *Machine) (*cache.Cache, error){
	"file": openFileCache, "http": openHTTPCache, "https": openHTTPCache,
}

func openFileCache(_, place string, params url.Values, _ *config.Values, m *Machine) (*cache.Cache, error) {
	dir, err := url.PathUnescape(place)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	o, err := cache.ParseOptions(m.StoreDir(), params)
	if err != nil {
		return nil, err
	}
	return cache.New(blob.NewFile(dir), o), nil
}

func openHTTPCache(base, _ string, params url.Values, v *config.Values, m *Machine) (*cache.Cache, error) {
	o, err := cache.ParseOptions(m.StoreDir(), params, "tls-certificate", "tls-private-key")
	if err != nil {
		return nil, err
	}
	client, err := NewClient(v, m)
	if err != nil {
		return nil, err
	}
	o.MustExist, o.Memory = true, narinfoMemory(v, m)
	return cache.New(blob.NewHTTP(base, client), o), nil
}

// narinfoMemory opens the database of what caches have said; without one they
// are asked again.
func narinfoMemory(v *config.Values, m *Machine) cache.Memory {
	seconds := func(n uint32) time.Duration { return time.Duration(n) * time.Second }
	d, err := infocache.Open(context.Background(), m.CacheDir(), infocache.TTL{
		Positive: seconds(v.Substitute.PositiveTTL), Negative: seconds(v.Substitute.NegativeTTL), Meta: seconds(v.Substitute.MetaTTL),
	})
	if err != nil {
		m.Recorder.Warn("answers of binary caches are not remembered: " + err.Error())
		return nil
	}
	return d
}
