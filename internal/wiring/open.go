package wiring

import (
	"firn/internal/config"
	"firn/internal/store"
)

// Open returns the store of any kind that an address means, for commands that
// need no local one.
func Open(address string, v *config.Values, m *Machine) (store.Store, error) {
	return OpenStore(address, v, m)
}
