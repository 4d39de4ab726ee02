package wiring

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/store/local"
)

// Machine is what stores depend on besides settings.
type Machine struct {
	Env  func(name string) (string, bool)
	Home string
	// Program is what to call this program in advice.
	Program string
	// LogsShown tells that people see what builders print; Advise, that they read errors themselves.
	LogsShown, Advise bool
	// Recorder takes what stores report.
	Recorder *activity.Recorder
	// Settings are all settings as text, for programs that are told of them; nil for none.
	Settings func() string
}

func (m *Machine) dir(names ...string) (string, bool) {
	for _, name := range names {
		if dir, ok := m.Env(name); ok && dir != "" {
			return eval.CanonPath(dir), true
		}
	}
	return "", false
}

// StoreDir is the directory that store paths begin with.
func (m *Machine) StoreDir() storepath.Dir {
	if dir, ok := m.dir("NIX_STORE_DIR", "NIX_STORE"); ok {
		return storepath.Dir(dir)
	}
	return storepath.Default
}

// StateDir is where the store's database and roots are.
func (m *Machine) StateDir() string {
	if dir, ok := m.dir("NIX_STATE_DIR"); ok {
		return dir
	}
	return "/nix/var/nix"
}

// DataRoot is the root of the store that people without a store of the machine
// have of their own.
func (m *Machine) DataRoot() string {
	base, ok := m.dir("XDG_DATA_HOME")
	if !ok {
		base = filepath.Join(m.Home, ".local/share")
	}
	return filepath.Join(base, "nix/root")
}

// IsDummy reports whether an address means no store at all: what evaluation
// makes is named and not kept.
func IsDummy(address string) bool {
	base, query, _ := strings.Cut(address, "?")
	params, _ := url.ParseQuery(query)
	return strings.HasPrefix(base, "dummy:") && params.Get("read-only") != "false"
}

// StoreDirOf is the directory that the paths of the store at an address begin
// with.
func (m *Machine) StoreDirOf(address string) storepath.Dir {
	_, query, _ := strings.Cut(address, "?")
	if params, err := url.ParseQuery(query); err == nil && params.Get("store") != "" {
		return storepath.Dir(params.Get("store"))
	}
	return m.StoreDir()
}

// OpenStore returns the local store that an address means. Nothing is made
// before it is used.
func OpenStore(address string, v *config.Values, m *Machine) (*local.Store, error) {
	o, err := storeOptions(address, m)
	if err != nil {
		return nil, err
	}
	o.Activity = m.Recorder
	o.NoWAL = !v.Store.SQLiteWAL
	o.AutoOptimise = v.Store.AutoOptimise
	o.AllowSymlinks = v.Store.AllowSymlinkedStore
	o.BuildTrace = v.General.ExperimentalFeatures.Has(config.CADerivations)
	o.Reserved = v.GC.ReservedSpace
	o.Space = keptSpace(v, m)
	if !v.Store.FsyncMetadata {
		o.Durability = local.Ordered
	}
	if o.Keys, err = trustedKeys(address, v); err != nil {
		return nil, err
	}
	return local.New(o)
}

// trustedKeys are the keys one of which has to have signed what is added, nil
// if nothing has to be signed.
func trustedKeys(address string, v *config.Values) (signature.PublicKeys, error) {
	require := v.Substitute.RequireSigs
	_, query, _ := strings.Cut(address, "?")
	if params, err := url.ParseQuery(query); err == nil && params.Has("require-sigs") {
		require = params.Get("require-sigs") == "true" || params.Get("require-sigs") == "1"
	}
	if !require {
		return nil, nil
	}
	return TrustedKeys(v)
}

// TrustedKeys are the keys that settings name: public ones, and those that belong
// to the secret ones with which this machine signs.
func TrustedKeys(v *config.Values) (signature.PublicKeys, error) {
	keys, err := signature.ParsePublicKeys(v.Substitute.TrustedPublicKeys)
	if err != nil {
		return nil, err
	}
	for _, file := range v.Substitute.SecretKeyFiles {
		key, err := ReadSecretKey(file)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			continue // whoever may not read a key has none to trust
		}
		if err != nil {
			return nil, err
		}
		keys[key.Name] = key.Public()
	}
	return keys, nil
}

// ReadSecretKey reads a key to sign with.
func ReadSecretKey(file string) (signature.SecretKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return signature.SecretKey{}, err
	}
	key, err := signature.ParseSecretKey(strings.TrimSpace(string(text)))
	if err != nil {
		return signature.SecretKey{}, fmt.Errorf("file '%s': %w", file, err)
	}
	return key, nil
}

// storeOptions reads an address: auto, local, a path, local://PATH, each with
// parameters.
func storeOptions(address string, m *Machine) (local.Options, error) {
	base, query, _ := strings.Cut(address, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return local.Options{}, diag.Misuse(diag.InvalidSetting, "Cannot parse Nix store '%s'", address)
	}
	o := local.Options{Dir: m.StoreDir(), State: m.StateDir()}
	switch path, isPath := strings.CutPrefix(base, "local://"); {
	case base == "auto" || base == "":
		if len(params) == 0 && m.needsOwnRoot() {
			o = local.Rooted(m.DataRoot())
		}
	case base == "local":
	case isPath && path != "":
		root, err := url.PathUnescape(path)
		if err != nil {
			return o, diag.Misuse(diag.InvalidSetting, "Cannot parse Nix store '%s'", address)
		}
		o = m.rooted(root)
	case isPath:
	case strings.Contains(base, "/") && !strings.Contains(base, ":"):
		root, err := filepath.Abs(base)
		if err != nil {
			return o, err
		}
		o = m.rooted(root)
	default:
		return o, diag.New(diag.InvalidSetting, "firn can't open the store '%s' yet: only 'auto', 'local' and directories", address)
	}
	return withParameters(o, params, address)
}

// rooted places the store below another root; its paths begin as elsewhere.
func (m *Machine) rooted(root string) local.Options {
	o := local.Rooted(root)
	o.Dir = m.StoreDir()
	return o
}

func withParameters(o local.Options, params url.Values, address string) (local.Options, error) {
	if root := params.Get("root"); root != "" {
		rooted := local.Rooted(root)
		o.Real, o.State = rooted.Real, rooted.State
	}
	for key, values := range params {
		value := values[0]
		switch key {
		case "root":
		case "store":
			o.Dir = storepath.Dir(value)
		case "state":
			o.State = value
		case "real":
			o.Real = value
		case "read-only":
			o.ReadOnly = value == "true" || value == "1"
		case "log", "trusted", "priority", "want-mass-query", "path-info-cache-size", "require-sigs", "system-features":
		default:
			return o, diag.New(diag.InvalidSetting, "store '%s' has an unknown parameter '%s'", address, key)
		}
	}
	return o, nil
}

// needsOwnRoot reports whether the machine has no store that this user can
// write, and none was asked for by the environment.
func (m *Machine) needsOwnRoot() bool {
	if _, ok := m.dir("NIX_STORE_DIR", "NIX_STORE", "NIX_STATE_DIR"); ok {
		return false
	}
	_, err := os.Stat(m.StateDir())
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	const readWrite = 4 | 2
	return syscall.Access(m.StateDir(), readWrite) != nil
}
