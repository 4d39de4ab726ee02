package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// askEntries has the git program list an index that we cannot read. The entries lack what is only for comparing.
func (r *Repo) askEntries() ([]indexEntry, error) {
	out, err := Program{}.run(context.Background(), nil, "-C", r.Work, "ls-files", "-z", "--stage")
	if err != nil {
		return nil, fmt.Errorf("list files of '%s': %w", r.Work, err)
	}
	var entries []indexEntry
	for line := range strings.SplitSeq(string(out), "\x00") { // <mode> <id> <stage>\t<name>
		head, name, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		f := strings.Fields(head)
		if len(f) != 3 {
			return nil, fmt.Errorf("list files of '%s': git printed '%s'", r.Work, line)
		}
		e := indexEntry{name: name, stage: f[2][0] - '0'}
		if e.mode, err = parseMode([]byte(f[0])); err != nil {
			return nil, err
		}
		if e.id, err = ParseID(f[1]); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// askStatus has the git program do the work of Status.
func (r *Repo) askStatus(s *Status) error {
	entries, err := r.askEntries()
	if err != nil {
		return err
	}
	out, err := Program{}.run(context.Background(), nil, "-C", r.Work, "--no-optional-locks", "status",
		"--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
	if err != nil {
		return fmt.Errorf("compare files of '%s': %w", r.Work, err)
	}
	for line := range strings.SplitSeq(string(out), "\x00") { // XY <name>
		if len(line) < 4 {
			continue
		}
		if strings.Contains(line[:2], "D") {
			s.Deleted = append(s.Deleted, line[3:])
		} else {
			s.Dirty = append(s.Dirty, line[3:])
		}
	}
	slices.Sort(s.Dirty)
	slices.Sort(s.Deleted)
	for _, e := range entries {
		if _, gone := slices.BinarySearch(s.Deleted, e.name); e.mode != ModeSubmodule && !gone {
			s.Files = append(s.Files, e.name)
		}
	}
	s.Files = slices.Compact(s.Files)
	return nil
}
