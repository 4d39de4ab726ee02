package minishell

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// utilities are the tools that the shell has inside.
var utilities = map[string]utility{
	"basename": {run: baseName},
	"cat":      {options: "u", run: cat},
	"chmod":    {options: "R", lenient: true, run: chmod},
	"cp":       {options: "adfiLPpRrTt:v", run: cp},
	"dirname":  {run: dirName},
	"env":      {run: printEnv},
	"head":     {options: "n:c:", run: head},
	"id":       {options: "ugn", run: id},
	"ln":       {options: "sfnTt:v", run: ln},
	"ls":       {options: "1aAdl", run: ls},
	"mkdir":    {options: "pm:v", run: mkdir},
	"mv":       {options: "fTt:v", run: mv},
	"readlink": {options: "fn", run: readlink},
	"rm":       {options: "rRfv", run: rm},
	"rmdir":    {options: "p", run: rmdir},
	"sleep":    {run: sleep},
	"sort":     {options: "ru", run: sortLines},
	"tail":     {options: "n:c:", run: tail},
	"tee":      {options: "a", run: tee},
	"touch":    {options: "acmd:t:", run: touch},
	"uname":    {options: "asnrmpo", run: uname},
	"wc":       {options: "lwc", run: wc},
}

func baseName(c *call) error {
	if len(c.args) == 0 {
		return errors.New("missing operand")
	}
	b := filepath.Base(c.args[0])
	if len(c.args) > 1 && b != c.args[1] {
		b = strings.TrimSuffix(b, c.args[1])
	}
	_, err := fmt.Fprintln(c.out, b)
	return err
}

func dirName(c *call) error {
	if len(c.args) == 0 {
		return errors.New("missing operand")
	}
	for _, a := range c.args {
		fmt.Fprintln(c.out, filepath.Dir(a))
	}
	return nil
}

func cat(c *call) error {
	return c.inputs(func(_ string, r io.Reader) error {
		_, err := io.Copy(c.out, r)
		return err
	})
}

func tee(c *call) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if c.has('a') {
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	outs := []io.Writer{c.out}
	for _, a := range c.args {
		f, err := os.OpenFile(c.path(a), flags, 0o666)
		if err != nil {
			return err
		}
		defer f.Close()
		outs = append(outs, f)
	}
	_, err := io.Copy(io.MultiWriter(outs...), c.in)
	return err
}

func mkdir(c *call) error {
	mode := fs.FileMode(0o777)
	if m, ok := c.flags['m']; ok {
		change, err := parseMode(m)
		if err != nil {
			return err
		}
		mode = change(0o777, true)
	}
	return c.each(func(path string) error {
		var err error
		if c.has('p') {
			err = os.MkdirAll(path, 0o777)
		} else {
			err = os.Mkdir(path, mode)
		}
		if err == nil && c.has('m') {
			err = os.Chmod(path, mode)
		}
		return err
	})
}

func rm(c *call) error {
	if len(c.args) == 0 && c.has('f') {
		return nil
	}
	remove := os.Remove
	if c.has('r') || c.has('R') {
		remove = os.RemoveAll
	}
	return c.each(func(path string) error {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) && c.has('f') {
			return nil
		}
		if err == nil && info.IsDir() && !c.has('r') && !c.has('R') {
			return fmt.Errorf("%s: is a directory", path)
		}
		if err != nil {
			return err
		}
		return remove(path)
	})
}

func rmdir(c *call) error {
	return c.each(func(path string) error {
		info, err := os.Lstat(path)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s: not a directory", path)
		}
		if err != nil {
			return err
		}
		return os.Remove(path)
	})
}

func touch(c *call) error {
	now := time.Now()
	switch {
	case c.has('t'):
		return errors.New("this shell's own version does not know the option -t")
	case c.has('d'):
		d := c.flags['d']
		secs, err := strconv.ParseInt(strings.TrimPrefix(d, "@"), 10, 64)
		if err != nil {
			return fmt.Errorf("invalid date %q: this shell's own version takes @SECONDS", d)
		}
		now = time.Unix(secs, 0)
	}
	return c.each(func(path string) error {
		err := os.Chtimes(path, now, now)
		if errors.Is(err, fs.ErrNotExist) && !c.has('c') {
			var f *os.File
			if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666); err == nil {
				f.Close()
				err = os.Chtimes(path, now, now)
			}
		}
		return err
	})
}

func ln(c *call) error {
	if len(c.args) == 1 && !c.has('t') {
		c.args = append(c.args, ".")
	}
	return c.targets(func(from, to string) error {
		if c.has('f') {
			os.Remove(to)
		}
		if c.has('s') {
			return os.Symlink(from, to)
		}
		return os.Link(c.path(from), to)
	})
}

func mv(c *call) error {
	return c.targets(func(from, to string) error {
		from = c.path(from)
		err := os.Rename(from, to)
		if isCrossDevice(err) {
			if err = copyTree(from, to, copyAll); err == nil {
				err = os.RemoveAll(from)
			}
		}
		return err
	})
}

func readlink(c *call) error {
	return c.each(func(path string) error {
		var to string
		var err error
		if c.has('f') {
			to, err = filepath.EvalSymlinks(path)
		} else if to, err = os.Readlink(path); err != nil {
			return interp.ExitStatus(1)
		}
		if err != nil {
			return err
		}
		if !c.has('n') {
			to += "\n"
		}
		_, err = io.WriteString(c.out, to)
		return err
	})
}

func sleep(c *call) error {
	var total time.Duration
	for _, a := range c.args {
		d, err := time.ParseDuration(a)
		if err != nil {
			if d, err = time.ParseDuration(a + "s"); err != nil {
				return fmt.Errorf("invalid time %q", a)
			}
		}
		total += d
	}
	time.Sleep(total)
	return nil
}

func printEnv(c *call) error {
	if len(c.args) > 0 {
		return errors.New("this shell's own version runs no program")
	}
	c.env.Each(func(name string, v expand.Variable) bool {
		if v.Exported && v.Set {
			fmt.Fprintf(c.out, "%s=%s\n", name, v.String())
		}
		return true
	})
	return nil
}

func id(c *call) error {
	switch {
	case c.has('u'):
		fmt.Fprintln(c.out, os.Getuid())
	case c.has('g'):
		fmt.Fprintln(c.out, os.Getgid())
	default:
		fmt.Fprintf(c.out, "uid=%d gid=%d\n", os.Getuid(), os.Getgid())
	}
	return nil
}

func uname(c *call) error {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686"}[runtime.GOARCH]
	if c.has('m') || c.has('p') {
		_, err := fmt.Fprintln(c.out, machine)
		return err
	}
	if c.has('a') {
		_, err := fmt.Fprintln(c.out, "Linux localhost", machine)
		return err
	}
	_, err := fmt.Fprintln(c.out, "Linux")
	return err
}

func wc(c *call) error {
	if len(c.flags) == 0 {
		c.flags = map[byte]string{'l': "", 'w': "", 'c': ""}
	}
	return c.inputs(func(name string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		var f []string
		for _, n := range []struct {
			flag byte
			n    int
		}{{'l', bytes.Count(data, []byte("\n"))}, {'w', len(bytes.Fields(data))}, {'c', len(data)}} {
			if c.has(n.flag) {
				f = append(f, strconv.Itoa(n.n))
			}
		}
		if name != "" {
			f = append(f, name)
		}
		_, err = fmt.Fprintln(c.out, strings.Join(f, " "))
		return err
	})
}

// amount reads the options of head and tail.
func (c *call) amount() (n int, unit byte, err error) {
	n, unit = 10, 'n'
	for _, u := range []byte{'n', 'c'} {
		if v, ok := c.flags[u]; ok {
			if n, err = strconv.Atoi(strings.TrimPrefix(v, "-")); err != nil {
				return 0, 0, fmt.Errorf("invalid number %q", v)
			}
			unit = u
		}
	}
	return n, unit, nil
}

func head(c *call) error {
	n, unit, err := c.amount()
	if err != nil {
		return err
	}
	return c.inputs(func(_ string, r io.Reader) error {
		if unit == 'c' {
			_, err := io.Copy(c.out, io.LimitReader(r, int64(n)))
			return err
		}
		b := bufio.NewReader(r)
		for range n {
			line, err := b.ReadBytes('\n')
			c.out.Write(line)
			if err != nil {
				break
			}
		}
		return nil
	})
}

func tail(c *call) error {
	n, unit, err := c.amount()
	if err != nil {
		return err
	}
	return c.inputs(func(_ string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		from := len(data) - min(n, len(data))
		if unit == 'n' {
			lines := bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
			from = 0
			for _, l := range lines[:len(lines)-min(n, len(lines))] {
				from += len(l)
			}
		}
		_, err = c.out.Write(data[from:])
		return err
	})
}

func sortLines(c *call) error {
	var lines []string
	err := c.inputs(func(_ string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if len(data) > 0 {
			lines = append(lines, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")...)
		}
		return err
	})
	sort.Strings(lines)
	if c.has('r') {
		sort.Sort(sort.Reverse(sort.StringSlice(lines)))
	}
	for i, l := range lines {
		if !c.has('u') || i == 0 || l != lines[i-1] {
			fmt.Fprintln(c.out, l)
		}
	}
	return err
}

func ls(c *call) error {
	if len(c.args) == 0 {
		c.args = []string{"."}
	}
	many := len(c.args) > 1
	for i, a := range c.args {
		info, err := os.Lstat(c.path(a))
		if err != nil {
			c.complain(err)
			continue
		}
		if !info.IsDir() || c.has('d') {
			c.list(a, info)
			continue
		}
		if many {
			fmt.Fprintf(c.out, "%s%s:\n", map[bool]string{true: "\n"}[i > 0], a)
		}
		entries, err := os.ReadDir(c.path(a))
		c.complain(err)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") && !c.has('a') && !c.has('A') {
				continue
			}
			if info, err := e.Info(); err == nil {
				c.list(e.Name(), info)
			}
		}
	}
	return nil
}

func (c *call) list(name string, info fs.FileInfo) {
	if c.has('l') {
		fmt.Fprintf(c.out, "%s %12d %s ", info.Mode(), info.Size(), info.ModTime().UTC().Format("2006-01-02 15:04"))
	}
	fmt.Fprintln(c.out, name)
}
