package db

import (
	"slices"
	"strings"
	"time"

	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// row is a path info as the columns of ValidPaths hold it, empty or zero for null.
type row struct {
	hash             string
	registrationTime int64
	deriver          string
	narSize          int64
	ultimate         bool
	sigs             string
	ca               string
}

// row renders an info. A path without a registration time is registered now.
func (d *DB) row(info *pathinfo.Info) row {
	r := row{
		hash:             info.NARHash.Text(nixhash.Base16, true),
		registrationTime: info.RegistrationTime,
		narSize:          int64(info.NARSize),
		ultimate:         info.Ultimate,
		ca:               info.CA.String(),
	}
	if r.registrationTime == 0 {
		r.registrationTime = time.Now().Unix()
	}
	if info.Deriver != "" {
		r.deriver = d.full(info.Deriver)
	}
	if len(info.Signatures) > 0 {
		texts := make([]string, len(info.Signatures))
		for i, s := range info.Signatures {
			texts[i] = s.String()
		}
		r.sigs = strings.Join(texts, " ")
	}
	return r
}

// info is the reverse of row, without references.
func (d *DB) info(p storepath.Path, r row) (*pathinfo.Info, error) {
	info := &pathinfo.Info{
		Path: p, NARSize: uint64(r.narSize), RegistrationTime: r.registrationTime, Ultimate: r.ultimate,
	}
	var err error
	if info.NARHash, err = nixhash.ParseAnyPrefixed(r.hash); err != nil {
		return nil, err
	}
	if r.deriver != "" {
		if info.Deriver, err = d.dir.ParseCanonical(r.deriver); err != nil {
			return nil, err
		}
	}
	for _, text := range strings.Fields(r.sigs) {
		s, err := signature.Parse(text)
		if err != nil {
			return nil, err
		}
		info.Signatures = append(info.Signatures, s)
	}
	slices.SortFunc(info.Signatures, signature.Compare)
	info.CA, err = storepath.ParseContentAddressOpt(r.ca)
	return info, err
}
