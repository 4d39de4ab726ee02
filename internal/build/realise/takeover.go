package realise

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"firn/internal/build/plan"
	"firn/internal/filelock"
	"firn/internal/format/derivation"
	"firn/internal/format/gitobject"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/refscan"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// takeOver makes valid what the builder made.
func (b *build) takeOver() error {
	list, kept, err := b.products()
	if err != nil {
		return err
	}
	if list, err = b.inOrder(list); err != nil {
		return err
	}
	var held locks
	defer func() { held.release(true) }()
	for _, p := range list {
		if err := b.address(p, slices.Concat(kept, list)); err != nil {
			return err
		}
		lock, err := b.place(p)
		if err != nil {
			return err
		}
		if lock != nil {
			held = append(held, lock)
		}
	}
	return b.register(list)
}

// renamed lists the replacements of outputs whose final path differs from where they were built.
func renamed(list []*product) (all []refscan.Rewrite) {
	for _, p := range list {
		if p.final != "" && p.final != p.scratch {
			all = append(all, refscan.Rewrite{From: p.scratch.HashPart(), To: p.final.HashPart()})
		}
	}
	return all
}

// address finds the final path of a product and puts it, and those of the outputs it refers to, in
// place of the scratch paths. list has those outputs before it.
func (b *build) address(p *product, list []*product) error {
	if p.Kind == derivation.InputAddressed {
		p.final = p.Path
	}
	if all := renamed(list); b.mentionsAny(p, list) {
		if err := b.rewrite(p, all); err != nil {
			return err
		}
	}
	refs := p.newReferences(list)
	if p.Kind == derivation.InputAddressed {
		p.info = &pathinfo.Info{Path: p.final, NARHash: p.hash, NARSize: p.size, References: refs.Others}
		if refs.Self {
			p.info.References = append(p.info.References, p.final)
			slices.Sort(p.info.References)
		}
		return nil
	}
	return b.addressByContents(p, refs)
}

// mentionsAny tells whether a product may hold the scratch path of an output that has got another one.
func (b *build) mentionsAny(p *product, list []*product) bool {
	return slices.ContainsFunc(list, func(q *product) bool {
		return q.final != "" && q.final != q.scratch && p.mentions(q.scratch)
	})
}

// newReferences gives the references with final paths.
func (p *product) newReferences(list []*product) (refs storepath.References) {
	for _, r := range p.refs {
		if r == p.scratch {
			refs.Self = true
			continue
		}
		for _, q := range list {
			if q.scratch == r && q.final != "" {
				r = q.final
			}
		}
		refs.Others = append(refs.Others, r)
	}
	slices.Sort(refs.Others)
	return refs
}

// addressByContents computes the path that follows from a product's contents, modulo its own hash part,
// and puts it in place of that.
func (b *build) addressByContents(p *product, refs storepath.References) error {
	method, algo := p.Address()
	hash, err := b.contentHash(p, method, algo)
	if err != nil {
		return err
	}
	ca := storepath.ContentAddress{Method: method, Hash: hash}
	name := storepath.OutputPathName(b.d.Name, p.Name)
	if p.final, err = b.dir.MakeFixed(name, ca, refs); err != nil {
		return plan.Failf(plan.OutputRejected, "%v", err)
	}
	if p.final != p.scratch && p.mentions(p.scratch) {
		if err := b.rewrite(p, []refscan.Rewrite{{From: p.scratch.HashPart(), To: p.final.HashPart()}}); err != nil {
			return err
		}
	}
	p.info, err = pathinfo.FromCA(b.dir, name, ca, refs, p.hash, p.size)
	return err
}

func (b *build) contentHash(p *product, m storepath.Method, algo nixhash.Algorithm) (nixhash.Hash, error) {
	switch m {
	case storepath.NAR:
		if algo == nixhash.SHA256 && !p.mentions(p.scratch) {
			return p.hash, nil
		}
		sum := refscan.NewModulo(algo, p.scratch)
		if err := fstree.Dump(sum, p.at, nar.DumpOptions{}); err != nil {
			return nixhash.Hash{}, err
		}
		h, _ := sum.Sum()
		return h, nil
	case storepath.Flat, storepath.Text:
		if !p.mode.IsRegular() || p.mode&0o100 != 0 {
			return nixhash.Hash{}, plan.Failf(plan.OutputRejected, "output path \"%s\" should be a non-executable regular file "+
				"since recursive hashing is not enabled (one of outputHashMode={flat,text} is true)", p.at)
		}
		f, err := os.Open(p.at)
		if err != nil {
			return nixhash.Hash{}, err
		}
		defer f.Close()
		sum := refscan.NewModulo(algo, p.scratch)
		if _, err := io.Copy(sum, f); err != nil {
			return nixhash.Hash{}, err
		}
		h, _ := sum.Sum()
		return h, nil
	case storepath.Git:
		return gitHash(p.at, algo)
	}
	return nixhash.Hash{}, fmt.Errorf("output '%s' of '%s': there is no hash by method '%s'", p.Name, b.full(b.drv), m)
}

// gitHash is the hash by which git knows files. Nix: a hash part of the output's own is not left out (2.34).
func gitHash(path string, algo nixhash.Algorithm) (nixhash.Hash, error) {
	dir, root, err := fstree.Open(path)
	if err != nil {
		return nixhash.Hash{}, err
	}
	defer dir.Close()
	return gitobject.Hash(dir, root, algo)
}

// place moves a product to its final path. A path that was not known before the build is locked until
// it is registered.
func (b *build) place(p *product) (lock *filelock.Path, err error) {
	dest := b.real(p.final)
	if p.Path != p.final {
		if lock, err = b.lockFinal(p, dest); err != nil {
			return nil, err
		}
	}
	valid, err := b.isValid(p.final)
	switch {
	case err != nil:
	case b.mode == plan.Check:
		err = b.compare(p, valid)
	case b.mode == plan.Repair:
		err = replacePath(p.at, dest)
	case valid:
		_, err = fstree.Remove(p.at) // something else has made the same contents
	case p.at != dest:
		if err = b.r.Store.AddTempRoots(b.ctx, p.final); err == nil {
			if _, err = fstree.Remove(dest); err == nil {
				err = movePath(p.at, dest)
			}
		}
	}
	if err != nil && lock != nil {
		lock.Release()
		lock = nil
	}
	return lock, err
}

// lockFinal does not wait where the path only shows that a hash was wrong: a build with the right hash
// may be waiting for us.
func (b *build) lockFinal(p *product, dest string) (*filelock.Path, error) {
	if p.Kind != derivation.Fixed {
		return b.lockOne(b.ctx, dest, []string{dest})
	}
	lock, err := filelock.TryPath(dest)
	if lock == nil && err == nil {
		err = b.checkAddress(p)
	}
	return lock, err
}

// replacePath puts a path in place of another that must be missing for as short as possible.
func replacePath(from, to string) error {
	old := to + ".old"
	if _, err := fstree.Remove(old); err != nil {
		return err
	}
	err := movePath(to, old)
	had := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := movePath(from, to); err != nil {
		if had {
			return errors.Join(err, movePath(old, to))
		}
		return err
	}
	_, err = fstree.Remove(old)
	return err
}

// register checks the products against what the derivation allows and makes them valid.
func (b *build) register(list []*product) error {
	infos := make([]*pathinfo.Info, 0, len(list))
	b.result.Outputs = b.knownPaths()
	for _, p := range list {
		p.info.Deriver, p.info.Ultimate = b.drv, true
		if err := p.info.Sign(b.r.Store.Dir(), b.r.Config.Keys...); err != nil {
			return err
		}
		infos = append(infos, p.info)
		b.result.Outputs[p.Name] = p.final
	}
	if err := b.checkOutputs(list); err != nil {
		// What was fetched is kept, so that nobody fetches it again after correcting the hash.
		if b.mode != plan.Check && len(list) == 1 && list[0].Kind == derivation.Fixed && len(list[0].info.References) == 0 {
			err = errors.Join(err, b.r.Store.Register(b.ctx, infos))
		}
		return err
	}
	if b.mode == plan.Check {
		return nil
	}
	rs, err := b.realisations(list)
	if err != nil {
		return err
	}
	if err := b.r.Store.Register(b.ctx, infos); err != nil || len(rs) == 0 {
		return err
	}
	return b.r.Traces.AddRealisations(b.ctx, rs)
}

// realisations says what outputs were built to whose paths cannot be told from the derivation. One that is recorded
// already must have come out the same.
func (b *build) realisations(list []*product) (rs []realisation.Realisation, err error) {
	if b.r.Traces == nil || b.kind.IsImpure() {
		return nil, nil
	}
	for _, p := range list {
		if p.Path != "" {
			continue
		}
		r := realisation.Realisation{ID: b.realisationID(p.output), OutPath: p.final}
		old, err := b.r.Traces.Realisation(b.ctx, r.ID)
		if err != nil {
			return nil, err
		}
		if old != nil && old.OutPath != r.OutPath {
			return nil, b.conflict(p, old)
		}
		r.Sign(b.r.Config.Keys...)
		rs = append(rs, r)
	}
	return rs, nil
}

// conflict refuses an output that came out otherwise than recorded, for others may rely on the record.
func (b *build) conflict(p *product, old *realisation.Realisation) error {
	id := b.full(b.drv) + "^" + p.Name
	return fmt.Errorf("output '%s' was built to '%s', but it is recorded that it becomes '%s'; 'nix store build-trace delete %s' drops the record",
		id, b.full(p.final), b.full(old.OutPath), id)
}

func (b *build) realisationID(o *output) realisation.ID {
	return realisation.ID{Drv: b.drv, Output: o.Name}
}
