package wiring

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/cache/infocache"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/fetch/download"
	"firn/internal/fetch/s3"
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
		return mem.New(m.StoreDirOf(address)), nil
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
	return OpenStore(address, v, m)
}

// binaryCaches open caches by the scheme of their address; base is all of it
// before the parameters, place what follows the scheme.
var binaryCaches = map[string]func(base, place string, params url.Values, v *config.Values, m *Machine) (*cache.Cache, error){
	"file": openFileCache, "http": openHTTPCache, "https": openHTTPCache, "s3": openS3Cache,
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
	o, client, err := webCache(params, v, m)
	if err != nil {
		return nil, err
	}
	return cache.New(blob.NewHTTP(base, client), o), nil
}

// webParameters are those of caches on servers, besides those of all caches.
var webParameters = []string{
	"tls-certificate", "tls-private-key", "retry-attempts", "retry-delay", "retry-delay-rate-limited", "retry-max-delay",
}

// How many connections there may be to a cache that does not speak HTTP/2, unless the setting says something else than it does
// by itself: with as few as that, thousands of narinfos from far away take long.
const (
	usualConnections = 25
	cacheConnections = 256
)

// webCache reads what caches on servers have in common.
func webCache(params url.Values, v *config.Values, m *Machine, further ...string) (cache.Options, *download.Client, error) {
	o, err := cache.ParseOptions(m.StoreDir(), params, append(further, webParameters...)...)
	if err == nil {
		err = o.ParseEncodings(params)
	}
	if err != nil {
		return o, nil, err
	}
	t := clientOptions(v, m)
	if v.Transfer.Connections == usualConnections {
		t.Connections = cacheConnections
	}
	for name, set := range map[string]func(uint64){
		"retry-attempts":           func(n uint64) { t.Attempts = int(n) },
		"retry-delay":              func(n uint64) { t.RetryDelay = milliseconds(n) },
		"retry-delay-rate-limited": func(n uint64) { t.RateLimitDelay = milliseconds(n) },
		"retry-max-delay":          func(n uint64) { t.MaxRetryDelay = milliseconds(n) },
	} {
		if !params.Has(name) {
			continue
		}
		n, err := strconv.ParseUint(params.Get(name), 10, 32)
		if err != nil {
			return o, nil, fmt.Errorf("parameter '%s' of a binary cache: %w", name, err)
		}
		set(n)
	}
	t.ClientCert, t.ClientKey = params.Get("tls-certificate"), params.Get("tls-private-key")
	client, err := download.New(t)
	o.MustExist, o.Memory = true, narinfoMemory(v, m)
	return o, client, err
}

// bucketParameters say how files are put into a bucket.
var bucketParameters = []string{"multipart-upload", "multipart-chunk-size", "buffer-size", "multipart-threshold", "storage-class"}

func openS3Cache(_, place string, params url.Values, v *config.Values, m *Machine) (*cache.Cache, error) {
	o, client, err := webCache(params, v, m, slices.Concat(s3.Parameters, bucketParameters)...)
	if err != nil {
		return nil, err
	}
	b, err := bucketOptions(params)
	if err != nil {
		return nil, err
	}
	if text := s3.Deprecated(b.Params); text != "" {
		m.Recorder.Warn(text)
	}
	blobs, err := blob.NewS3(strings.TrimRight(place, "/"), b, client)
	if err != nil {
		return nil, err
	}
	return cache.New(blobs, o), nil
}

func bucketOptions(params url.Values) (blob.S3Options, error) {
	b := blob.DefaultS3Options()
	b.Params = make(map[string]string)
	for _, name := range s3.Parameters {
		if params.Has(name) {
			b.Params[name] = params.Get(name)
		}
	}
	b.StorageClass = params.Get("storage-class")
	for name, size := range map[string]*int64{
		"buffer-size": &b.PartSize, "multipart-chunk-size": &b.PartSize, "multipart-threshold": &b.Threshold,
	} {
		if !params.Has(name) {
			continue
		}
		n, err := strconv.ParseInt(params.Get(name), 10, 64)
		if err != nil {
			return b, fmt.Errorf("parameter '%s' of a bucket: %w", name, err)
		}
		*size = n
	}
	if params.Has("multipart-upload") {
		on, err := cache.ParseBool(params.Get("multipart-upload"))
		if err != nil {
			return b, fmt.Errorf("parameter 'multipart-upload' of a bucket: %w", err)
		}
		b.Multipart = on
	}
	return b, nil
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
