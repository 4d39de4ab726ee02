package minishell

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// modeChange gives the new permission bits for the old ones.
type modeChange func(old fs.FileMode, dir bool) fs.FileMode

// parseMode reads an octal mode or clauses such as "u+w,go-x" and "a=rX".
func parseMode(text string) (modeChange, error) {
	if n, err := strconv.ParseUint(text, 8, 12); err == nil {
		return func(fs.FileMode, bool) fs.FileMode { return fs.FileMode(n) & 0o777 }, nil
	}
	var changes []modeChange
	for _, clause := range strings.Split(text, ",") {
		c, err := parseClause(clause)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return func(m fs.FileMode, dir bool) fs.FileMode {
		for _, c := range changes {
			m = c(m, dir)
		}
		return m
	}, nil
}

func parseClause(clause string) (modeChange, error) {
	at := strings.IndexAny(clause, "+-=")
	if at < 0 {
		return nil, fmt.Errorf("invalid mode %q", clause)
	}
	var who fs.FileMode
	for _, w := range clause[:at] {
		bits, ok := map[rune]fs.FileMode{'u': 0o700, 'g': 0o070, 'o': 0o007, 'a': 0o777}[w]
		if !ok {
			return nil, fmt.Errorf("invalid mode %q", clause)
		}
		who |= bits
	}
	if who == 0 {
		who = 0o777 &^ 0o022 // as with the umask that builders have
		if clause[at] == '-' {
			who = 0o777
		}
	}
	perms := clause[at+1:]
	if strings.Trim(perms, "rwxXst") != "" {
		return nil, fmt.Errorf("invalid mode %q", clause)
	}
	return func(m fs.FileMode, dir bool) fs.FileMode {
		var bits fs.FileMode
		for _, p := range perms {
			switch {
			case p == 'r':
				bits |= 0o444
			case p == 'w':
				bits |= 0o222
			case p == 'x', p == 'X' && (dir || m&0o111 != 0):
				bits |= 0o111
			}
		}
		switch clause[at] {
		case '+':
			return m | bits&who
		case '-':
			return m &^ (bits & who)
		}
		return m&^who | bits&who
	}, nil
}

func chmod(c *call) error {
	if len(c.args) < 2 {
		return errors.New("missing operand")
	}
	change, err := parseMode(c.args[0])
	if err != nil {
		return err
	}
	one := func(path string, info fs.FileInfo) error {
		return os.Chmod(path, change(info.Mode().Perm(), info.IsDir()))
	}
	c.args = c.args[1:]
	return c.each(func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := one(path, info); err != nil || !c.has('R') || !info.IsDir() {
			return err
		}
		return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || p == path || d.Type()&fs.ModeSymlink != 0 {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			return one(p, info)
		})
	})
}
