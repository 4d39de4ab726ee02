package cli

import (
	"firn/internal/diag"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

// openStore opens the store that the configuration names, for commands that
// cannot do without.
func (c *Call) openStore() (*local.Store, error) {
	address := c.Config.General.Store
	if wiring.IsDummy(address) {
		return nil, diag.New(diag.InvalidSetting, "the store '%s' keeps nothing", address)
	}
	return wiring.OpenStore(address, &c.Config.Values, c.machine())
}

// openAny opens the store of any kind at an address, for commands that need no
// local one. "" is the store that the configuration names.
func (c *Call) openAny(address string) (store.Store, error) {
	if address == "" {
		address = c.Config.General.Store
	}
	if wiring.IsDummy(address) {
		return nil, diag.New(diag.InvalidSetting, "the store '%s' keeps nothing", address)
	}
	return wiring.Open(address, &c.Config.Values, c.machine())
}
