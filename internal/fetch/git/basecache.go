package git

import "sync"

// maxBases bounds the bytes that baseCache keeps.
const maxBases = 32 << 20

// baseCache remembers objects that deltas build on: their neighbours will need them again. The oldest go first.
type baseCache struct {
	mu    sync.Mutex
	items map[baseKey]baseItem
	queue []baseKey
	bytes int
}

type baseKey struct {
	pack   *pack
	offset int64
}

type baseItem struct {
	kind Kind
	data []byte
}

func (c *baseCache) get(p *pack, offset int64) (Kind, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item, ok := c.items[baseKey{p, offset}]
	return item.kind, item.data, ok
}

func (c *baseCache) put(p *pack, offset int64, kind Kind, data []byte) {
	if len(data) > maxBases/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := baseKey{p, offset}
	if _, ok := c.items[key]; ok {
		return
	}
	if c.items == nil {
		c.items = map[baseKey]baseItem{}
	}
	c.items[key] = baseItem{kind, data}
	c.queue = append(c.queue, key)
	c.bytes += len(data)
	for c.bytes > maxBases {
		c.bytes -= len(c.items[c.queue[0]].data)
		delete(c.items, c.queue[0])
		c.queue = c.queue[1:]
	}
}
