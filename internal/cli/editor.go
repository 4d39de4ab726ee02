package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// edit opens a file in $EDITOR at a line, 0 for none, and waits.
func (c *Call) edit(path string, line int) error {
	editor, _ := c.Env("EDITOR")
	if strings.TrimSpace(editor) == "" {
		editor = "cat"
	}
	argv := strings.Fields(editor)
	if line > 0 && takesLine(editor) {
		argv = append(argv, "+"+strconv.Itoa(line))
	}
	return c.foreground(exec.Command(argv[0], append(argv[1:], path)...))
}

// takesLine reports whether an editor understands +LINE.
func takesLine(editor string) bool {
	for _, name := range []string{"emacs", "nano", "vim", "kak"} {
		if strings.Contains(editor, name) {
			return true
		}
	}
	return false
}

// editText opens a copy of a text that can't be changed where it is.
func (c *Call) editText(name, text string, line int) error {
	dir, err := os.MkdirTemp("", "nix-edit")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o400); err != nil {
		return err
	}
	return c.edit(path, line)
}

// foreground runs a program on the terminal.
func (c *Call) foreground(cmd *exec.Cmd) error {
	defer c.Log.Suspend()()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Process.In, c.Process.Out, c.Process.Err
	return cmd.Run()
}
