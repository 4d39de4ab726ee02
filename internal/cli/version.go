package cli

import (
	"os"
	"strings"

	"firn/internal/activity"
	"firn/internal/config"
)

// showVersion prints the version as Nix does, because programs look for it
// there; called by its own name, firn says who it is.
func (c *Call) showVersion() error {
	first := c.Program + " (Nix) " + config.NixVersion
	if c.Program == "firn" {
		first = "firn " + config.Version + " (compatible with Nix " + config.NixVersion + ")"
	}
	lines := []string{first}
	if c.Log.Level() > activity.Info {
		lines = append(lines, c.details()...)
	}
	return printLine(c.Out, strings.Join(lines, "\n"))
}

// details are what "-v --version" adds.
func (c *Call) details() []string {
	v := &c.Config.Values
	state, ok := c.Env("NIX_STATE_DIR")
	if !ok || state == "" {
		state = "/nix/var/nix"
	}
	store, ok := c.Env("NIX_STORE_DIR")
	if !ok || store == "" {
		store = "/nix/store"
	}
	lines := []string{
		"System type: " + v.General.System,
		"Additional system types: " + strings.Join(v.General.ExtraPlatforms, ", "),
		"Features: gc, signed-caches",
		"System configuration file: " + quote(c.Host.ConfDir+"/nix.conf"),
		"User configuration files: " + strings.Join(config.UserFiles(c.Env, c.Host.Home), ":"),
		"Store directory: " + store,
		"State directory: " + quote(state),
	}
	if self, err := os.Executable(); err == nil {
		lines = append(lines, "Program: firn "+config.Version+", "+self)
	}
	return lines
}
