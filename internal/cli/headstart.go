package cli

import (
	"context"
	"sync"
	"time"

	"firn/internal/build/plan"
)

// headStartDelay is how long an evaluation may go on after something to build was found until that is built without
// waiting for the rest. Most are faster, and then all that will be built is told at once.
const headStartDelay = 500 * time.Millisecond

// A headStart has what an evaluation has found built while it goes on. The nil *headStart does not.
type headStart struct {
	e     *evaluation
	ctx   context.Context
	begin func(plan.Target)

	mu    sync.Mutex
	found []plan.Target // that have not begun
	begun map[string]bool
	timer *time.Timer // of found; nil while there is nothing
	over  bool
	err   error // of telling what is going to be built
}

// add takes a target, at any time until end.
func (h *headStart) add(t plan.Target) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found = append(h.found, t)
	if h.timer == nil {
		h.timer = time.AfterFunc(headStartDelay, h.start)
	}
}

// start has everything begun that was found.
func (h *headStart) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.err != nil {
		return
	}
	targets := h.found
	h.found, h.timer = nil, nil
	if h.err = h.e.Flush(); h.err == nil {
		h.err = h.e.announce(h.ctx, targets)
	}
	if h.err != nil {
		return
	}
	for _, t := range targets {
		h.begun[targetText(h.e.StoreDir, t)] = true
		h.begin(t)
	}
}

// end takes nothing more and returns those of targets that have not begun.
func (h *headStart) end(targets []plan.Target) (rest []plan.Target, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	if h.timer != nil {
		h.timer.Stop()
	}
	for _, t := range targets {
		if !h.begun[targetText(h.e.StoreDir, t)] {
			rest = append(rest, t)
		}
	}
	return rest, h.err
}

// buildInstallables evaluates arguments and builds what they mean.
func (e *evaluation) buildInstallables(ctx context.Context, args []string, mode plan.Mode) (list []wanted, results []plan.Result, err error) {
	if err := e.needBuilder(); err != nil {
		return nil, nil, err
	}
	results, err = e.buildFound(ctx, mode, func() (targets []plan.Target, err error) {
		list, err = e.installables(args)
		for i := range list {
			targets = append(targets, list[i].target)
		}
		return targets, err
	})
	return list, results, e.buildFailure(err)
}

// buildFound builds, in that mode, what find finds. If finding takes its time, it begins with what e.head is given
// meanwhile.
func (e *evaluation) buildFound(ctx context.Context, mode plan.Mode, find func() ([]plan.Target, error)) ([]plan.Result, error) {
	return e.scheduler.RealiseWhile(ctx, func(begin func(plan.Target)) ([]plan.Target, error) {
		h := &headStart{e: e, ctx: ctx, begin: begin, begun: make(map[string]bool)}
		if mode == plan.Normal {
			e.head = h
		}
		targets, err := find()
		e.head = nil
		rest, startErr := h.end(targets)
		if err == nil {
			err = startErr
		}
		if err == nil {
			err = e.announce(ctx, rest)
		}
		setMode(targets, mode)
		return targets, err
	})
}
