package local

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"

	"firn/internal/activity"
	"firn/internal/format/storepath"
	"firn/internal/store/db"
	"firn/internal/store/gc"
)

// collection is a garbage collection under way. While it runs it listens for
// roots that other processes get; see type collector for the other side.
type collection struct {
	s      *Store
	o      CollectOptions
	result Collected

	rows    *db.Graph // what graph was made from
	lastUse []int64   // by node, in seconds since 1970; nil where it does not matter

	mu      sync.Mutex
	changed sync.Cond           // something has left pending
	temp    map[string]struct{} // hash parts of temporary roots
	pending map[string]struct{} // hash parts of what is being deleted
	graph   *gc.Graph           // nil until it is loaded
	live    *gc.Liveness
}

// addRoot spares a path and all it keeps. If the path is being deleted and wait
// is set, it returns when that is done.
func (c *collection) addRoot(p storepath.Path, wait bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Only the hash part counts, which protects locks and scratch directories of
	// the path as well.
	hash := p.HashPart()
	if c.temp == nil {
		c.temp = make(map[string]struct{})
	}
	c.temp[hash] = struct{}{}
	for wait && c.has(c.pending, hash) {
		c.changed.Wait()
	}
	c.spareHash(hash)
}

func (c *collection) has(set map[string]struct{}, hash string) bool {
	_, ok := set[hash]
	return ok
}

// spareHash needs the lock.
func (c *collection) spareHash(hash string) {
	if c.graph == nil {
		return
	}
	if n, ok := c.graph.FindHash(hash); ok {
		c.live.Spare(n)
	}
}

func (c *collection) isRoot(p storepath.Path) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.has(c.temp, p.HashPart())
}

// begin marks paths as being deleted and returns those that still may be.
func (c *collection) begin(group []int32) (dead []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range group {
		if !c.live.IsAlive(n) {
			c.mark(c.graph.Path(n).HashPart())
			dead = append(dead, n)
		}
	}
	return dead
}

// end says that paths are not being deleted any more.
func (c *collection) end(group []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range group {
		delete(c.pending, c.graph.Path(n).HashPart())
	}
	c.changed.Broadcast()
}

// beginHash is begin for what is not valid.
func (c *collection) beginHash(hash string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has(c.temp, hash) {
		return false
	}
	c.mark(hash)
	return true
}

func (c *collection) mark(hash string) {
	if c.pending == nil {
		c.pending = make(map[string]struct{})
	}
	c.pending[hash] = struct{}{}
}

func (c *collection) endHash(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, hash)
	c.changed.Broadcast()
}

// listen serves roots until stop is called, which waits for everything that it
// started.
func (c *collection) listen() (stop func(), err error) {
	dir := c.s.state("gc-socket")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if err := os.Remove(dir + "/socket"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := listenAt(dir, "socket")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir+"/socket", 0o666); err != nil { // any user may add to the store
		l.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				defer conn.Close()
				c.serve(conn)
			})
		}
	})
	return func() {
		cancel()
		l.Close()
		c.abandon()
		wg.Wait()
		os.Remove(dir + "/socket")
	}, nil
}

// abandon lets nobody wait for a deletion any more.
func (c *collection) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.pending)
	c.changed.Broadcast()
}

// serve takes roots from one process, a full path a line.
func (c *collection) serve(conn net.Conn) {
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if p, err := c.s.o.Dir.Parse(strings.TrimSuffix(line, "\n")); err == nil {
			c.addRoot(p, true)
		} else {
			c.s.say(activity.Error, "received garbage instead of a root from client")
		}
		if _, err := conn.Write([]byte{'1'}); err != nil {
			return
		}
	}
}

// listenUnix listens at an address that is not removed when the listener is
// closed, since it may not be the socket's name any more.
func listenUnix(address string) (net.Listener, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	return l, nil
}
