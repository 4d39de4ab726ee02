package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterh/liner"
	"golang.org/x/term"

	"firn/internal/lang/repl"
)

// A lineReader reads lines from a person, with editing, completion and history,
// or from a pipe.
type lineReader struct {
	editor   *liner.State
	plain    *bufio.Reader
	echo     io.Writer // gets prompts and lines that are read without an editor; nil for nobody
	history  string
	complete func(line string) []string
}

// newLineReader opens the editor if both ends are terminals.
func newLineReader(c *Call) (*lineReader, error) {
	if !term.IsTerminal(int(c.Process.In.Fd())) || !c.outputIsTerminal() {
		r := &lineReader{plain: bufio.NewReader(c.Process.In)}
		if on, _ := c.Env("_NIX_TEST_REPL_ECHO"); on == "1" {
			r.echo = c.Out
		}
		return r, nil
	}
	r := &lineReader{editor: liner.NewLiner(), history: historyFile(c)}
	r.editor.SetCtrlCAborts(true)
	r.editor.SetTabCompletionStyle(liner.TabPrints)
	r.editor.SetCompleter(func(line string) []string {
		if r.complete == nil {
			return nil
		}
		return r.complete(line)
	})
	if f, err := os.Open(r.history); err == nil {
		// What can't be read is no reason not to start.
		_, _ = r.editor.ReadHistory(f)
		f.Close()
	}
	return r, nil
}

// historyFile is where Nix keeps the history, too.
func historyFile(c *Call) string {
	if dir, ok := c.Env("NIX_DATA_HOME"); ok && dir != "" {
		return filepath.Join(dir, "repl-history")
	}
	dir, ok := c.Env("XDG_DATA_HOME")
	if !ok || dir == "" {
		dir = filepath.Join(home(c.Process, func(string) {}), ".local", "share")
	}
	return filepath.Join(dir, "nix", "repl-history")
}

// ReadLine implements [repl.LineReader].
func (r *lineReader) ReadLine(prompt string) (string, error) {
	if r.plain != nil {
		line, err := r.plain.ReadString('\n')
		if err == io.EOF && line != "" {
			err = nil
		}
		line = strings.TrimSuffix(line, "\n")
		if err == nil && r.echo != nil {
			err = printLine(r.echo, prompt+line)
		}
		return line, err
	}
	line, err := r.editor.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", repl.ErrInterrupted
	}
	if err == nil && strings.TrimSpace(line) != "" {
		r.editor.AppendHistory(line)
	}
	return line, err
}

// Close saves the history and gives the terminal back.
func (r *lineReader) Close() error {
	if r.editor == nil {
		return nil
	}
	if os.MkdirAll(filepath.Dir(r.history), 0o755) == nil {
		if f, err := os.Create(r.history); err == nil {
			_, _ = r.editor.WriteHistory(f)
			f.Close()
		}
	}
	editor := r.editor
	r.editor = nil
	return editor.Close()
}
