package cli

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"firn/internal/format/nar"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// A dependence is the part of a closure that leads to one of its paths.
type dependence struct {
	target storepath.Path
	infos  map[storepath.Path]*pathinfo.Info
	// distance counts the references on the shortest way to the target. A path
	// without a way has none.
	distance map[storepath.Path]int
}

// newDependence finds the ways to target in a closure.
func newDependence(closure []*pathinfo.Info, target storepath.Path) *dependence {
	d := &dependence{target, make(map[storepath.Path]*pathinfo.Info, len(closure)), map[storepath.Path]int{target: 0}}
	referrers := make(map[storepath.Path][]storepath.Path, len(closure))
	for _, info := range closure {
		d.infos[info.Path] = info
		for _, r := range info.References {
			referrers[r] = append(referrers[r], info.Path)
		}
	}
	todo := []storepath.Path{target}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		for _, r := range referrers[p] {
			if _, ok := d.distance[r]; !ok {
				d.distance[r] = d.distance[p] + 1
				todo = append(todo, r)
			}
		}
	}
	return d
}

// next returns the references of a path that lead to the target, nearest first.
func (d *dependence) next(p storepath.Path, withSelf bool) (refs []storepath.Path) {
	for _, r := range d.infos[p].References {
		if _, ok := d.distance[r]; ok && (r != p || withSelf) {
			refs = append(refs, r)
		}
	}
	slices.SortFunc(refs, func(a, b storepath.Path) int {
		return cmp.Or(cmp.Compare(d.distance[a], d.distance[b]), cmp.Compare(a, b))
	})
	return refs
}

// A mention is a place in a store object where the hash part of another stands.
type mention struct {
	File   string `json:"file"` // below the object; empty for the object itself
	Link   bool   `json:"link"` // in the target of a symbolic link, not in contents
	Offset int64  `json:"offset"`
	// around is what stands there, whole for a link; at is where the hash part is
	// in it.
	around []byte
	at     int
}

// mentionMargin is how many bytes before and after a mention are shown.
const mentionMargin = 32

// findMentions reads an object and returns, in the order of its archive, the
// first mention of each of some paths in each of its files and links.
func findMentions(ctx context.Context, st store.Reader, p storepath.Path, of []storepath.Path) (map[storepath.Path][]mention, error) {
	archive := archiveOf(ctx, st, p)
	defer archive.Close()
	found := make(map[storepath.Path][]mention, len(of))
	r := nar.NewReader(archive)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		s := mentionSearch{of: of, template: mention{File: strings.TrimPrefix(r.Path(), "/"), Link: h.Type == nar.Symlink}}
		switch h.Type {
		case nar.Symlink:
			s.link(h.Target)
		case nar.Regular:
			if err := s.read(r); err != nil {
				return nil, err
			}
		}
		for _, q := range slices.Sorted(maps.Keys(s.found)) {
			found[q] = append(found[q], s.found[q])
		}
	}
}

// A mentionSearch looks through one file or link.
type mentionSearch struct {
	of       []storepath.Path
	template mention
	found    map[storepath.Path]mention
}

func (s *mentionSearch) link(target string) {
	for _, q := range s.of {
		if at := bytes.Index([]byte(target), []byte(q.HashPart())); at >= 0 {
			s.add(q, int64(at), []byte(target), at)
		}
	}
}

// read looks through contents of any size. Between two reads it keeps as much as
// a mention at the end may need: its own letters and what is shown around it.
func (s *mentionSearch) read(r io.Reader) error {
	const keep = storepath.HashLen + 2*mentionMargin
	buf := make([]byte, 0, 1<<18)
	start := int64(0) // offset of buf in the file
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		s.look(buf, start, last)
		if last {
			return nil
		}
		start += int64(len(buf) - keep)
		buf = buf[:copy(buf, buf[len(buf)-keep:])]
	}
}

// look searches a piece of contents. A mention whose surroundings are not all
// there waits for the next piece.
func (s *mentionSearch) look(piece []byte, start int64, last bool) {
	for _, q := range s.of {
		if _, ok := s.found[q]; ok {
			continue
		}
		at := bytes.Index(piece, []byte(q.HashPart()))
		end := at + storepath.HashLen + mentionMargin
		if at < 0 || !last && end > len(piece) {
			continue
		}
		from := max(at-mentionMargin, 0)
		s.add(q, start+int64(at), bytes.Clone(piece[from:min(end, len(piece))]), at-from)
	}
}

func (s *mentionSearch) add(q storepath.Path, offset int64, around []byte, at int) {
	m := s.template
	m.Offset, m.around, m.at = offset, around, at
	if s.found == nil {
		s.found = make(map[storepath.Path]mention)
	}
	s.found[q] = m
}
