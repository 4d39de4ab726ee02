package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/ui"
)

var (
	infoSizeFlag        = Flag{Long: "size", Short: 's', Doc: "Print the size of each path's archive."}
	infoClosureSizeFlag = Flag{Long: "closure-size", Short: 'S', Doc: "Print the sum of the sizes of each path and of all that it refers to."}
	infoHumanFlag       = Flag{Long: "human-readable", Short: 'h', Doc: "With `-s` and `-S`, print sizes in units that people read."}
	infoSigsFlag        = Flag{Long: "sigs", Doc: "Print signatures."}
	infoFormatFlag      = Flag{Long: "json-format", Labels: []string{"version"}, Doc: "With `--json`, the version of the format: 1, 2 or 3. Without it, 1."}
)

var pathInfoCommand = Command{
	Name: "path-info", Category: Infrequent, Feature: config.NixCommand,
	Summary: "query information about store paths",
	Doc:     "Prints what a store knows of paths: sizes, signatures, and as JSON everything.",
	Examples: []Example{
		{"Show the closure of a result, with sizes", "nix path-info --recursive --size --closure-size --human-readable ./result"},
		{"Show everything about a path in a binary cache", "nix path-info --json --store https://cache.example.org /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"},
	},
	Flags: [][]*Flag{{&infoSizeFlag, &infoClosureSizeFlag, &infoHumanFlag, &infoSigsFlag, &infoFormatFlag}, jsonFlags, pathFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runPathInfo,
}

func runPathInfo(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		sizes := closureSizes{}
		if c.Has(&infoClosureSizeFlag) {
			if sizes, err = newClosureSizes(ctx, st, paths); err != nil {
				return err
			}
		}
		if c.Has(&jsonFlag) {
			return c.printPathInfoJSON(ctx, st, paths, sizes)
		}
		return c.printPathInfo(ctx, st, paths, sizes)
	})
}

func (c *Call) printPathInfo(ctx context.Context, st store.Store, paths []storepath.Path, sizes closureSizes) error {
	table := c.Has(&infoSizeFlag) || c.Has(&infoClosureSizeFlag) || c.Has(&infoSigsFlag)
	width := 0
	for _, p := range paths {
		width = max(width, len(st.Dir().Join(p)))
	}
	lookUp, err := c.lookUp(ctx, st, paths, sizes)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(c.Out)
	defer out.Flush()
	for _, p := range paths {
		info, err := lookUp(p)
		if err != nil {
			return err
		}
		line := st.Dir().Join(p)
		if table {
			line += strings.Repeat(" ", width-len(line))
		}
		if c.Has(&infoSizeFlag) {
			line += c.sizeColumn(info.NARSize)
		}
		if c.Has(&infoClosureSizeFlag) {
			line += c.sizeColumn(sizes.of(p))
		}
		if c.Has(&infoSigsFlag) {
			line += "\t" + strings.Join(trustTexts(st.Dir(), info), " ")
		}
		if err := printLine(out, line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// lookUp returns what tells as much of each path as its line is to have. A question to the store for each path takes most of
// the time that a large closure does, so what can be known from one is.
func (c *Call) lookUp(ctx context.Context, st store.Store, paths []storepath.Path, sizes closureSizes) (func(storepath.Path) (*pathinfo.Info, error), error) {
	ask := func(p storepath.Path) (*pathinfo.Info, error) { return st.PathInfo(ctx, p) }
	if c.Has(&infoSigsFlag) {
		return ask, nil
	}
	if c.Has(&infoClosureSizeFlag) {
		return func(p storepath.Path) (*pathinfo.Info, error) { return sizes.infos[sizes.number[p]], nil }, nil
	}
	if c.Has(&infoSizeFlag) {
		return ask, nil
	}
	valid, err := store.ValidPaths(ctx, st, paths)
	return func(p storepath.Path) (*pathinfo.Info, error) {
		if len(valid) == 0 || valid[0] != p {
			return ask(p)
		}
		valid = valid[1:]
		return nil, nil
	}, err
}

func (c *Call) sizeColumn(n uint64) string {
	if c.Has(&infoHumanFlag) {
		return "\t" + fmt.Sprintf("%10s", ui.Size(n))
	}
	return "\t" + fmt.Sprintf("%11d", n)
}

// trustTexts are the reasons to believe in a path.
func trustTexts(dir storepath.Dir, info *pathinfo.Info) (texts []string) {
	if info.Ultimate {
		texts = append(texts, "ultimate")
	}
	if !info.CA.IsZero() {
		texts = append(texts, "ca:"+info.CA.String())
	}
	for _, s := range info.Signatures {
		texts = append(texts, s.String())
	}
	return texts
}

func (c *Call) printPathInfoJSON(ctx context.Context, st store.Store, paths []storepath.Path, sizes closureSizes) error {
	format := pathinfo.V1
	if text, ok := c.Value(&infoFormatFlag); ok {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
		}
		if format, err = pathinfo.ParseJSONFormat(n); err != nil {
			return diag.Misuse(diag.Usage, "%s", err.Error())
		}
	} else {
		c.Log.Warn("'--json' without '--json-format' is deprecated; please specify '--json-format 1', '--json-format 2', or '--json-format 3'. This will become an error in a future release.")
	}
	all := map[string]any{}
	for _, p := range paths {
		key := string(p)
		if format == pathinfo.V1 {
			key = st.Dir().Join(p)
		}
		info, err := st.PathInfo(ctx, p)
		switch {
		case errors.Is(err, store.ErrNotValid):
			all[key] = nil
			continue
		case err != nil:
			return err
		}
		m := info.JSON(st.Dir(), format, true)
		if c.Has(&infoClosureSizeFlag) {
			m["closureSize"] = sizes.of(p)
		}
		all[key] = m
	}
	var root any = all
	if format != pathinfo.V1 {
		root = map[string]any{"info": all, "storeDir": string(st.Dir()), "version": int(format)}
	}
	return c.printJSON(root)
}

// closureSizes are the paths of some closures by number, with their sizes. The
// store is asked once for all of them.
type closureSizes struct {
	number     map[storepath.Path]int
	infos      []*pathinfo.Info
	references [][]int
	seen       []int // by which walk
	walks      *int
}

func newClosureSizes(ctx context.Context, st store.Store, roots []storepath.Path) (closureSizes, error) {
	infos, err := store.Closure(ctx, st, roots...)
	c := closureSizes{number: make(map[storepath.Path]int, len(infos)), infos: infos, references: make([][]int, len(infos)), seen: make([]int, len(infos)), walks: new(int)}
	for n, i := range infos {
		c.number[i.Path] = n
	}
	for n, i := range infos {
		for _, r := range i.References {
			c.references[n] = append(c.references[n], c.number[r])
		}
	}
	return c, err
}

// of returns the sum of the sizes in the closure of a path.
func (c closureSizes) of(p storepath.Path) (sum uint64) {
	*c.walks++
	stack := []int{c.number[p]}
	c.seen[stack[0]] = *c.walks
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		sum += c.infos[n].NARSize
		for _, r := range c.references[n] {
			if c.seen[r] != *c.walks {
				c.seen[r] = *c.walks
				stack = append(stack, r)
			}
		}
	}
	return sum
}
