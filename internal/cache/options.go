package cache

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"firn/internal/compress"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// Options say how a binary cache is used.
type Options struct {
	Dir           storepath.Dir // that the paths have to be in
	Compression   compress.Method
	Compress      compress.Options
	WriteListing  bool
	IndexDebug    bool
	Keys          []signature.SecretKey // that sign what is added
	LocalNARs     string                // directory that keeps archives which were read, "" for none
	WantMassQuery *bool                 // what counts instead of the cache's own word
	Priority      *int
	Trusted       bool
	// MustExist takes a place without nix-cache-info for no binary cache until
	// something is added.
	MustExist bool
	Memory    Memory // nil for none

	// How files other than archives are compressed for transport: narinfos,
	// listings, logs.
	NarinfoEncoding, ListingEncoding, LogEncoding compress.Method
}

// Defaults are the options without parameters.
func Defaults(dir storepath.Dir) Options {
	return Options{Dir: dir, Compression: compress.Xz}
}

// ParseOptions reads the parameters of a binary cache's address. Parameters that
// only say how the files are reached are left to others: transport names them.
func ParseOptions(dir storepath.Dir, params url.Values, transport ...string) (Options, error) {
	o := Defaults(dir)
	for key := range params {
		set, ok := parameters[key]
		if !ok {
			if !ignored(key, transport) {
				return o, fmt.Errorf("unknown parameter '%s' of a binary cache", key)
			}
			continue
		}
		if err := set(&o, params.Get(key)); err != nil {
			return o, fmt.Errorf("parameter '%s' of a binary cache: %w", key, err)
		}
	}
	return o, nil
}

// encodings name the methods of other files. They need a transport that keeps
// beside a file how it is encoded.
var encodings = map[string]func(*Options) *compress.Method{
	"narinfo-compression": func(o *Options) *compress.Method { return &o.NarinfoEncoding },
	"ls-compression":      func(o *Options) *compress.Method { return &o.ListingEncoding },
	"log-compression":     func(o *Options) *compress.Method { return &o.LogEncoding },
}

// ParseEncodings reads the parameters of caches whose transport keeps encodings.
func (o *Options) ParseEncodings(params url.Values) error {
	for key, field := range encodings {
		m, err := compress.Parse(params.Get(key))
		if err != nil {
			return fmt.Errorf("parameter '%s' of a binary cache: %w", key, err)
		}
		*field(o) = m
	}
	return nil
}

// parameters are those of binary caches over any transport.
var parameters = map[string]func(*Options, string) error{
	"compression": func(o *Options, s string) (err error) {
		if o.Compression, err = compress.Parse(s); err != nil {
			err = fmt.Errorf("failed to initialize compression (%w)", err)
		}
		return err
	},
	"compression-level": func(o *Options, s string) error {
		n, err := strconv.Atoi(s)
		if err == nil && n >= 0 { // -1 is the method's own
			o.Compress.Level, o.Compress.HasLevel = n, true
		}
		return err
	},
	"parallel-compression": func(o *Options, s string) error {
		on, err := ParseBool(s)
		if o.Compress.Workers = 1; on {
			o.Compress.Workers = runtime.GOMAXPROCS(0)
		}
		return err
	},
	"write-nar-listing": func(o *Options, s string) (err error) {
		o.WriteListing, err = ParseBool(s)
		return err
	},
	"index-debug-info": func(o *Options, s string) (err error) {
		o.IndexDebug, err = ParseBool(s)
		return err
	},
	"secret-key":  addKeys,
	"secret-keys": addKeys,
	"local-nar-cache": func(o *Options, s string) error {
		o.LocalNARs = s
		return nil
	},
	"want-mass-query": func(o *Options, s string) error {
		on, err := ParseBool(s)
		o.WantMassQuery = &on
		return err
	},
	"priority": func(o *Options, s string) error {
		n, err := strconv.Atoi(s)
		o.Priority = &n
		return err
	},
	"trusted": func(o *Options, s string) (err error) {
		o.Trusted, err = ParseBool(s)
		return err
	},
	"store": func(o *Options, s string) (err error) {
		o.Dir, err = storepath.ParseDir(s)
		return err
	},
}

// ignored are parameters without meaning for firn.
func ignored(key string, transport []string) bool {
	switch key {
	case "path-info-cache-size", "system-features":
		return true
	}
	return encodings[key] != nil || slices.Contains(transport, key)
}

// addKeys reads the files of secret keys, which commas separate.
func addKeys(o *Options, files string) error {
	for file := range strings.SplitSeq(files, ",") {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		key, err := signature.ParseSecretKey(strings.TrimSpace(string(text)))
		if err != nil {
			return fmt.Errorf("file '%s': %w", file, err)
		}
		o.Keys = append(o.Keys, key)
	}
	return nil
}

// ParseBool reads a parameter that is on or off.
func ParseBool(s string) (bool, error) {
	switch s {
	case "true", "yes", "1":
		return true, nil
	case "false", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("Boolean value is expected, not '%s'", s)
}
