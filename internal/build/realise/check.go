package realise

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/build/options"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/refscan"
	"firn/internal/format/storepath"
)

// checkAddress compares a fixed output with its promise.
func (b *build) checkAddress(p *product) error {
	if p.Kind != derivation.Fixed {
		return nil
	}
	if got := p.info.CA.Hash; got != p.CA.Hash {
		text := fmt.Sprintf("hash mismatch in fixed-output derivation '%s':\n", b.full(b.drv))
		if url := b.url(); url != "" {
			text += "  likely URL: " + url + "\n"
		}
		return plan.Failf(plan.HashMismatch, "%s  specified: %s\n     got:    %s", text, p.CA.Hash.SRI(), got.SRI())
	}
	if n := len(p.info.References); n > 0 {
		return plan.Failf(plan.HashMismatch, "fixed-output derivations must not reference store paths: '%s' references %d distinct paths, e.g. '%s'",
			b.full(b.drv), n, b.full(p.info.References[0]))
	}
	return nil
}

// url is where a fetcher most likely got the contents.
func (b *build) url() string {
	for _, name := range []string{"urls", "url"} {
		v, ok := b.d.EnvValue(name)
		if ok && strings.TrimSpace(v) != "" {
			return strings.Fields(v)[0]
		}
	}
	return ""
}

// checkOutputs checks products against their promises and against what the derivation allows.
func (b *build) checkOutputs(list []*product) error {
	list = slices.Clone(list)
	slices.SortFunc(list, func(x, y *product) int { return strings.Compare(x.Name, y.Name) })
	c := &outputChecker{b: b, infos: map[storepath.Path]*pathinfo.Info{}, list: list}
	for _, p := range list {
		c.infos[p.final] = p.info
	}
	for _, p := range list {
		if err := b.checkAddress(p); err != nil {
			return err
		}
		if err := c.check(p, b.opt.For(p.Name)); err != nil {
			return err
		}
	}
	return nil
}

// outputChecker walks closures of outputs that are not registered yet.
type outputChecker struct {
	b     *build
	list  []*product
	infos map[storepath.Path]*pathinfo.Info // new outputs, and what was looked up
}

func (c *outputChecker) check(p *product, checks options.Checks) error {
	full := c.b.full(p.final)
	if limit := checks.MaxSize; limit != nil && p.info.NARSize > *limit {
		return plan.Failf(plan.OutputRejected, "path '%s' is too large at %d bytes; limit is %d bytes", full, p.info.NARSize, *limit)
	}
	if limit := checks.MaxClosureSize; limit != nil {
		closure, err := c.closure(p.final)
		if err != nil {
			return err
		}
		var size uint64
		for q := range closure {
			size += c.infos[q].NARSize
		}
		if size > *limit {
			return plan.Failf(plan.OutputRejected, "closure of path '%s' is too large at %d bytes; limit is %d bytes", full, size, *limit)
		}
	}
	for _, rule := range []struct {
		list               []string
		allowed, recursive bool
	}{
		{checks.AllowedReferences, true, false}, {checks.AllowedRequisites, true, true},
		{checks.DisallowedReferences, false, false}, {checks.DisallowedRequisites, false, true},
	} {
		if rule.list == nil || len(rule.list) == 0 && !rule.allowed {
			continue
		}
		if err := c.references(p, rule.list, rule.allowed, rule.recursive, checks.IgnoreSelfRefs); err != nil {
			return err
		}
	}
	return nil
}

// references checks one list.
func (c *outputChecker) references(p *product, list []string, allowed, recursive, ignoreSelf bool) error {
	named := map[storepath.Path]bool{}
	for _, text := range list {
		path, err := c.named(p, text)
		if err != nil {
			return err
		}
		named[path] = true
	}
	used := map[storepath.Path]bool{}
	for _, r := range p.info.References {
		used[r] = true
	}
	if recursive {
		var err error
		if used, err = c.closure(p.final); err != nil {
			return err
		}
		if ignoreSelf {
			delete(used, p.final)
		}
	}
	bad, notes := "", ""
	for _, r := range slices.Sorted(maps.Keys(used)) {
		if named[r] != allowed {
			bad += "\n  " + c.b.full(r)
			notes += c.b.where(p, r)
		}
	}
	if bad != "" {
		return plan.Failf(plan.OutputRejected, "output '%s' is not allowed to refer to the following paths:%s%s", c.b.full(p.final), bad, notes)
	}
	return nil
}

// where names a file of the product that holds a reference; nothing if it refers to it only indirectly.
func (b *build) where(p *product, ref storepath.Path) string {
	if _, direct := slices.BinarySearch(p.info.References, ref); !direct {
		return ""
	}
	root := p.at
	if b.mode != plan.Check {
		root = b.real(p.final)
	}
	found, ok := "", false
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		scanner := refscan.NewScanner([]storepath.Path{ref})
		scanner.Write([]byte(d.Name()))
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			scanner.Write([]byte("\n" + target))
		case d.Type().IsRegular():
			if f, err := os.Open(path); err == nil {
				io.Copy(scanner, f)
				f.Close()
			}
		}
		if len(scanner.Found()) > 0 && (path != root || !d.IsDir()) {
			found, ok = strings.TrimPrefix(path, root), true
			return fs.SkipAll
		}
		return nil
	})
	if !ok {
		return ""
	}
	return "\nnote: '" + b.full(p.final) + found + "' holds '" + b.full(ref) + "'"
}

// named is the path that a reference in a check stands for.
func (c *outputChecker) named(p *product, text string) (storepath.Path, error) {
	if path, _, err := c.b.dir.ParseInside(text); err == nil {
		return path, nil
	}
	var names []string
	for _, q := range c.list {
		if q.Name == text {
			return q.final, nil
		}
		names = append(names, q.Name)
	}
	return "", plan.Failf(plan.OutputRejected, "derivation '%s' output check for '%s' contains output name '%s',"+
		" but this is not a valid output of this derivation. (Valid outputs are [%s].)", c.b.full(c.b.drv), p.Name, text, commas(names))
}

func (c *outputChecker) closure(root storepath.Path) (map[storepath.Path]bool, error) {
	seen := map[storepath.Path]bool{}
	for left := []storepath.Path{root}; len(left) > 0; {
		p := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		info := c.infos[p]
		if info == nil {
			if info = c.b.infos[p]; info == nil {
				var err error
				if info, err = c.b.r.Store.PathInfo(c.b.ctx, p); err != nil {
					return nil, err
				}
			}
			c.infos[p] = info
		}
		left = append(left, info.References...)
	}
	return seen, nil
}
