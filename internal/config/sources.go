package config

import "strings"

// Env looks up an environment variable.
type Env func(name string) (value string, set bool)

// Host holds what defaults depend on. The zero value is an unknown machine.
type Host struct {
	OS             string   // as Go names it: "linux", "darwin"
	System         string   // Nix's name of the machine: "x86_64-linux"
	ExtraPlatforms []string // other systems that run on it
	SystemFeatures []string
	Processors     int
	Root           bool   // whether the user is root
	WSL1           bool   // whether SQLite's write-ahead log is unsafe
	Home           string // the user's home directory
	CertFile       string // the first file of certificates that exists, or ""
	BuildHook      string // the program that starts remote builds, or ""
	ConfDir        string // folder of the system-wide configuration; see ConfDir
}

// ConfDir returns the folder of the system-wide configuration.
func ConfDir(env Env) string {
	if dir := nonEmpty(env, "NIX_CONF_DIR"); strings.HasPrefix(dir, "/") {
		return canonical(dir)
	}
	return "/etc/nix"
}

// UserFiles returns the configuration files of the user, the most important
// first.
func UserFiles(env Env, home string) []string {
	if list, ok := env("NIX_USER_CONF_FILES"); ok {
		return pathList(list)
	}
	dir, ok := env("NIX_CONFIG_HOME")
	if !ok {
		base, ok := env("XDG_CONFIG_HOME")
		if !ok {
			base = home + "/.config"
		}
		dir = base + "/nix"
	}
	files := []string{dir + "/nix.conf"}
	dirs, ok := env("XDG_CONFIG_DIRS")
	if !ok {
		dirs = "/etc/xdg"
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		if dir != "" {
			files = append(files, dir+"/nix/nix.conf")
		}
	}
	return files
}

// pathList splits as the shell does PATH: an empty entry is the working
// directory, an empty list none.
func pathList(s string) []string {
	if s == "" {
		return nil
	}
	list := strings.Split(s, ":")
	for i := range list {
		if list[i] == "" {
			list[i] = "."
		}
	}
	return list
}

// Load applies the configuration in its order: the system-wide file, the user's
// files from the least to the most important, NIX_CONFIG, NIX_PATH. Beside each
// nix.conf a file firn.conf is read, with the same grammar, that Nix does not
// know. Files that don't exist or can't be read are passed over.
func (c *Config) Load(env Env, read Reader) error {
	if err := c.applyFile(c.host.ConfDir+"/nix.conf", env, read); err != nil {
		return err
	}
	// What the system-wide file says holds for a daemon as well; only the rest
	// is sent to it.
	clear(c.overridden)
	files := UserFiles(env, c.host.Home)
	for i := len(files) - 1; i >= 0; i-- {
		if err := c.applyFile(files[i], env, read); err != nil {
			return err
		}
	}
	for _, name := range [...]string{"NIX_CONFIG", "FIRN_CONFIG"} {
		if text, ok := env(name); ok {
			if err := c.Apply(text, name, env, read); err != nil {
				return err
			}
		}
	}
	if path, ok := env("NIX_PATH"); ok {
		return c.Set("nix-path", strings.Join(SplitNixPath(path), " "))
	}
	return nil
}

// applyFile applies a nix.conf and the firn.conf beside it.
func (c *Config) applyFile(path string, env Env, read Reader) error {
	names := [...]string{path, ""}
	if base, ok := strings.CutSuffix(path, "/nix.conf"); ok {
		names[1] = base + "/firn.conf"
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		text, err := read(name)
		if err != nil {
			continue
		}
		if err := c.Apply(text, name, env, read); err != nil {
			return err
		}
	}
	return nil
}

// Apply parses a configuration text and sets what it says. Experimental
// features come first, because they decide which other settings count.
// Settings of the search path yield to NIX_PATH.
func (c *Config) Apply(text, path string, env Env, read Reader) error {
	list, err := Parse(text, path, read)
	if err != nil {
		return err
	}
	for _, a := range list {
		if isFeatures(a.Name) {
			if err := c.Set(a.Name, a.Value); err != nil {
				return err
			}
		}
	}
	_, fromEnv := env("NIX_PATH")
	for _, a := range list {
		if isFeatures(a.Name) || fromEnv && (a.Name == "nix-path" || a.Name == "extra-nix-path") {
			continue
		}
		if err := c.Set(a.Name, a.Value); err != nil {
			return err
		}
	}
	return nil
}

func isFeatures(name string) bool {
	return name == "experimental-features" || name == "extra-experimental-features"
}

// applyEnv applies the variables that stand for single settings, and what
// follows from the machine. Both count as defaults: files override them.
func (c *Config) applyEnv(env Env) {
	if c.host.Root {
		c.Sandbox.BuildUsersGroup = "nixbld"
	}
	if c.host.BuildHook != "" {
		c.Build.Hook = []string{c.host.BuildHook, "__build-remote"}
	}
	if uri, ok := env("NIX_REMOTE"); ok {
		if uri, err := storeURI(uri); err == nil {
			c.General.Store = uri
		}
	}
	if list, ok := env("NIX_REMOTE_SYSTEMS"); ok {
		var files []string
		for name := range strings.SplitSeq(list, ":") {
			if name != "" {
				files = append(files, "@"+name)
			}
		}
		c.Build.Builders = strings.Join(files, "\n")
	}
	if v, _ := env("NIX_IGNORE_SYMLINK_STORE"); v == "1" {
		c.Store.AllowSymlinkedStore = true
	}
	if v, _ := env("NIX_ABORT_ON_WARN"); v == "1" || v == "yes" || v == "true" {
		c.Eval.AbortOnWarn = true
	}
	file, ok := env("NIX_SSL_CERT_FILE")
	if !ok {
		file, _ = env("SSL_CERT_FILE")
	}
	if strings.HasPrefix(file, "/") {
		c.Transfer.SSLCertFile = file
	}
}

func nonEmpty(env Env, name string) string {
	v, _ := env(name)
	return v
}

// SplitNixPath splits NIX_PATH at colons, but not at those of addresses
// ("nixpkgs=https://example.org/x:other=/y").
func SplitNixPath(s string) []string {
	var list []string
	for s != "" {
		end := strings.IndexByte(s, ':')
		if end < 0 {
			return append(list, s)
		}
		value := strings.LastIndexByte(s[:end], '=') + 1
		if isPseudoURL(s[value:]) || strings.HasPrefix(s[value:], "flake:") {
			next := strings.IndexByte(s[end+1:], ':')
			if next < 0 {
				return append(list, s)
			}
			end += 1 + next
		}
		list = append(list, s[:end])
		s = s[end+1:]
	}
	return list
}

// isPseudoURL tells whether s begins like an address that a search path may hold.
func isPseudoURL(s string) bool {
	if strings.HasPrefix(s, "channel:") {
		return true
	}
	scheme, _, ok := strings.Cut(s, "://")
	if !ok {
		return false
	}
	switch scheme {
	case "http", "https", "file", "channel", "git", "s3", "ssh":
		return true
	}
	return false
}
