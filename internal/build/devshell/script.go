package devshell

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"firn/internal/build/options"
)

func fields(s string) []string { return strings.Fields(s) }

// ignored are variables that a person's shell keeps its own of.
var ignored = map[string]bool{
	"BASHOPTS": true, "HOME": true, "NIX_BUILD_TOP": true, "NIX_ENFORCE_PURITY": true, "NIX_LOG_FD": true, "NIX_REMOTE": true,
	"PPID": true, "SHELLOPTS": true, "SSL_CERT_FILE": true, "TEMP": true, "TEMPDIR": true, "TERM": true, "TMP": true, "TMPDIR": true,
	"TZ": true, "UID": true,
}

// kept are lists to which the build's entries are prepended: without the person's own the shell could not
// be used.
var kept = []string{"PATH", "XDG_DATA_DIRS"}

// A File is to be written before the shell starts.
type File struct {
	Path, Text string
}

// ScriptOptions say where things go that a build would put where only it can.
type ScriptOptions struct {
	OutputsDir string            // stands for the outputs: OutputsDir/NAME
	TempDir    string            // for files of structured attributes
	Redirects  map[string]string // other paths to be replaced
}

// Script returns bash code that brings the environment about, and files that it needs.
func (e *Environment) Script(o ScriptOptions) (string, []File, error) {
	outs, err := e.outputs()
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	b.WriteString("unset shellHook\n")
	for _, v := range kept {
		fmt.Fprintf(&b, "%[1]s=${%[1]s:-}\nnix_saved_%[1]s=\"$%[1]s\"\n", v)
	}
	e.declare(&b)
	for _, v := range kept {
		fmt.Fprintf(&b, "%[1]s=\"$%[1]s${nix_saved_%[1]s:+:$nix_saved_%[1]s}\"\n", v)
	}
	b.WriteString("export NIX_BUILD_TOP=\"$(mktemp -d -t nix-shell.XXXXXX)\"\n")
	for _, v := range []string{"TMP", "TMPDIR", "TEMP", "TEMPDIR"} {
		fmt.Fprintf(&b, "export %s=\"$NIX_BUILD_TOP\"\n", v)
	}
	b.WriteString("eval \"${shellHook:-}\"\n")

	rewrites := map[string]string{}
	for name, p := range outs {
		rewrites[p] = path.Join(o.OutputsDir, name)
	}
	maps.Copy(rewrites, o.Redirects)
	var files []File
	if e.Structured {
		for variable, f := range map[string]File{
			"NIX_ATTRS_SH_FILE":   {path.Join(o.TempDir, ".attrs.sh"), e.AttrsShell},
			"NIX_ATTRS_JSON_FILE": {path.Join(o.TempDir, ".attrs.json"), e.AttrsJSON},
		} {
			files = append(files, f)
			if v := e.Variables[variable].Value; v != "" {
				rewrites[v] = f.Path
			}
		}
		slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	}
	return Rewrite(b.String(), rewrites), files, nil
}

// Uses tells whether the script would mention a path.
func (e *Environment) Uses(p string) bool {
	var b strings.Builder
	e.declare(&b)
	return strings.Contains(b.String(), p)
}

// Rewrite replaces texts, none of which is empty.
func Rewrite(text string, rewrites map[string]string) string {
	var list []string
	for _, from := range slices.Sorted(maps.Keys(rewrites)) {
		if from != "" {
			list = append(list, from, rewrites[from])
		}
	}
	return strings.NewReplacer(list...).Replace(text)
}

// declare writes the variables and functions.
func (e *Environment) declare(b *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(e.Variables)) {
		if ignored[name] {
			continue
		}
		v := e.Variables[name]
		switch {
		case v.Array != nil:
			b.WriteString("declare -a " + name + "=(")
			for _, s := range v.Array {
				b.WriteString(options.Quote(s) + " ")
			}
			b.WriteString(")\n")
		case v.Associative != nil:
			b.WriteString("declare -A " + name + "=(")
			for _, key := range slices.Sorted(maps.Keys(v.Associative)) {
				b.WriteString("[" + options.Quote(key) + "]=" + options.Quote(v.Associative[key]) + " ")
			}
			b.WriteString(")\n")
		default:
			b.WriteString(name + "=" + options.Quote(v.Value) + "\n")
			if v.Exported {
				b.WriteString("export " + name + "\n")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Functions)) {
		b.WriteString(name + " ()\n{\n" + e.Functions[name] + "}\n")
	}
}

// A Session is what a development shell does once the environment is there.
type Session struct {
	RCFile  string   // the file that the script is in; it removes itself
	Command []string // run instead of an interactive shell
	Phase   string   // run this phase of the build instead: "build", "installCheck"
	Trace   bool     // print commands as they run

	Prompt, PromptPrefix, PromptSuffix string

	Shell string // as the shell is started
	// Found is set if Shell is one that was chosen for the environment, with a directory that goes to PATH.
	Found bool
}

// Develop returns the whole script of a development shell. env is what Environment.Script gave.
func (s *Session) Develop(env string) string {
	var b strings.Builder
	interactive := s.Phase == "" && len(s.Command) == 0
	if interactive {
		b.WriteString("[ -n \"$PS1\" ] && [ -e ~/.bashrc ] && source ~/.bashrc;\nshopt -u expand_aliases\n")
	}
	b.WriteString(env)
	if s.Trace {
		b.WriteString("set -x\n")
	}
	b.WriteString("command rm -f " + options.Quote(s.RCFile) + "\n")
	switch {
	case s.Phase != "":
		// The check phase of stdenv wants to be told that there is a makefile.
		fmt.Fprintf(&b, "foundMakefile=1\nif declare -f runPhase >/dev/null; then runPhase %[1]sPhase; else runHook %[1]sPhase; fi\n", s.Phase)
	case !interactive:
		b.WriteString("exec")
		for _, a := range s.Command {
			b.WriteString(" " + options.Quote(a))
		}
		b.WriteByte('\n')
	default:
		b.WriteString("\nshopt -s expand_aliases\n")
		s.prompts(&b)
	}
	b.WriteString("SHELL=" + options.Quote(s.Shell) + "\n")
	if s.Found {
		b.WriteString("PATH=" + options.Quote(path.Dir(s.Shell)) + "\"${PATH:+:$PATH}\"\n")
	}
	return b.String()
}

func (s *Session) prompts(b *strings.Builder) {
	for _, p := range []struct{ text, form string }{
		{s.Prompt, "PS1=%s"}, {s.PromptPrefix, "PS1=%s\"$PS1\""}, {s.PromptSuffix, "PS1+=%s"},
	} {
		if p.text != "" {
			fmt.Fprintf(b, "[ -n \"$PS1\" ] && "+p.form+";\n", options.Quote(p.text))
		}
	}
}

// Args returns the arguments, argument 0 among them, with which the shell is started on the script.
func (s *Session) Args() []string {
	if s.Phase != "" || len(s.Command) > 0 {
		// No shell remains when the command is interrupted.
		return []string{path.Base(s.Shell), s.RCFile}
	}
	return []string{path.Base(s.Shell), "--rcfile", s.RCFile}
}
