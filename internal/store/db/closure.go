package db

import (
	"slices"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// A closure is walked from row to row. One that turns out to be a good part of
// the store is cheaper to find by reading whole tables, which is ten times as
// fast a row.

// tablesFrom is the part of the store's rows from which on tables are read.
const tablesFrom = 16

// Closure returns what is known of roots and of everything that they refer to,
// directly or not, in no particular order. Call it inside Read.
func (d *DB) Closure(roots []storepath.Path) ([]*pathinfo.Info, error) {
	start, err := d.rowIDs(roots)
	if err != nil {
		return nil, err
	}
	w := walk{d: d, edges: referencesOf, all: graphReferences}
	if err := w.run(start); err != nil {
		return nil, err
	}
	infos, err := d.infosOf(w.order, w.rows)
	if err != nil {
		return nil, err
	}
	for i, id := range w.order {
		refs := w.next[id]
		if len(refs) == 0 {
			continue
		}
		list := make([]storepath.Path, len(refs))
		for n, ref := range refs {
			list[n] = infos[w.seen[ref]].Path
		}
		slices.Sort(list)
		infos[i].References = list
	}
	return infos, nil
}

// ReferrerClosure returns paths and everything that refers to them, directly or
// not, sorted. Call it inside Read.
func (d *DB) ReferrerClosure(paths []storepath.Path) ([]storepath.Path, error) {
	start, err := d.rowIDs(paths)
	if err != nil {
		return nil, err
	}
	w := walk{d: d, edges: referrersOf, all: graphReferences, back: true}
	if err := w.run(start); err != nil {
		return nil, err
	}
	infos, err := d.infosOf(w.order, w.rows)
	list := make([]storepath.Path, len(infos))
	for i, info := range infos {
		list[i] = info.Path
	}
	slices.Sort(list)
	return list, err
}

// rowIDs returns the ids of valid paths.
func (d *DB) rowIDs(paths []storepath.Path) ([]int64, error) {
	ids := make([]int64, len(paths))
	for i, p := range paths {
		if ok, err := d.IsValid(p); err != nil {
			return nil, err
		} else if !ok {
			return nil, &InvalidError{Path: p}
		}
		ids[i] = d.ids[p]
	}
	return ids, nil
}

// walk finds rows that lead from one to another.
type walk struct {
	d     *DB
	edges queryID // what one row leads to
	all   queryID // pairs of rows: all edges there are
	back  bool    // edges lead from the second of a pair to the first

	rows  int64 // as many as the store can have
	order []int64
	seen  map[int64]int // index in order
	next  map[int64][]int64
}

func (w *walk) run(start []int64) (err error) {
	if w.rows, err = w.d.lastRow(); err != nil {
		return err
	}
	w.seen, w.next = make(map[int64]int), make(map[int64][]int64)
	for _, id := range start {
		w.meet(id)
	}
	complete := false
	for i := 0; i < len(w.order); i++ {
		id := w.order[i]
		if !complete && int64(i)*tablesFrom > w.rows {
			if err := w.readAll(); err != nil {
				return err
			}
			complete = true
		}
		if !complete {
			if err := w.readEdges(id); err != nil {
				return err
			}
		}
		for _, to := range w.next[id] {
			w.meet(to)
		}
	}
	return nil
}

func (w *walk) meet(id int64) {
	if _, met := w.seen[id]; !met {
		w.seen[id] = len(w.order)
		w.order = append(w.order, id)
	}
}

func (w *walk) readEdges(id int64) error {
	st, err := w.d.query(w.edges)
	if err != nil {
		return err
	}
	for st.Start().Int(id); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			return err
		}
		w.next[id] = append(w.next[id], st.ColInt(0))
	}
}

// readAll replaces what was read of the edges by all of them.
func (w *walk) readAll() error {
	st, err := w.d.query(w.all)
	if err != nil {
		return err
	}
	clear(w.next)
	for st.Start(); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			return err
		}
		from, to := st.ColInt(0), st.ColInt(1)
		if w.back {
			from, to = to, from
		}
		w.next[from] = append(w.next[from], to)
	}
}

// lastRow returns the highest id of a valid path.
func (d *DB) lastRow() (id int64, err error) {
	st, err := d.query(lastRow)
	if err != nil {
		return 0, err
	}
	if _, err := st.Start().Next(); err != nil {
		return 0, err
	}
	id = st.ColInt(0)
	st.Reset()
	return id, nil
}

// infosOf returns the infos of rows, in the same order and without references.
func (d *DB) infosOf(ids []int64, rows int64) ([]*pathinfo.Info, error) {
	infos := make([]*pathinfo.Info, len(ids))
	if int64(len(ids))*tablesFrom > rows {
		return infos, d.scanAll(ids, infos)
	}
	st, err := d.query(infoOfRow)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		ok, err := st.Start().Int(id).Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errNotOneRow
		}
		p, err := d.path(st.ColText(1))
		if err == nil {
			infos[i], err = d.scan(st, p, 2)
		}
		st.Reset()
		if err != nil {
			return nil, err
		}
	}
	return infos, nil
}

// scanAll fills in infos from all rows there are.
func (d *DB) scanAll(ids []int64, infos []*pathinfo.Info) error {
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	err := d.eachInfo(func(id int64) bool {
		_, wanted := at[id]
		return wanted
	}, func(id int64, info *pathinfo.Info) { infos[at[id]] = info })
	if err == nil && slices.Contains(infos, nil) {
		err = errNotOneRow
	}
	return err
}

// EachInfo calls f for every valid path with what is known of it apart from its
// references.
func (d *DB) EachInfo(f func(*pathinfo.Info)) error {
	return d.eachInfo(func(int64) bool { return true }, func(_ int64, info *pathinfo.Info) { f(info) })
}

func (d *DB) eachInfo(want func(id int64) bool, f func(id int64, info *pathinfo.Info)) error {
	st, err := d.query(infoOfRows)
	if err != nil {
		return err
	}
	for st.Start(); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			return err
		}
		id := st.ColInt(0)
		if !want(id) {
			continue
		}
		p, err := d.path(st.ColText(1))
		var info *pathinfo.Info
		if err == nil {
			info, err = d.scan(st, p, 2)
		}
		if err != nil {
			st.Reset()
			return err
		}
		f(id, info)
	}
}
