package devshell

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"firn/internal/build/options"
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// Classic is the shell of nix-shell: the derivation's variables in the environment, its setup run by the
// shell itself.
type Classic struct {
	Dir        storepath.Dir
	Derivation *derivation.Derivation // resolved
	TempDir    string                 // removed by the shell at its end
	Cores      int
	Environ    map[string]string // what the caller has
	Pure       bool
	Keep       []string // names that a pure shell keeps too
	Root       bool     // the caller is root, which the prompt shows
	Shell      string   // as it is started
	Command    string   // run at the end; may be empty
	// Infos are of the closure of the inputs, for exportReferencesGraph of structured attributes.
	Infos map[storepath.Path]*pathinfo.Info
}

// pureKeeps are variables that even a pure shell needs of its caller.
var pureKeeps = []string{"HOME", "XDG_RUNTIME_DIR", "USER", "LOGNAME", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "PATH", "TERM",
	"IN_NIX_SHELL", "NIX_SHELL_PRESERVE_PROMPT", "TZ", "PAGER", "NIX_BUILD_SHELL", "SHLVL", "http_proxy", "https_proxy", "ftp_proxy", "all_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY"}

// Prepare returns the environment of the shell, the contents of its rc file, and other files to write.
func (c *Classic) Prepare() (env map[string]string, rc string, files []File, err error) {
	o, err := options.Read(c.Derivation)
	if err != nil {
		return nil, "", nil, fmt.Errorf("while parsing derivation '%s': %w", c.Derivation.Name, err)
	}
	env = c.base()
	number := 0
	for _, v := range c.Derivation.Env {
		if v.Name == derivation.StructuredAttrs {
			continue
		}
		if _, file := slices.BinarySearch(o.PassAsFile, v.Name); file {
			f := File{path.Join(c.TempDir, ".attr-"+strconv.Itoa(number)), v.Value}
			number++
			files = append(files, f)
			env[v.Name+"Path"] = f.Path
			continue
		}
		env[v.Name] = v.Value
	}
	attrs := ""
	if o.Structured != nil {
		var more []File
		if attrs, more, err = c.structured(o); err != nil {
			return nil, "", nil, err
		}
		for i, name := range []string{"NIX_ATTRS_JSON_FILE", "NIX_ATTRS_SH_FILE"} {
			env[name] = more[i].Path
		}
		files = append(files, more...)
	}
	return env, c.rc(attrs), files, nil
}

// base is the environment without what the derivation adds.
func (c *Classic) base() map[string]string {
	env := maps.Clone(c.Environ)
	if c.Pure {
		maps.DeleteFunc(env, func(name, _ string) bool {
			return !slices.Contains(pureKeeps, name) && !slices.Contains(c.Keep, name)
		})
		env["__ETC_PROFILE_SOURCED"] = "1" // else NixOS's /etc/bashrc reads /etc/profile
	}
	if env == nil {
		env = map[string]string{}
	}
	for _, v := range []string{"NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP"} {
		env[v] = c.TempDir
	}
	env["IN_NIX_SHELL"] = map[bool]string{true: "pure", false: "impure"}[c.Pure]
	env["NIX_STORE"] = string(c.Dir)
	env["NIX_BUILD_CORES"] = strconv.Itoa(c.Cores)
	return env
}

// structured gives the shell's form of the attributes, and both files of them, JSON first.
func (c *Classic) structured(o *options.Options) (string, []File, error) {
	attrs := o.Attributes(c.Derivation)
	for _, g := range o.ExportReferencesGraph {
		var roots []storepath.Path
		for _, t := range g.Paths {
			p, _, err := c.Dir.ParseInside(t)
			if err != nil {
				return "", nil, err
			}
			roots = append(roots, p)
		}
		closure := options.Closure(c.Infos, roots...)
		maps.DeleteFunc(closure, func(p storepath.Path, _ bool) bool { return c.Infos[p] == nil })
		attrs.SetGraph(c.Dir, g.Name, slices.Sorted(maps.Keys(closure)), c.Infos)
	}
	shell, err := attrs.Shell()
	if err != nil {
		return "", nil, err
	}
	text, err := attrs.JSON()
	return shell, []File{{path.Join(c.TempDir, ".attrs.json"), text}, {path.Join(c.TempDir, ".attrs.sh"), shell}}, err
}

// rc is what the shell reads. A shell that is not pure reads the person's own file first and has their
// PATH behind the build's.
func (c *Classic) rc(attrs string) string {
	colour := "32"
	if c.Root {
		colour = "31"
	}
	lines := []string{
		"_nix_shell_clean_tmpdir() { command rm -rf " + options.Quote(c.TempDir) + "; }",
		"trap _nix_shell_clean_tmpdir EXIT",
		"exitHooks+=(_nix_shell_clean_tmpdir)",
		"failureHooks+=(_nix_shell_clean_tmpdir)",
	}
	if !c.Pure {
		lines = append(lines, `[ -n "$PS1" ] && [ -e ~/.bashrc ] && source ~/.bashrc`, "p=$PATH")
	}
	lines = append(lines, "unset PATH", "dontAddDisableDepTrack=1", strings.TrimSuffix(attrs, "\n"),
		"[ -e $stdenv/setup ] && source $stdenv/setup")
	if !c.Pure {
		lines = append(lines, "PATH=$PATH:$p", "unset p")
	}
	shell := options.Quote(c.Shell)
	lines = append(lines,
		"PATH="+options.Quote(path.Dir(c.Shell))+`:"$PATH"`, "SHELL="+shell, "BASH="+shell, "set +e",
		`[ -n "$PS1" -a -z "$NIX_SHELL_PRESERVE_PROMPT" ] && PS1='\n\[\033[1;`+colour+`m\][nix-shell:\w]\$\[\033[0m\] '`,
		`if [ "$(type -t runHook)" = function ]; then runHook shellHook; fi`,
		"unset NIX_ENFORCE_PURITY", "shopt -u nullglob", "unset TZ")
	if tz, ok := c.Environ["TZ"]; ok {
		lines = append(lines, "export TZ="+options.Quote(tz))
	}
	lines = append(lines, "shopt -s execfail", c.Command)
	return strings.Join(lines, "\n") + "\n"
}

// Args returns the arguments with which the shell is started on the rc file.
func (c *Classic) Args(rcFile string, interactive bool) []string {
	if interactive {
		return []string{"bash", "--rcfile", rcFile}
	}
	return []string{"bash", rcFile}
}
