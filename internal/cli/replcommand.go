package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"

	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/repl"
	"firn/internal/lang/value"
	"firn/internal/ui"
)

var replCommand = Command{
	Name: "repl", Category: Infrequent,
	Summary: "start an interactive session for evaluating expressions",
	Doc: `Reads expressions and prints their values, binds variables (` + "`x = 1`" + `), and carries out commands that begin with a colon; ` + "`:?`" + ` lists them. Input that is incomplete goes on in the next line. Tab completes variables, attributes and paths; the history is kept between sessions.

Attributes of the arguments' values are variables from the start.`,
	Examples: []Example{
		{"Try expressions", "nix repl"},
		{"Look around in a package set", "nix repl --file '<nixpkgs>'"},
		{"Start with some variables", "nix repl --expr '{ a = 1; }'"},
	},
	Flags: [][]*Flag{installableFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runRepl,
}

func runRepl(ctx context.Context, c *Call) error {
	c.Config.SetDefault("pure-eval", "false")
	e, err := c.newEvaluation(context.WithoutCancel(ctx), false)
	if err != nil {
		return err
	}
	defer e.Close()
	host := &replHost{e, context.WithoutCancel(ctx)}
	in, err := newLineReader(c)
	if err != nil {
		return err
	}
	defer in.Close()
	if e.debugger != nil {
		e.debugger.in = in
	}
	defer e.interruptible()()
	return e.Run(func(w *eval.Worker) {
		r := repl.New(w, in, c.Out, c.outputIsTerminal(), host)
		in.complete = r.Complete
		r.Preload = host.preload
		if !c.Has(&fileFlag) && !c.Has(&newExprFlag) {
			for _, arg := range c.Args {
				r.AddFile(arg)
			}
		}
		host.Notice("Nix " + w.NixVersion + "\nType :? for help.")
		w.Check(r.Loop())
	})
}

// interruptible has the interrupt key end what is being evaluated instead of the
// session, until the function that it returns is called.
func (e *evaluation) interruptible() (stop func()) {
	keys := make(chan os.Signal, 1)
	signal.Notify(keys, os.Interrupt)
	go func() {
		for range keys {
			e.Interrupt(interrupted())
		}
	}()
	return func() {
		signal.Stop(keys)
		close(keys)
	}
}

// replHost does for a session what needs more than the language.
type replHost struct {
	*evaluation
	ctx context.Context
}

func (h *replHost) Notice(text string) { h.call.Log.Say(2, text) }
func (h *replHost) Error(err error)    { h.call.Log.Error(err) }
func (h *replHost) ShowTrace() bool    { return h.call.Log.Renderer().ShowTrace }

func (h *replHost) SetShowTrace(on bool) {
	h.call.Log.Renderer().ShowTrace = on
	h.Evaluator.ShowTrace = on
}

func (h *replHost) FileArgument(w *eval.Worker, arg string) string { return h.fileArgument(w, arg) }
func (h *replHost) AutoArgs(w *eval.Worker) *value.Attrs           { return h.autoArgs(w) }

// preload evaluates what --file or --expr names. Functions in a file are called.
func (h *replHost) preload(w *eval.Worker) (out []repl.Preloaded) {
	if !h.call.Has(&fileFlag) && !h.call.Has(&newExprFlag) {
		return nil
	}
	args := h.call.Args
	if len(args) == 0 {
		args = []string{"."}
	}
	h.source = nil // it may have changed
	for _, arg := range args {
		v, _, _ := h.installable(w, arg)
		if h.call.Has(&fileFlag) {
			v = w.Cell(w.AutoCall(h.autoArgs(w), w.Force(v, 0)))
		}
		if arg == "." {
			arg = ""
		}
		out = append(out, repl.Preloaded{Text: arg, Cell: v})
	}
	return out
}

func (h *replHost) Markdown(text string) string {
	if raw, _ := h.call.Env("_NIX_TEST_RAW_MARKDOWN"); raw == "1" {
		return text
	}
	t := ui.Inspect(h.call.Process.Out, h.call.Process.Env)
	return ui.Markdown(text, max(t.Width()-5, 60), t.Colour)
}

func (h *replHost) Edit(path string, line int) error { return h.call.edit(path, line) }

func (h *replHost) EditText(name, text string, line int) error {
	return h.call.editText(name, text, line)
}

// Run runs this program under another of its names, with the same settings.
func (h *replHost) Run(program string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{program}, args...)...)
	cmd.Env = append(slices.Clone(h.call.Process.Environ), "NIX_CONFIG="+h.call.Config.KeyValue())
	return h.call.foreground(cmd)
}

func (h *replHost) Place(p diag.Pos) string { return h.call.Log.Renderer().Place(p) }

func (h *replHost) LoadFlake(*eval.Worker, string) (*value.Value, error) {
	return nil, diag.New(diag.Usage, "firn has no flakes yet; ':load' loads files")
}

// needStore fails where nothing is kept that could be built.
func (h *replHost) needStore() error {
	if err := h.needBuilder(); err != nil {
		return err
	}
	return h.Flush()
}

// Build builds all outputs and says where they are. The interrupt key ends it.
func (h *replHost) Build(drv storepath.Path, links bool) ([]string, error) {
	if err := h.needStore(); err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(h.ctx, os.Interrupt)
	defer stop()
	results, err := h.build(ctx, []wanted{{target: plan.Target{Path: drv, All: true}}})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, o := range results[0].Outputs {
		name := o.Name
		if links {
			link := "repl-result-" + o.Name
			abs, err := filepath.Abs(link)
			if err != nil {
				return nil, err
			}
			if err := h.keep(ctx, o.Path, abs); err != nil {
				return nil, err
			}
			name = "./" + link
		}
		lines = append(lines, name+" -> "+h.StoreDir.Join(o.Path))
	}
	return lines, nil
}

func (h *replHost) Log(drv storepath.Path) (string, error) {
	if err := h.needStore(); err != nil {
		return "", err
	}
	if err := h.needFiles(); err != nil {
		return "", err
	}
	r, err := h.call.openLog(h.ctx, h.store, drv)
	if errors.Is(err, fs.ErrNotExist) {
		return "", diag.New(diag.FileNotFound, "build log of '%s' is not available", h.StoreDir.Join(drv))
	}
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}
