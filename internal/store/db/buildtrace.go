package db

import (
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// Realisation is what an output of a content-addressed derivation was built to.
type Realisation struct {
	Path       storepath.Path
	Signatures []string // sorted
}

// Realisation returns what is known of an output, nil if nothing is. These
// methods need [Options.BuildTrace].
func (d *DB) Realisation(drv storepath.Path, output string) (*Realisation, error) {
	st, err := d.query(realisation)
	if err != nil {
		return nil, err
	}
	ok, err := st.Start().Text(string(drv)).Text(output).Next()
	if err != nil || !ok {
		return nil, err
	}
	defer st.Reset()
	p, err := d.path(st.ColText(0))
	if err != nil {
		return nil, err
	}
	return &Realisation{Path: p, Signatures: strings.Fields(st.ColText(1))}, nil
}

// AddRealisation records what an output was built to. One that is there is kept
// if it names the same path, with the signatures of both, and returned otherwise.
func (d *DB) AddRealisation(drv storepath.Path, output string, r Realisation) (conflict *Realisation, err error) {
	old, err := d.Realisation(drv, output)
	if err != nil {
		return nil, err
	}
	if old == nil {
		st, err := d.query(addRealisation)
		if err != nil {
			return nil, err
		}
		st.Start().Text(string(drv)).Text(output).Text(d.full(r.Path))
		return nil, st.Text(strings.Join(r.Signatures, " ")).Exec()
	}
	if old.Path != r.Path {
		return old, nil
	}
	sigs := append(old.Signatures, r.Signatures...)
	slices.Sort(sigs)
	st, err := d.query(signRealisation)
	if err != nil {
		return nil, err
	}
	return nil, st.Start().Text(strings.Join(slices.Compact(sigs), " ")).Text(string(drv)).Text(output).Exec()
}

// DeleteRealisation forgets what an output was built to.
func (d *DB) DeleteRealisation(drv storepath.Path, output string) error {
	st, err := d.query(deleteRealisation)
	if err != nil {
		return err
	}
	return st.Start().Text(string(drv)).Text(output).Exec()
}
