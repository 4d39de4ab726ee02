package cli

import (
	"context"
	"errors"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/wiring"
	"firn/internal/world"
)

// A backing is a store that an evaluation can write to.
type backing interface {
	store.Store
	world.Backing
}

// openStores opens the store that is built in and, if it is another one, that
// which derivations are written to, and connects what builds.
func (c *Call) openStores(m *wiring.Machine) (*evaluation, error) {
	e := &evaluation{call: c}
	target, err := c.openKept(c.Config.General.Store, m)
	if err != nil {
		return nil, err
	}
	if target != nil {
		e.target, e.written = target, target
		e.store, _ = target.(*local.Store)
	}
	if address, ok := c.Value(&evalStoreFlag); ok {
		if e.written, err = c.openKept(address, m); err != nil {
			return nil, errors.Join(err, e.closeStores())
		}
	}
	if e.target != nil {
		e.scheduler, err = wiring.NewScheduler(&c.Config.Values, m, e.target, e.elsewhere())
	}
	if err != nil {
		return nil, errors.Join(err, e.closeStores())
	}
	return e, nil
}

// evalStoreDir is where the paths of evaluations are.
func (c *Call) evalStoreDir(m *wiring.Machine) storepath.Dir {
	if address, ok := c.Value(&evalStoreFlag); ok {
		return m.StoreDirOf(address)
	}
	return m.StoreDirOf(c.Config.General.Store)
}

// openKept opens a store that evaluation can write to; nil if it keeps nothing.
func (c *Call) openKept(address string, m *wiring.Machine) (backing, error) {
	st, err := wiring.Open(address, &c.Config.Values, m)
	if err != nil || st == nil {
		return nil, err
	}
	b, ok := st.(backing)
	if !ok {
		return nil, errors.Join(diag.New(diag.InvalidSetting, "nothing can be added to the store '%s'", address), st.Close())
	}
	return b, nil
}

// elsewhere is the store that derivations are written to if it is not the one
// that is built in, else nil.
func (e *evaluation) elsewhere() store.Destination {
	if e.written == nil || store.Store(e.written) == e.target {
		return nil
	}
	return e.written
}

// writtenStore is nil where nothing is kept, and not an interface of nil.
func (e *evaluation) writtenStore() world.Backing {
	if e.written == nil {
		return nil
	}
	return e.written
}

// realiser builds what the evaluation needs; nil if nothing can be built.
func (e *evaluation) realiser() world.Realiser {
	if e.scheduler == nil {
		return nil
	}
	return wiring.Realiser(e.scheduler, e.target, e.elsewhere())
}

// keep makes a link that keeps a result from being collected, where results are
// files of this machine.
func (e *evaluation) keep(ctx context.Context, p storepath.Path, link string) error {
	if e.store == nil {
		return nil
	}
	_, err := e.store.AddPermRoot(ctx, p, link)
	return err
}

// needBuilder fails where there is nothing that could build.
func (e *evaluation) needBuilder() error {
	if e.scheduler == nil {
		return diag.New(diag.InvalidSetting, "the store '%s' keeps nothing", e.call.Config.General.Store)
	}
	return nil
}

// needFiles fails where results are not files of this machine.
func (e *evaluation) needFiles() error {
	if e.store == nil {
		return diag.New(diag.InvalidSetting, "what is in the store '%s' are no files of this machine", e.call.Config.General.Store)
	}
	return nil
}

// Close gives up the stores, and the terminal if a debugger has it.
func (e *evaluation) Close() error {
	e.watch.finish()
	e.printStats()
	return errors.Join(e.debugger.Close(), e.closeStores())
}

func (e *evaluation) closeStores() (err error) {
	if w := e.elsewhere(); w != nil {
		err = e.written.Close()
	}
	if e.target != nil {
		err = errors.Join(err, e.target.Close())
	}
	return err
}
