package db

import (
	"context"

	"firn/internal/format/storepath"
)

// Graph is all valid paths and how they depend on each other. Pairs are indices
// of Paths.
type Graph struct {
	Paths      []storepath.Path
	Rows       []int64          // ids of Paths
	Derivers   []storepath.Path // of Paths, valid or not, "" for none
	Sizes      []uint64         // of their archives, 0 where it is not known
	Registered []int64          // when, in seconds since 1970
	References [][2]int32       // referrer, reference
	Outputs    [][2]int32       // derivation, valid output
}

// Graph reads everything on one state of the database.
func (d *DB) Graph(ctx context.Context) (*Graph, error) {
	g := &Graph{}
	err := d.Read(ctx, func() error {
		index, err := d.graphPaths(g)
		if err == nil {
			g.References, err = d.graphPairs(graphReferences, index)
		}
		if err == nil {
			g.Outputs, err = d.graphPairs(graphOutputs, index)
		}
		return err
	})
	return g, err
}

func (d *DB) graphPaths(g *Graph) (map[int64]int32, error) {
	st, err := d.query(graphPaths)
	if err != nil {
		return nil, err
	}
	index := make(map[int64]int32)
	for st.Start(); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			return index, err
		}
		p, err := d.path(st.ColText(1))
		if err != nil {
			st.Reset()
			return nil, err
		}
		var deriver storepath.Path
		if text := st.ColText(2); text != "" {
			if deriver, err = d.path(text); err != nil {
				st.Reset()
				return nil, err
			}
		}
		index[st.ColInt(0)] = int32(len(g.Paths))
		g.Paths = append(g.Paths, p)
		g.Rows = append(g.Rows, st.ColInt(0))
		g.Derivers = append(g.Derivers, deriver)
		g.Sizes = append(g.Sizes, uint64(st.ColInt(3)))
		g.Registered = append(g.Registered, st.ColInt(4))
	}
}

func (d *DB) graphPairs(q queryID, index map[int64]int32) (pairs [][2]int32, err error) {
	st, err := d.query(q)
	if err != nil {
		return nil, err
	}
	for st.Start(); ; {
		ok, err := st.Next()
		if err != nil || !ok {
			return pairs, err
		}
		pairs = append(pairs, [2]int32{index[st.ColInt(0)], index[st.ColInt(1)]})
	}
}
