package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/repl"
	"firn/internal/lang/value"
	"firn/internal/ui"
)

var replCommand = Command{
	Name: "repl", Category: Infrequent, Feature: config.NixCommand,
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

func runRepl(_ context.Context, c *Call) error {
	c.Config.SetDefault("pure-eval", "false")
	e, err := c.newEvaluation(false)
	if err != nil {
		return err
	}
	host := &replHost{e}
	in, err := newLineReader(c)
	if err != nil {
		return err
	}
	defer in.Close()
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

// replHost does for a session what needs more than the language.
type replHost struct{ *evaluation }

func (h *replHost) Notice(text string) { h.call.Log.Say(2, text) }
func (h *replHost) Error(err error)    { h.call.Log.Error(err) }
func (h *replHost) ShowTrace() bool    { return h.call.Log.Renderer().ShowTrace }

func (h *replHost) SetShowTrace(on bool) {
	h.call.Log.Renderer().ShowTrace = on
	h.Evaluator.ShowTrace = on
}

func (h *replHost) FileArgument(w *eval.Worker, arg string) string { return h.fileArgument(w, arg) }
func (h *replHost) AutoArgs(w *eval.Worker) *value.Attrs           { return h.autoArgs(w) }

// preload evaluates what --file or --expr names.
func (h *replHost) preload(w *eval.Worker) (out []repl.Preloaded) {
	if !h.call.Has(&fileFlag) && !h.call.Has(&newExprFlag) {
		return nil
	}
	args := h.call.Args
	if len(args) == 0 {
		args = []string{""}
	}
	for _, arg := range args {
		v, _, _ := h.installable(w, arg)
		v = w.Cell(w.AutoCall(h.autoArgs(w), w.Force(v, 0)))
		out = append(out, repl.Preloaded{Text: arg, Cell: v})
	}
	return out
}

func (h *replHost) Markdown(text string) string {
	t := ui.Inspect(h.call.Process.Out, h.call.Process.Env)
	return ui.Markdown(text, t.Width(), t.Live)
}

// Edit opens $EDITOR.
func (h *replHost) Edit(path string, line int) error {
	editor, ok := h.call.Env("EDITOR")
	if !ok || editor == "" {
		editor = "nano"
	}
	argv := strings.Fields(editor)
	name := filepath.Base(argv[0])
	if line > 0 && (strings.Contains(name, "emacs") || strings.Contains(name, "nano") || strings.Contains(name, "vi") || strings.Contains(name, "kak")) {
		argv = append(argv, "+"+strconv.Itoa(line))
	}
	cmd := exec.Command(argv[0], append(argv[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = h.call.Process.In, h.call.Process.Out, h.call.Process.Err
	return cmd.Run()
}

// Run runs this program under another of its names.
func (h *replHost) Run(program string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{program}, args...)...)
	cmd.Args[0] = "firn"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = h.call.Process.In, h.call.Process.Out, h.call.Process.Err
	return cmd.Run()
}

func (h *replHost) LoadFlake(*eval.Worker, string) (*value.Value, error) {
	return nil, diag.New(diag.Usage, "firn has no flakes yet; ':load' loads files")
}

func (h *replHost) Build(drv storepath.Path, links bool) ([]string, error) {
	return nil, h.Run("nix-build", h.StoreDir.Join(drv))
}

func (h *replHost) Log(drv storepath.Path) (string, error) {
	return "", h.Run("nix-store", "--read-log", h.StoreDir.Join(drv))
}
