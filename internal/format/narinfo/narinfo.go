// Package narinfo reads and writes path infos as a binary cache publishes them,
// in files named "<hash part>.narinfo".
//
// A file is lines of "<Name>: <value>", in this order when written:
//
//	StorePath    full path
//	URL          where the compressed NAR is, relative to the cache
//	Compression  its codec; "bzip2" if missing or empty
//	FileHash     hash of the compressed NAR; may be missing
//	FileSize     its size in bytes; may be missing
//	NarHash      hash of the NAR
//	NarSize      its size in bytes, not 0
//	References   base names separated by spaces, may be none
//	Deriver      base name; may be missing, or "unknown-deriver"
//	Sig          a signature of the path info's fingerprint; any number of lines
//	CA           content address; may be missing
//
// Hashes are written "<algorithm>:<nix32>". A reader takes lines in any order and
// skips names that it does not know.
//
// See docs/spec/narinfo.md.
package narinfo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// An Info is a path info and where its NAR can be had.
type Info struct {
	pathinfo.Info
	URL         string
	Compression string       // one of Compressions
	FileHash    nixhash.Hash // of the file at URL; zero if unknown
	FileSize    uint64       // bytes of the file at URL; 0 if unknown
}

// Compressions returns the names that Compression may have. Which of them can be
// read is up to the codecs.
func Compressions() []string { return slices.Clone(compressions) }

var compressions = []string{"none", "br", "bzip2", "compress", "grzip", "gzip", "lrzip", "lz4", "lzip", "lzma", "lzop", "xz", "zstd"}

// Text returns the contents of the file.
func (i *Info) Text(dir storepath.Dir) string {
	b := make([]byte, 0, 1024)
	line := func(name, value string) {
		b = append(append(append(append(b, name...), ": "...), value...), '\n')
	}
	line("StorePath", dir.Join(i.Path))
	line("URL", i.URL)
	line("Compression", i.Compression)
	if !i.FileHash.IsZero() {
		line("FileHash", i.FileHash.Text(nixhash.Nix32, true))
	}
	if i.FileSize != 0 {
		line("FileSize", strconv.FormatUint(i.FileSize, 10))
	}
	line("NarHash", i.NARHash.Text(nixhash.Nix32, true))
	line("NarSize", strconv.FormatUint(i.NARSize, 10))
	b = append(b, "References:"...)
	for _, r := range i.References {
		b = append(append(b, ' '), r...)
	}
	if len(i.References) == 0 {
		b = append(b, ' ')
	}
	b = append(b, '\n')
	if i.Deriver != "" {
		line("Deriver", string(i.Deriver))
	}
	for _, s := range i.Signatures {
		line("Sig", s.String())
	}
	if !i.CA.IsZero() {
		line("CA", i.CA.String())
	}
	return string(b)
}

// Parse reads a file. whence names it in errors, which begin "NAR info file
// '<whence>' is corrupt: ".
func Parse(dir storepath.Dir, text, whence string) (*Info, error) {
	p := parser{dir: dir, info: &Info{Compression: "bzip2"}}
	for line := 1; text != ""; line++ {
		content, rest, ok := strings.Cut(text, "\n")
		text = rest
		name, value, colon := strings.Cut(content, ":")
		var err error
		switch {
		case !colon:
			err = errors.New("expecting ':'")
		case !ok:
			err = errors.New(`expecting '\n'`)
		default:
			err = p.field(name, strings.TrimPrefix(value, " "))
		}
		if err != nil {
			return nil, fmt.Errorf("NAR info file '%s' is corrupt: %w at line %d", whence, err, line)
		}
	}
	missing := ""
	switch i := p.info; {
	case i.Path == "":
		missing = "StorePath missing"
	case i.NARHash.IsZero():
		missing = "NarHash missing"
	case i.URL == "":
		missing = "URL missing"
	case i.NARSize == 0:
		missing = "NarSize missing or zero"
	}
	if missing != "" {
		return nil, fmt.Errorf("NAR info file '%s' is corrupt: %s", whence, missing)
	}
	return p.info, nil
}

type parser struct {
	dir  storepath.Dir
	info *Info
}

func (p *parser) field(name, value string) (err error) {
	i := p.info
	switch name {
	case "StorePath":
		i.Path, err = p.dir.Parse(value)
	case "URL":
		i.URL = value
	case "Compression":
		if value == "" {
			value = "bzip2"
		}
		if !slices.Contains(compressions, value) {
			return errors.New("invalid Compression")
		}
		i.Compression = value
	case "FileHash":
		i.FileHash, err = parseHash(value)
	case "FileSize":
		i.FileSize, err = parseSize(name, value)
	case "NarHash":
		i.NARHash, err = parseHash(value)
	case "NarSize":
		i.NARSize, err = parseSize(name, value)
	case "References":
		return p.references(value)
	case "Deriver":
		if value != "unknown-deriver" {
			i.Deriver, err = storepath.ParseBase(value)
		}
	case "Sig":
		s, err := signature.Parse(value)
		if err != nil {
			return err
		}
		i.Signatures = signature.Insert(i.Signatures, s)
	case "CA":
		if !i.CA.IsZero() {
			return errors.New("extra CA")
		}
		i.CA, err = storepath.ParseContentAddressOpt(value)
	}
	return err
}

func (p *parser) references(value string) error {
	if len(p.info.References) > 0 {
		return errors.New("extra References")
	}
	refs := make([]storepath.Path, 0, strings.Count(value, " ")+1)
	for base := range strings.SplitSeq(value, " ") {
		if base == "" {
			continue
		}
		r, err := storepath.ParseBase(base)
		if err != nil {
			return err
		}
		refs = append(refs, r)
	}
	slices.Sort(refs)
	p.info.References = slices.Compact(refs)
	return nil
}

func parseHash(value string) (nixhash.Hash, error) {
	h, err := nixhash.ParseAnyPrefixed(value)
	if err != nil {
		return h, errors.New("bad hash")
	}
	return h, nil
}

func parseSize(name, value string) (uint64, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("invalid %s", name)
	}
	return n, nil
}

// JSON returns the path info's JSON form with, if impure, the members "url",
// "compression", "downloadHash" and "downloadSize" as far as they are known.
func (i *Info) JSON(dir storepath.Dir, f pathinfo.JSONFormat, impure bool) map[string]any {
	m := i.Info.JSON(dir, f, impure)
	if !impure {
		return m
	}
	if i.URL != "" {
		m["url"] = i.URL
	}
	if i.Compression != "" {
		m["compression"] = i.Compression
	}
	if !i.FileHash.IsZero() {
		m["downloadHash"] = i.FileHash
	}
	if i.FileSize != 0 {
		m["downloadSize"] = i.FileSize
	}
	return m
}
