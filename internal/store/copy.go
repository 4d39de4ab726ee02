package store

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"firn/internal/activity"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/par"
)

// Destination is a store that paths are copied to.
type Destination interface {
	Reader
	NARAdder
}

// Truster is a store that may be believed without signatures.
type Truster interface{ Trusted() bool }

// Validator tells of many paths at once which are valid, in the same order.
type Validator interface {
	ValidPaths(ctx context.Context, paths []storepath.Path) ([]storepath.Path, error)
}

// CopyOptions say how paths are copied.
type CopyOptions struct {
	Repair   bool // copy what is valid as well, and replace it
	Unsigned bool // take paths without a signature that is trusted
	// Upstreams are stores that whoever uses the destination has too: what they
	// have is not copied.
	Upstreams []Reader
	Recorder  *activity.Recorder
	Parent    *activity.Activity // what copying one path is part of, or nil
	// Names are the addresses of both stores, for those who watch.
	FromName, ToName string
}

const (
	copies = 64 // paths that are copied at once
	// inMemory is the size in bytes up to which an archive is read before it is
	// written, which is faster than passing it through a pipe.
	inMemory = 1 << 20
)

// Copy copies paths that are valid in from and not in to, each after what it
// refers to. The references of infos have to be among them or valid in to.
func Copy(ctx context.Context, from Reader, to Destination, infos []*pathinfo.Info, o CopyOptions) error {
	infos, err := missing(ctx, to, infos, o)
	if err != nil || len(infos) == 0 {
		return err
	}
	if t, ok := from.(Truster); ok && t.Trusted() {
		o.Unsigned = true
	}
	c := copier{from: from, to: to, o: o, done: make(map[storepath.Path]chan struct{}, len(infos)), total: uint64(len(infos))}
	for _, info := range infos {
		c.done[info.Path] = make(chan struct{})
	}
	c.all = o.Recorder.Start(activity.CopyPaths, activity.Info, fmt.Sprintf("copying %d paths", len(infos)))
	defer c.all.Stop()
	c.report()
	if w, ok := to.(interface{ Batch() Batch }); ok {
		c.batch, _ = w.Batch().(NARBatch)
	}
	// In this order what a path waits for has been begun before it.
	err = par.Each(ctx, copies, ReferencesFirst(infos), c.copy)
	if c.batch != nil {
		// What was copied before a failure stays.
		if e := c.batch.Flush(context.WithoutCancel(ctx)); err == nil {
			err = e
		}
	}
	return err
}

// CopyPath copies one path whose references are valid in to. The options'
// Upstreams don't matter.
func CopyPath(ctx context.Context, from Reader, to Destination, info *pathinfo.Info, o CopyOptions) error {
	c := copier{from: from, to: to, o: o}
	return c.transfer(ctx, info)
}

// missing returns the infos of what has to be copied.
func missing(ctx context.Context, to Reader, infos []*pathinfo.Info, o CopyOptions) ([]*pathinfo.Info, error) {
	stores := o.Upstreams
	if !o.Repair {
		stores = append([]Reader{to}, stores...)
	}
	for _, s := range stores {
		have, err := validInfos(ctx, s, infos)
		if err != nil {
			return nil, err
		}
		var rest []*pathinfo.Info
		for _, info := range infos {
			if !have[info.Path] {
				rest = append(rest, info)
			}
		}
		infos = rest
	}
	return infos, nil
}

func validInfos(ctx context.Context, s Reader, infos []*pathinfo.Info) (map[storepath.Path]bool, error) {
	paths := make([]storepath.Path, len(infos))
	for i, info := range infos {
		paths[i] = info.Path
	}
	valid, err := ValidPaths(ctx, s, paths)
	have := make(map[storepath.Path]bool, len(valid))
	for _, p := range valid {
		have[p] = true
	}
	return have, err
}

// ValidPaths tells which of some paths a store has, in their order.
func ValidPaths(ctx context.Context, s Reader, paths []storepath.Path) ([]storepath.Path, error) {
	if v, ok := s.(Validator); ok {
		return v.ValidPaths(ctx, paths)
	}
	answers, err := par.Map(ctx, queries, paths, s.IsValid)
	var valid []storepath.Path
	for i, is := range answers {
		if is {
			valid = append(valid, paths[i])
		}
	}
	return valid, err
}

type copier struct {
	from  Reader
	to    Destination
	o     CopyOptions
	batch NARBatch                         // of the destination, nil if it has none
	done  map[storepath.Path]chan struct{} // closed when a path is valid, or in the batch
	all   *activity.Activity
	total uint64

	finished, running, failed atomic.Uint64
}

func (c *copier) report() {
	c.all.Report(activity.Progress{Done: c.finished.Load(), Expected: c.total, Running: c.running.Load(), Failed: c.failed.Load()})
}

// copy copies a path as soon as what it refers to is valid.
func (c *copier) copy(ctx context.Context, info *pathinfo.Info) error {
	for _, ref := range info.References {
		if ref == info.Path || c.done[ref] == nil {
			continue
		}
		select {
		case <-c.done[ref]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	c.running.Add(1)
	c.report()
	err := c.transfer(ctx, info)
	c.running.Add(^uint64(0))
	if err != nil {
		c.failed.Add(1)
		return err
	}
	c.finished.Add(1)
	c.report()
	close(c.done[info.Path])
	return nil
}

func (c *copier) start(text string, fields ...activity.Field) *activity.Activity {
	if c.o.Parent != nil {
		return c.o.Parent.Start(activity.CopyPath, activity.Info, text, fields...)
	}
	return c.o.Recorder.Start(activity.CopyPath, activity.Info, text, fields...)
}

func (c *copier) transfer(ctx context.Context, info *pathinfo.Info) error {
	full := c.from.Dir().Join(info.Path)
	text := fmt.Sprintf("copying path '%s'", full)
	switch from, to := c.o.FromName, c.o.ToName; {
	case from != "" && to != "":
		text += fmt.Sprintf(" from '%s' to '%s'", from, to)
	case from != "":
		text += fmt.Sprintf(" from '%s'", from)
	case to != "":
		text += fmt.Sprintf(" to '%s'", to)
	}
	a := c.start(text, activity.Text(full), activity.Text(cmp.Or(c.o.FromName, "local")), activity.Text(cmp.Or(c.o.ToName, "local")))
	defer a.Stop()
	fresh := *info
	fresh.RegistrationTime, fresh.Ultimate = 0, false // the other store's business
	o := AddOptions{Repair: c.o.Repair, Unsigned: c.o.Unsigned}
	if info.NARSize != 0 && info.NARSize <= inMemory {
		var b bytes.Buffer
		b.Grow(int(info.NARSize))
		if err := c.from.WriteNAR(ctx, info.Path, &b); err != nil {
			return err
		}
		if c.batch != nil {
			return c.batch.AddNAR(ctx, &fresh, b.Bytes(), o)
		}
		return c.to.AddNAR(ctx, &fresh, &b, o)
	}
	if c.batch != nil { // what it refers to has to be valid
		if err := c.batch.Flush(ctx); err != nil {
			return err
		}
	}
	return c.stream(ctx, &fresh, o, a)
}

// stream passes an archive on while it is being read.
func (c *copier) stream(ctx context.Context, info *pathinfo.Info, o AddOptions, a *activity.Activity) error {
	r, w := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		b := bufio.NewWriterSize(&counter{w: w, a: a, total: info.NARSize}, 256<<10)
		err := c.from.WriteNAR(ctx, info.Path, b)
		if err == nil {
			err = b.Flush()
		}
		w.CloseWithError(err) // nil ends the stream
		sent <- err
	}()
	err := c.to.AddNAR(ctx, info, r, o)
	r.CloseWithError(io.ErrClosedPipe)
	// What could not be read, AddNAR was told by the stream. If it did not read
	// at all, the destination had got the path from someone else.
	<-sent
	return err
}

// counter reports how many bytes went by.
type counter struct {
	w     io.Writer
	a     *activity.Activity
	n     uint64
	total uint64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += uint64(n)
	c.a.Report(activity.Progress{Done: c.n, Expected: c.total})
	return n, err
}
