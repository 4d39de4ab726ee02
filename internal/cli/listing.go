package cli

import (
	"bufio"
	"fmt"
	"path"

	"firn/internal/diag"
	"firn/internal/format/nar"
)

// Flags of commands that list trees.
var (
	listRecursiveFlag = Flag{Long: "recursive", Short: 'R', Doc: "List what is in directories, too."}
	listLongFlag      = Flag{Long: "long", Short: 'l', Doc: "Show types, sizes and where links point to."}
	listDirectoryFlag = Flag{Long: "directory", Short: 'd', Doc: "Show a directory rather than what is in it."}
)

var listFlags = []*Flag{&listDirectoryFlag, &listLongFlag, &listRecursiveFlag}

// list prints the node at a path of a tree, nil for none, as flags ask for.
func (c *Call) list(node *nar.Listing, at string) error {
	switch {
	case c.Has(&jsonFlag) && c.Has(&listDirectoryFlag):
		return diag.Misuse(diag.Usage, "'--directory' is useless with '--json'")
	case node == nil:
		return diag.New(diag.FileNotFound, "path '%s' does not exist", at)
	case c.Has(&jsonFlag):
		text := node.AppendJSON(nil, c.Has(&listRecursiveFlag))
		if c.Last(&prettyFlag, &noPrettyFlag) == &prettyFlag {
			text = indentJSON(text)
		}
		return printLine(c.Out, string(text))
	}
	l := lister{w: bufio.NewWriter(c.Out), long: c.Has(&listLongFlag), recursive: c.Has(&listRecursiveFlag)}
	switch {
	case node.Type != nar.Directory:
		l.show(node, path.Base(at))
	case c.Has(&listDirectoryFlag):
		l.show(node, ".")
	default:
		l.entries(node, ".")
	}
	return l.w.Flush()
}

// A lister prints nodes as lines.
type lister struct {
	w               *bufio.Writer
	long, recursive bool
}

func (l *lister) show(n *nar.Listing, name string) {
	line := name
	if l.long {
		line = fmt.Sprintf("%s %20d %s", permissions(n), n.Size, name)
		if n.Type == nar.Symlink {
			line += " -> " + n.Target
		}
	}
	l.w.WriteString(line + "\n")
	if l.recursive && n.Type == nar.Directory {
		l.entries(n, name)
	}
}

func (l *lister) entries(dir *nar.Listing, name string) {
	for _, e := range dir.Entries {
		l.show(e.Node, name+"/"+e.Name)
	}
}

func permissions(n *nar.Listing) string {
	switch {
	case n.Type == nar.Symlink:
		return "lrwxrwxrwx"
	case n.Type == nar.Directory:
		return "dr-xr-xr-x"
	case n.Executable:
		return "-r-xr-xr-x"
	}
	return "-r--r--r--"
}
