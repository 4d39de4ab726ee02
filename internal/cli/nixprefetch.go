package cli

import (
	"context"
	"errors"
	"strings"

	"firn/internal/activity"
	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/symbol"
	"firn/internal/store"
)

var (
	urlTypeFlag      = Flag{Long: "type", Labels: []string{"hash-algo"}, Terse: true, Complete: completeHashAlgo, Apply: checkHashAlgo, Doc: "Use the hash algorithm `blake3`, `md5`, `sha1`, `sha256` (default) or `sha512`."}
	urlPrintPathFlag = Flag{Long: "print-path", Doc: "Print the path in the store on a second line."}
	urlAttrFlag      = Flag{Long: "attr", Short: 'A', Labels: []string{"attr-path"}, Doc: "Take the URL from this attribute, a call of fetchurl, of the expression in the file that the argument names, by default `./default.nix`."}
)

var nixPrefetchURLCommand = Command{
	Name: "nix-prefetch-url", Classic: true, Category: ClassicGroup,
	Summary: "download a file into the store and print its hash",
	Doc:     "Downloads the file at *url* into the store and prints its hash. If *hash* is given, and the store has a file of that name and hash, nothing is downloaded. With `PRINT_PATH=1` in the environment the path is printed too.",
	Examples: []Example{
		{"Print the hash of a release", "nix-prefetch-url https://example.org/hello-2.12.tar.gz"},
		{"Print the hash of what is in it, and its path", "nix-prefetch-url --unpack --print-path https://example.org/hello-2.12.tar.gz"},
	},
	Flags: [][]*Flag{{&urlAttrFlag, &prefetchExecutableFlag, &prefetchNameFlag, &urlPrintPathFlag, &urlTypeFlag, &prefetchUnpackFlag}, evalFlags, commonFlags, classicFlags},
	Args:  []Arg{{Label: "url", Optional: true}, {Label: "hash", Optional: true}},
	Run:   runNixPrefetchURL,
}

func runNixPrefetchURL(ctx context.Context, c *Call) error {
	p := prefetch{
		url: c.Arg(0), algo: c.algorithm(nixhash.SHA256, &urlTypeFlag),
		unpack: c.Has(&prefetchUnpackFlag), executable: c.Has(&prefetchExecutableFlag),
	}
	p.name, _ = c.Value(&prefetchNameFlag)
	if text := c.Arg(1); text != "" {
		var err error
		if p.expected, err = expectedHash(text, p.algo); err != nil {
			return err
		}
	}
	if err := c.findURL(ctx, &p); err != nil {
		return err
	}
	return c.withStore(func(st store.Store) error {
		got, err := c.prefetch(ctx, st, p)
		if err != nil {
			return err
		}
		return c.printPrefetched(st, got)
	})
}

func (c *Call) printPrefetched(st store.Store, got prefetched) error {
	path := st.Dir().Join(got.path)
	value, _ := c.Env("PRINT_PATH")
	withPath := c.Has(&urlPrintPathFlag) || value == "1"
	if !withPath {
		c.Log.Say(activity.Info, diag.Msgf("path is '%s'", path))
	}
	format := nixhash.Nix32
	if got.hash.Algo() == nixhash.MD5 {
		format = nixhash.Base16
	}
	if err := printLine(c.Out, got.hash.Text(format, false)); err != nil || !withPath {
		return err
	}
	return printLine(c.Out, path)
}

// findURL takes the URL from an expression if --attr says so, and a mirror from
// the list that nixpkgs has if it names a group of them.
func (c *Call) findURL(ctx context.Context, p *prefetch) (err error) {
	attr, fromExpr := c.Value(&urlAttrFlag)
	if !fromExpr && p.url == "" {
		return diag.Misuse(diag.Usage, "you must specify a URL")
	}
	if _, _, mirror := isMirror(p.url); !fromExpr && !mirror {
		return nil
	}
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return e.Run(func(w *eval.Worker) {
		if fromExpr {
			e.urlOfAttr(w, attr, p)
		}
		if group, rest, ok := isMirror(p.url); ok {
			p.url = mirrorURL(w, group, rest)
		}
	})
}

// urlOfAttr reads what a call of fetchurl would download.
func (e *evaluation) urlOfAttr(w *eval.Worker, attr string, p *prefetch) {
	file := p.url
	if file == "" {
		file = "."
	}
	root := w.Cell(w.EvalFile(w.ResolveFile(e.fileArgument(w, file))))
	c, pos := packages.Select(w, root, attr, e.autoArgs(w))
	set := w.ForceAttrs(c, pos, &eval.Step{Msg: "while evaluating the source attribute to prefetch"})
	a := set.Get(symbol.Intern("urls"))
	if a == nil {
		w.Fail(diag.New(diag.MissingAttribute, "attribute 'urls' missing"))
	}
	urls := w.ForceList(a.Val, a.Pos, &eval.Step{Msg: "while evaluating the urls to prefetch"})
	if len(urls) == 0 {
		w.Fail(diag.New(diag.InvalidArgument, "'urls' list is empty"))
	}
	p.url = w.ForceStringNoCtx(urls[0], 0, &eval.Step{Msg: "while evaluating the first url from the urls list"})
	if mode := set.Get(symbol.Intern("outputHashMode")); mode != nil {
		p.unpack = w.ForceStringNoCtx(mode.Val, mode.Pos, &eval.Step{Msg: "while evaluating the outputHashMode of the source to prefetch"}) == "recursive"
	} else {
		e.call.Log.Warn("this does not look like a fetchurl call")
	}
	// Nix: the attribute 'name' is not looked at (2.34).
}

// mirrorURL takes the first mirror of a group in nixpkgs' list.
func mirrorURL(w *eval.Worker, group, rest string) string {
	list := w.FindFile(w.World.SearchPath, "nixpkgs/pkgs/build-support/fetchurl/mirrors.nix", 0)
	set := w.ForceAttrs(w.Cell(w.EvalFile(list)), 0, &eval.Step{Msg: "while evaluating the set of all mirrors"})
	a := set.Get(symbol.Intern(group))
	if a == nil {
		w.Fail(diag.New(diag.InvalidArgument, "unknown mirror name '%s'", group))
	}
	mirrors := w.ForceList(a.Val, a.Pos, &eval.Step{Msg: "while evaluating one mirror configuration"})
	if len(mirrors) == 0 {
		w.Fail(diag.New(diag.InvalidArgument, "mirror URL 'mirror://%s/%s' did not expand to anything", group, rest))
	}
	mirror := w.ForceStringNoCtx(mirrors[0], 0, &eval.Step{Msg: "while evaluating the first available mirror"})
	if !strings.HasSuffix(mirror, "/") {
		mirror += "/"
	}
	return mirror + rest
}
