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
	r.sigs = joinSignatures(info.Signatures)
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
	if info.Signatures, err = parseSignatures(r.sigs); err != nil {
		return nil, err
	}
	info.CA, err = storepath.ParseContentAddressOpt(r.ca)
	return info, err
}

// joinSignatures and parseSignatures are about lists separated by blanks.
func joinSignatures(sigs []signature.Signature) string {
	texts := make([]string, len(sigs))
	for i, s := range sigs {
		texts[i] = s.String()
	}
	return strings.Join(texts, " ")
}

func parseSignatures(text string) (sigs []signature.Signature, err error) {
	for _, field := range strings.Fields(text) {
		s, err := signature.Parse(field)
		if err != nil {
			return nil, err
		}
		sigs = append(sigs, s)
	}
	slices.SortFunc(sigs, signature.Compare)
	return sigs, nil
}
