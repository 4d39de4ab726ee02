// Package cli is what people type: the commands, their flags and arguments, and
// everything around them that all commands share: parsing, help, completion,
// messages, exit codes. Only this package prints results and decides how the
// process ends.
//
// # How to add a command
//
// A command is one file with one declaration: a variable of type [Command] with
// name, summary, documentation, examples, flags, arguments and a Run function,
// and the variables of the flags that only it has. It gets a place in the table
// (table.go), either among the subcommands of nix or among the programs with a
// name of their own. Help, manual pages, completion and __dump-cli follow from
// the declaration; docs/manual is written again with
//
//	go run ./cmd/firn __dump-manual docs/manual
//
// Run gets a [Call]: the flags used ([Call.Has], [Call.Value], [Call.All]), the
// positional arguments, the configuration with all flags of settings applied,
// the logger, and where results go. It returns an error to be shown, or [Exit].
//
// Flags that several commands share are variables in a file of their own
// (evalflags.go, jsonflags.go, …), collected in groups of type []*Flag.
//
// There are no init functions and no registration: what is not in the table
// does not exist. Run functions reach the table through the call, because a
// variable that refers to itself does not compile.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path"
	"runtime/debug"
	"strings"
	"syscall"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/ui"
)

// A Process is what the program was started with.
type Process struct {
	Args    []string // Args[0] is the name it was called by
	Environ []string
	In      *os.File
	Out     *os.File
	Err     *os.File
}

// Env looks up a variable of the environment.
func (p *Process) Env(name string) (string, bool) {
	for i := len(p.Environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(p.Environ[i], name); ok && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
	}
	return "", false
}

// Exit is an error that ends the program with a code and says nothing.
type Exit int

func (e Exit) Error() string { return "exit" }

// Main runs a process and returns its exit code.
func Main(p *Process) int {
	name, shown, root, words := p.choose()
	c := &Call{Process: p, Program: name, Root: root, Path: []*Command{root}, Command: root}
	c.Log = ui.NewLogger(c.logOptions())
	c.Events = activity.NewRecorder(c.Log, activity.ID(os.Getpid())<<32)
	c.Out = c.Log.Stdout()
	defer c.Log.Stop()
	err := c.run(words)
	return c.end(err, shown)
}

// choose finds out which program this is: the one it was called as, or, for
// firn, one that its first argument names. Shown is what to call it in
// messages.
func (p *Process) choose() (name, shown string, root *Command, words []string) {
	argv0 := "firn"
	if len(p.Args) > 0 {
		argv0, words = p.Args[0], p.Args[1:]
	}
	name = path.Base(argv0)
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	if root := classicProgram(name); root != nil {
		return name, argv0, root, words
	}
	if len(words) > 0 && name != "nix" {
		if root := classicProgram(words[0]); root != nil {
			return words[0], argv0 + " " + words[0], root, words[1:]
		}
	}
	if name != "nix" {
		name = "firn"
	}
	return name, argv0, &nixCommand, words
}

// run configures, parses and carries out.
func (c *Call) run(words []string) (err error) {
	defer func() { err = internalError(recover(), err) }()
	if err := c.configure(); err != nil {
		return err
	}
	if len(words) == 1 {
		if dump := findDump(words[0]); dump != nil && c.Root == &nixCommand {
			return dump(c)
		}
	}
	if n, _ := c.Env("NIX_GET_COMPLETIONS"); n != "" {
		return c.complete(words, n)
	}
	words, err = c.fromScript(words)
	if err != nil {
		return err
	}
	err = c.parse(words)
	if c.Has(&helpFlag) && (err == nil || errors.Is(err, diag.ErrUsage)) {
		return c.showHelp(c.Path)
	}
	if err != nil {
		return err
	}
	c.record()
	c.Config.WarnUnknown()
	if c.Has(&versionFlag) {
		return c.showVersion()
	}
	if c.Command.Run == nil {
		return c.needsSubcommand()
	}
	for _, command := range c.Path {
		if err := c.Config.Require(command.Feature); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return c.Command.Run(ctx, c)
}

// end shows an error and returns the exit code it asks for.
func (c *Call) end(err error, shown string) int {
	var exit Exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, context.Canceled):
		err = interrupted()
	case errors.Is(err, syscall.EPIPE):
		return 1
	case errors.Is(err, eval.ErrQuit):
		return 0
	case errors.Is(err, eval.ErrBreak):
		c.Log.Report(activity.Info, err, false)
		return 1
	}
	e := diag.As(err)
	c.Log.Error(e)
	if errors.Is(e, diag.ErrUsage) {
		c.Log.Say(0, "Try '"+shown+" --help' for more information.")
	}
	if e.Status != 0 {
		return e.Status
	}
	return 1
}

// internalError makes an error of a panic, if there was one.
func internalError(panicked any, err error) error {
	if panicked == nil {
		return err
	}
	if e, ok := panicked.(*diag.Error); ok {
		return e
	}
	return diag.New(diag.InternalError, "internal error: %v; please report it with what you ran\n%s", panicked, debug.Stack())
}

// interrupted is what a command ends in when somebody stops it.
func interrupted() *diag.Error { return diag.New(diag.Interrupted, "interrupted by the user") }

// logOptions decides how messages are shown before any flag is read.
func (c *Call) logOptions() ui.Options {
	t := ui.Inspect(c.Process.Err, c.Process.Env)
	systemd, _ := c.Process.Env("IN_SYSTEMD")
	o := ui.Options{
		Err: c.Process.Err, Out: c.Process.Out, Terminal: t, Format: ui.RawWithLogs, Level: defaultLevel(c.Root, t),
		Systemd: systemd == "1", Renderer: &ui.Renderer{Extended: t.Live},
	}
	switch {
	case c.Root.Classic:
	case t.Live:
		o.Format = ui.Tree
	default:
		o.Format = ui.Bar
	}
	return o
}

// configure loads the configuration.
func (c *Call) configure() error {
	c.Host = host(c.Process, c.Log.Warn)
	c.Config = config.New(c.Host, c.Env)
	c.Config.Warn = c.Log.Warn
	if err := c.Config.Load(c.Env, readConfig); err != nil {
		return err
	}
	if c.Program == "firn" {
		// Called by its own name it is not experimental to itself.
		c.Config.General.ExperimentalFeatures = c.Config.General.ExperimentalFeatures.With(config.NixCommand).With(config.Flakes)
	}
	if !c.Root.Classic {
		c.Config.SetDefault("pure-eval", "true")
	}
	return nil
}

// record sends log records to the file or socket that a setting names.
func (c *Call) record() {
	name := c.Config.General.JSONLogPath
	if name == "" {
		return
	}
	w, err := openRecord(name)
	if err != nil {
		// Nix: goes on without.
		c.Log.Warn("opening log file " + quote(name) + ": " + err.Error())
		return
	}
	c.Log.SetRecord(w)
}

func readConfig(name string) (string, error) {
	data, err := os.ReadFile(name)
	return string(data), err
}

func quote(s string) string { return `"` + s + `"` }

// printLine writes a line of results.
func printLine(w io.Writer, s string) error {
	_, err := io.WriteString(w, s+"\n")
	return err
}
