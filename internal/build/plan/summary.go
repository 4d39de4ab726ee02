package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// A Summary is what a rehearsal found: the dry run.
type Summary struct {
	Builds       map[storepath.Path]*Job
	Substitutes  map[storepath.Path]*Offer
	Unknown      []storepath.Path // nobody can make these
	DownloadSize uint64           // bytes, as far as substituters tell
	NARSize      uint64           // bytes
}

// Add takes a step of work.
func (s *Summary) Add(step Step) {
	switch step := step.(type) {
	case Build:
		if s.Builds == nil {
			s.Builds = map[storepath.Path]*Job{}
		}
		drv := step.Drv
		if step.Resolved {
			drv = step.From // the derivation that people know
		}
		s.Builds[drv] = step.Job
	case Substitute:
		if s.Substitutes == nil {
			s.Substitutes = map[storepath.Path]*Offer{}
		}
		s.Substitutes[step.Path] = step.Offer
		s.DownloadSize += step.Offer.DownloadSize
		s.NARSize += step.Offer.NARSize
	}
}

// Empty tells whether there is nothing to do.
func (s *Summary) Empty() bool { return len(s.Builds)+len(s.Substitutes)+len(s.Unknown) == 0 }

// BuildOrder lists the derivations so that each comes after those it needs, and otherwise by path.
func (s *Summary) BuildOrder() []storepath.Path {
	all := sortedKeys(s.Builds)
	done := make(map[storepath.Path]bool, len(all))
	order := make([]storepath.Path, 0, len(all))
	var visit func(storepath.Path)
	visit = func(drv storepath.Path) {
		job, ok := s.Builds[drv]
		if !ok || done[drv] {
			return
		}
		done[drv] = true
		d := job.Derivation
		if job.Resolved {
			d = job.Original
		}
		for i := range d.InputDrvs {
			visit(d.InputDrvs[i].Path)
		}
		order = append(order, drv)
	}
	for _, drv := range all {
		visit(drv)
	}
	return order
}

// SubstituteOrder lists the paths by name.
func (s *Summary) SubstituteOrder() []storepath.Path {
	list := sortedKeys(s.Substitutes)
	slices.SortStableFunc(list, func(a, b storepath.Path) int { return cmp.Compare(a.Name(), b.Name()) })
	return list
}

func sortedKeys[V any](m map[storepath.Path]V) []storepath.Path {
	list := make([]storepath.Path, 0, len(m))
	for p := range m {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// Text words the summary, line by line as Nix does.
func (s *Summary) Text(dir storepath.Dir) string {
	var b strings.Builder
	list := func(one, many string, paths []storepath.Path) {
		switch len(paths) {
		case 0:
			return
		case 1:
			b.WriteString(one + "\n")
		default:
			fmt.Fprintf(&b, many+"\n", len(paths))
		}
		for _, p := range paths {
			b.WriteString("  " + dir.Join(p) + "\n")
		}
	}
	list("this derivation will be built:", "these %d derivations will be built:", s.BuildOrder())
	sizes := fmt.Sprintf(" (%s download, %s unpacked):", renderSize(s.DownloadSize), renderSize(s.NARSize))
	list("this path will be fetched"+sizes, "these %d paths will be fetched"+sizes, s.SubstituteOrder())
	unknown := slices.Clone(s.Unknown)
	slices.Sort(unknown)
	if len(unknown) > 0 {
		b.WriteString("don't know how to build these paths:\n")
		for _, p := range unknown {
			b.WriteString("  " + dir.Join(p) + "\n")
		}
	}
	return b.String()
}

// renderSize words bytes in the unit that suits, never below KiB.
func renderSize(n uint64) string {
	v, unit := float64(n)/1024, 0
	for v > 1024 && unit < 7 {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTPEZY"[unit])
}
