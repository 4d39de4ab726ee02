package posixre

import (
	"sync"
	"sync/atomic"
)

// A Cache keeps compiled patterns, and the errors of those that do not compile. Its zero value is ready; it may be used
// by several goroutines at once.
type Cache struct {
	entries sync.Map // pattern to cached
	count   atomic.Int64
}

type cached struct {
	re  *Regexp
	err error
}

// maxCached bounds the number of patterns; programs that make up patterns by the thousand lose the old ones.
const maxCached = 1 << 14

// Compile is the package's Compile, with memory.
func (c *Cache) Compile(pattern string) (*Regexp, error) {
	if e, ok := c.entries.Load(pattern); ok {
		e := e.(cached)
		return e.re, e.err
	}
	re, err := Compile(pattern)
	if _, old := c.entries.LoadOrStore(pattern, cached{re, err}); !old && c.count.Add(1) > maxCached {
		c.entries.Clear()
		c.count.Store(0)
	}
	return re, err
}
