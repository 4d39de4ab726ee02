package db

import (
	"fmt"

	"firn/internal/format/nixhash"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
)

// Realisation returns what an output of a content-addressed derivation was
// built to, nil if that is not known. These methods need [Options.BuildTrace].
func (d *DB) Realisation(id realisation.ID) (*realisation.Realisation, error) {
	st, err := d.query(findRealisation)
	if err != nil {
		return nil, err
	}
	ok, err := st.Start().Text(string(id.Drv)).Text(id.Output).Next()
	if err != nil || !ok {
		return nil, err
	}
	defer st.Reset()
	r := &realisation.Realisation{ID: id}
	if r.OutPath, err = d.path(st.ColText(0)); err != nil {
		return nil, err
	}
	if r.Signatures, err = parseSignatures(st.ColText(1)); err != nil {
		return nil, fmt.Errorf("realisation of '%s': %w", id, err)
	}
	return r, nil
}

// LegacyRealisation returns what Nix 2.4 to 2.34 recorded of an output, nil if they did not. Nothing is added in that
// form: it is lost with the path, and found by the derivation's contents instead of its path.
func (d *DB) LegacyRealisation(id realisation.LegacyID) (*realisation.Legacy, error) {
	if !d.legacyKnown {
		there, err := d.hasTable("Realisations")
		if err != nil {
			return nil, err
		}
		d.legacyKnown, d.legacyThere = true, there
	}
	if !d.legacyThere {
		return nil, nil
	}
	st, err := d.query(legacyRealisation)
	if err != nil {
		return nil, err
	}
	ok, err := st.Start().Text(id.DrvHash.Text(nixhash.Base16, true)).Text(id.Output).Next()
	if err != nil || !ok {
		return nil, err
	}
	defer st.Reset()
	l := &realisation.Legacy{ID: id}
	if l.OutPath, err = d.path(st.ColText(0)); err != nil {
		return nil, err
	}
	if l.Signatures, err = parseSignatures(st.ColText(1)); err != nil {
		return nil, fmt.Errorf("realisation of '%s': %w", id, err)
	}
	return l, nil
}

// AddRealisation records what an output was built to. One that is there is kept
// if it names the same path, with the signatures of both, and returned otherwise.
func (d *DB) AddRealisation(r *realisation.Realisation) (conflict *realisation.Realisation, err error) {
	old, err := d.Realisation(r.ID)
	if err != nil {
		return nil, err
	}
	drv, output := string(r.ID.Drv), r.ID.Output
	if old == nil {
		st, err := d.query(addRealisation)
		if err != nil {
			return nil, err
		}
		return nil, st.Start().Text(drv).Text(output).Text(d.full(r.OutPath)).Text(joinSignatures(r.Signatures)).Exec()
	}
	if old.OutPath != r.OutPath {
		return old, nil
	}
	sigs := old.Signatures
	for _, s := range r.Signatures {
		sigs = signature.Insert(sigs, s)
	}
	st, err := d.query(signRealisation)
	if err != nil {
		return nil, err
	}
	return nil, st.Start().Text(joinSignatures(sigs)).Text(drv).Text(output).Exec()
}

// DeleteRealisation forgets what an output was built to.
func (d *DB) DeleteRealisation(id realisation.ID) error {
	st, err := d.query(deleteRealisation)
	if err != nil {
		return err
	}
	return st.Start().Text(string(id.Drv)).Text(id.Output).Exec()
}
