package db

import (
	"fmt"
	"slices"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

// IsValid tells whether p is valid.
func (d *DB) IsValid(p storepath.Path) (bool, error) {
	delete(d.ids, p) // what was seen may be gone
	id, err := d.id(p)
	return id != 0, err
}

// PathInfo returns what is known of p, nil if it is not valid.
func (d *DB) PathInfo(p storepath.Path) (*pathinfo.Info, error) {
	st, err := d.query(pathInfo)
	if err != nil {
		return nil, err
	}
	ok, err := st.Start().Text(d.full(p)).Next()
	if err != nil || !ok {
		return nil, err
	}
	id := st.ColInt(0)
	info, err := d.scan(st, p, 1)
	st.Reset()
	if err != nil {
		return nil, err
	}
	info.References, err = d.references(id)
	return info, err
}

func (d *DB) references(id int64) ([]storepath.Path, error) {
	st, err := d.query(references)
	if err != nil {
		return nil, err
	}
	list, err := d.paths(st.Start().Int(id))
	slices.Sort(list)
	return list, err
}

// Referrers returns the valid paths that refer to p, sorted; p may be among them.
func (d *DB) Referrers(p storepath.Path) ([]storepath.Path, error) {
	return d.pathsOf(referrers, d.full(p))
}

// ValidDerivers returns the valid derivations that have p as an output, sorted.
func (d *DB) ValidDerivers(p storepath.Path) ([]storepath.Path, error) {
	return d.pathsOf(validDerivers, d.full(p))
}

func (d *DB) pathsOf(q queryID, arg string) ([]storepath.Path, error) {
	st, err := d.query(q)
	if err != nil {
		return nil, err
	}
	list, err := d.paths(st.Start().Text(arg))
	slices.Sort(list)
	return list, err
}

// FromHashPart returns the valid path with that hash part, or "".
func (d *DB) FromHashPart(hashPart string) (storepath.Path, error) {
	st, err := d.query(fromHashPart)
	if err != nil {
		return "", err
	}
	ok, err := st.Start().Text(string(d.dir) + "/" + hashPart).Next()
	if err != nil || !ok {
		return "", err
	}
	text := st.ColText(0)
	st.Reset()
	p, err := d.path(text)
	if err != nil || p.HashPart() != hashPart {
		return "", err
	}
	return p, nil
}

// AllPaths returns every valid path, sorted.
func (d *DB) AllPaths() ([]storepath.Path, error) {
	st, err := d.query(allPaths)
	if err != nil {
		return nil, err
	}
	list, err := d.paths(st.Start())
	slices.Sort(list)
	return list, err
}

// Output is an output of a valid derivation whose path is known.
type Output struct {
	Name string
	Path storepath.Path
}

// DerivationOutputs returns the known outputs of a valid derivation by name.
func (d *DB) DerivationOutputs(drv storepath.Path) ([]Output, error) {
	if ok, err := d.IsValid(drv); err != nil {
		return nil, err
	} else if !ok {
		return nil, &InvalidError{Path: drv}
	}
	st, err := d.query(derivationOutputs)
	if err != nil {
		return nil, err
	}
	var list []Output
	for st.Start().Int(d.ids[drv]); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			slices.SortFunc(list, func(a, b Output) int { return cmpText(a.Name, b.Name) })
			return list, err
		}
		p, err := d.path(st.ColText(1))
		if err != nil {
			st.Reset()
			return nil, err
		}
		list = append(list, Output{Name: st.ColText(0), Path: p})
	}
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// scan reads the columns hash, registrationTime, deriver, narSize, ultimate,
// sigs and ca, which begin at col.
func (d *DB) scan(st *sqlite.Stmt, p storepath.Path, col int) (*pathinfo.Info, error) {
	r := row{
		hash: st.ColText(col), registrationTime: st.ColInt(col + 1), deriver: st.ColText(col + 2),
		narSize: st.ColInt(col + 3), ultimate: st.ColInt(col+4) == 1, sigs: st.ColText(col + 5), ca: st.ColText(col + 6),
	}
	info, err := d.info(p, r)
	if err != nil {
		return nil, fmt.Errorf("invalid-path entry for '%s': %w", d.full(p), err)
	}
	return info, nil
}
