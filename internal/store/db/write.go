package db

import (
	"errors"
	"strconv"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

// Entry is a path to be registered.
type Entry struct {
	Info    *pathinfo.Info
	Outputs []Output // of a derivation: those whose paths are known
}

// Register makes paths valid. What they refer to must be valid already or be
// among them; who registers no cycle makes no cycle. Of a path that is valid
// already hash, size, signatures and content address are replaced, and
// references are added. The failure of a missing reference is an *[InvalidError].
func (d *DB) Register(entries []Entry) error {
	ids := make([]int64, len(entries))
	for i := range entries {
		id, err := d.insert(entries[i].Info)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	for i, e := range entries {
		if err := d.refer(ids[i], e.Info); err != nil {
			return err
		}
		for _, o := range e.Outputs {
			if err := d.addOutput(ids[i], o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *DB) insert(info *pathinfo.Info) (int64, error) {
	st, err := d.query(register)
	if err != nil {
		return 0, err
	}
	r := d.row(info)
	st.Start().Text(d.full(info.Path)).Text(r.hash).Int(r.registrationTime).TextOrNull(r.deriver)
	st.IntOrNull(r.narSize).IntOrNull(truth(r.ultimate)).TextOrNull(r.sigs).TextOrNull(r.ca)
	ok, err := st.Next()
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, errNotOneRow
	}
	id := st.ColInt(0)
	if _, err := st.Next(); err != nil {
		return 0, err
	}
	d.remember(info.Path, id)
	return id, nil
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (d *DB) refer(id int64, info *pathinfo.Info) error {
	if len(info.References) == 0 {
		return nil
	}
	st, err := d.query(addReference)
	if err != nil {
		return err
	}
	for _, p := range info.References {
		to, err := d.id(p)
		if err != nil {
			return err
		}
		if to == 0 {
			return &InvalidError{Path: p, Referrer: info.Path}
		}
		err = st.Start().Int(id).Int(to).Exec()
		if errors.Is(err, sqlite.ErrConstraint) {
			err = d.referAgain(st, id, p, info.Path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// referAgain adds a reference to a path whose id is not the remembered one any more.
func (d *DB) referAgain(st *sqlite.Stmt, id int64, p, referrer storepath.Path) error {
	delete(d.ids, p)
	to, err := d.id(p)
	if err != nil {
		return err
	}
	if to == 0 {
		return &InvalidError{Path: p, Referrer: referrer}
	}
	return st.Start().Int(id).Int(to).Exec()
}

func (d *DB) addOutput(drv int64, o Output) error {
	st, err := d.query(addOutput)
	if err != nil {
		return err
	}
	return st.Start().Int(drv).Text(o.Name).Text(d.full(o.Path)).Exec()
}

// Update replaces hash, size, signatures and content address of a valid path.
func (d *DB) Update(info *pathinfo.Info) error {
	st, err := d.query(updateInfo)
	if err != nil {
		return err
	}
	r := d.row(info)
	st.Start().Text(r.hash).IntOrNull(r.narSize).IntOrNull(truth(r.ultimate)).TextOrNull(r.sigs).TextOrNull(r.ca)
	if err := st.Text(d.full(info.Path)).Exec(); err != nil {
		return err
	}
	if d.conn.Changes() == 0 {
		return &InvalidError{Path: info.Path}
	}
	return nil
}

// Invalidate makes p no longer valid. It fails with [sqlite.ErrConstraint] if
// another valid path refers to it.
func (d *DB) Invalidate(p storepath.Path) error {
	st, err := d.query(invalidate)
	if err != nil {
		return err
	}
	delete(d.ids, p)
	return st.Start().Text(d.full(p)).Exec()
}

// InvalidateRows is Invalidate for many rows at once, which may refer to each
// other. If it fails the transaction has to be undone.
func (d *DB) InvalidateRows(ids []int64) error {
	list := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, id, 10)
	}
	arg := string(append(list, ']'))
	clear(d.ids)
	// With the references gone the order in which rows go does not matter.
	for _, q := range []queryID{dropReferences, invalidateRows} {
		st, err := d.query(q)
		if err != nil {
			return err
		}
		if err := st.Start().Text(arg).Exec(); err != nil {
			return err
		}
	}
	return nil
}
