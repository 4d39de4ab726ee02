package cli

import (
	"bufio"
	"context"
	"io"

	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
	"firn/internal/store"
	"firn/internal/store/local"
)

var (
	stdinFlag         = Flag{Long: "", Short: '-', Doc: "Read the expression from standard input."}
	exprFlag          = Flag{Long: "expr", Short: 'E', Doc: "Take the arguments as expressions rather than as names of files."}
	evalFlag          = Flag{Long: "eval", Aliases: []string{"eval-only"}, Doc: "Print the value of the expression instead of writing derivations."}
	readWriteFlag     = Flag{Long: "read-write-mode", Doc: "With `--eval`, write derivations and sources to the store. Evaluation that reads what it builds needs this."}
	parseFlag         = Flag{Long: "parse", Aliases: []string{"parse-only"}, Doc: "Print the syntax tree instead of evaluating."}
	findFileFlag      = Flag{Long: "find-file", Doc: "Look the arguments up in the search path and print where they are."}
	attrFlag          = Flag{Long: "attr", Short: 'A', Labels: []string{"path"}, Terse: true, Doc: "Select an attribute of the value; may be repeated."}
	addRootFlag       = Flag{Long: "add-root", Labels: []string{"path"}, Terse: true, Doc: "Make a link *path* to the derivation that keeps it from being collected. Further ones get `-2`, `-3`, … added."}
	indirectFlag      = Flag{Long: "indirect", Doc: "Has no effect; roots are always indirect."}
	rawFlag           = Flag{Long: "raw", Doc: "With `--eval`, print a string as it is, without quotes or line end."}
	xmlFlag           = Flag{Long: "xml", Doc: "With `--eval`, print the value as XML."}
	instantiateJSON   = Flag{Long: "json", Doc: "With `--eval`, print the value as JSON."}
	noLocationFlag    = Flag{Long: "no-location", Doc: "With `--xml`, leave out where attributes were defined."}
	strictFlag        = Flag{Long: "strict", Doc: "With `--eval`, evaluate the value with everything in it."}
	instantiateDryRun = Flag{Long: "dry-run", Doc: "Compute paths without writing anything."}
)

var instantiateCommand = Command{
	Name: "nix-instantiate", Classic: true, Category: ClassicGroup,
	Summary: "evaluate expressions to derivations, or print their values",
	Doc:     "Evaluates each file (`default.nix` if none is named), writes the derivations in its value to the store and prints their paths. With `--eval` it prints the value itself and writes nothing.",
	Examples: []Example{
		{"Write the derivation of a package", "nix-instantiate '<nixpkgs>' -A hello"},
		{"Print a value", "nix-instantiate --eval -E '1 + 2'"},
		{"Print a value with everything in it as JSON", "nix-instantiate --eval --strict --json -E '{ a = [ 1 2 ]; }'"},
	},
	Flags: [][]*Flag{
		{&addRootFlag, &attrFlag, &instantiateDryRun, &evalFlag, &exprFlag, &findFileFlag, &indirectFlag, &instantiateJSON,
			&noLocationFlag, &parseFlag, &rawFlag, &readWriteFlag, &strictFlag, &xmlFlag},
		evalFlags, commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "files", Many: true, Complete: completeFile}},
	Run:  runInstantiate,
}

// An instantiation is one run of nix-instantiate.
type instantiation struct {
	*evaluation
	out       *bufio.Writer
	eval      bool
	parse     bool
	attrPaths []string
	auto      *value.Attrs
	roots     int
}

func runInstantiate(ctx context.Context, c *Call) error {
	in := &instantiation{out: bufio.NewWriter(c.Out), parse: c.Has(&parseFlag)}
	in.eval = c.Has(&evalFlag) || in.parse
	readOnly := in.eval && !c.Has(&readWriteFlag) || c.Has(&instantiateDryRun) || c.Has(&readonlyFlag)
	e, err := c.newEvaluation(ctx, readOnly)
	if err != nil {
		return err
	}
	defer e.Close()
	in.evaluation = e
	for _, values := range c.All(&attrFlag) {
		in.attrPaths = append(in.attrPaths, values[0])
	}
	if in.attrPaths == nil {
		in.attrPaths = []string{""}
	}
	err = in.Run(func(w *eval.Worker) { in.run(ctx, w) })
	if flush := in.out.Flush(); err == nil {
		err = flush
	}
	return err
}

func (in *instantiation) run(ctx context.Context, w *eval.Worker) {
	c := in.call
	in.auto = in.autoArgs(w)
	files := c.Args
	if c.Has(&findFileFlag) {
		for _, name := range files {
			in.line(w.FindFile(w.World.SearchPath, name, 0))
		}
		return
	}
	stdin := false
	for i := 0; i < len(files); i++ {
		if files[i] == "-" {
			stdin = true
			files = append(files[:i:i], files[i+1:]...)
			i--
		}
	}
	if stdin {
		text, err := io.ReadAll(c.Process.In)
		w.Check(err)
		in.program(ctx, w, source{text: string(text), base: w.World.Cwd, origin: diag.Origin{Kind: diag.FromStdin, Text: string(text)}})
	} else if len(files) == 0 && !c.Has(&exprFlag) {
		files = []string{"./default.nix"}
	}
	for _, f := range files {
		if c.Has(&exprFlag) {
			in.program(ctx, w, source{text: f, base: w.World.Cwd, origin: diag.Origin{Kind: diag.FromString, Text: f}})
			continue
		}
		path := w.ResolveFile(in.fileArgument(w, f))
		in.program(ctx, w, source{path: path})
	}
}

// A source is a program as a file or as a text.
type source struct {
	path   string
	text   string
	base   string
	origin diag.Origin
}

func (in *instantiation) line(s string) { in.out.WriteString(s + "\n") }

func (in *instantiation) program(ctx context.Context, w *eval.Worker, s source) {
	if in.parse {
		in.printTree(w, s)
		return
	}
	var code eval.Code
	if s.path != "" {
		code = w.ParseFile(s.path)
	} else {
		code = w.ParseString(s.text, s.base, s.origin.Kind, nil)
	}
	root := w.Cell(w.Eval(code, nil))
	for _, path := range in.attrPaths {
		c, _ := packages.Select(w, root, path, in.auto)
		v := w.Force(c, 0)
		if in.eval {
			in.printValue(w, c, v)
		} else {
			in.derivations(ctx, w, c)
		}
	}
}

func (in *instantiation) printTree(w *eval.Worker, s source) {
	if s.path != "" {
		text, err := w.World.Files.ReadFile(s.path)
		w.Check(err)
		s = source{text: text, base: eval.Dir(s.path), origin: diag.Origin{Kind: diag.FromFile, Name: s.path}}
	}
	w.CheckNames(s.text, s.base, s.origin)
	var arena syntax.Arena
	tree, err := syntax.Parse(s.text, w.ParseOptions(s.base, s.origin), &arena)
	w.Check(err)
	in.line(string(syntax.Print(nil, tree)))
}

func (in *instantiation) printValue(w *eval.Worker, c *value.Value, v value.Value) {
	if !in.auto.Empty() {
		c = w.Cell(w.AutoCall(in.auto, v))
	}
	call := in.call
	var set value.ContextSet
	switch call.Last(&rawFlag, &xmlFlag, &instantiateJSON) {
	case &rawFlag:
		s, _ := w.CoerceCell(c, 0, eval.Ctx("while generating the nix-instantiate output"), eval.Coercion{Copy: true})
		in.out.WriteString(s)
	case &xmlFlag:
		in.out.Write(convert.AppendXML(w, nil, c, call.Has(&strictFlag), !call.Has(&noLocationFlag), &set))
	case &instantiateJSON:
		in.line(string(convert.PrintJSON(w, c, 0, call.Has(&strictFlag), true, &set)))
	default:
		if call.Has(&strictFlag) {
			w.ForceDeep(c)
		}
		in.line(string(w.PrintPlain(nil, c)))
	}
}

// addRoot makes the next link of --add-root and returns it, or "" if there is to
// be none.
func (in *instantiation) addRoot(ctx context.Context, w *eval.Worker, drv storepath.Path) string {
	st, ok := store.Store(in.written).(*local.Store)
	if !in.call.Has(&addRootFlag) || !ok {
		if !in.call.Has(&instantiateDryRun) {
			in.call.warnRoot()
		}
		return ""
	}
	w.Check(in.Flush()) // only what is there can be kept
	in.roots++
	link, err := in.call.rootOf(ctx, st, plan.Output{Name: "out", Path: drv}, in.roots)
	w.Check(err)
	return link
}

func (in *instantiation) derivations(ctx context.Context, w *eval.Worker, c *value.Value) {
	for _, p := range packages.Find(w, c, packages.Options{AutoArgs: in.auto}) {
		drv := p.DrvPath(w)
		if drv == "" {
			w.Fail(diag.New(diag.InvalidDerivation, "derivation does not contain a 'drvPath' attribute"))
		}
		shown := w.StoreDir.Join(drv)
		output := p.OutputName(w)
		if output == "" {
			w.Fail(diag.New(diag.InvalidDerivation, "derivation '%s' lacks an 'outputName' attribute", shown))
		}
		if link := in.addRoot(ctx, w, drv); link != "" {
			shown = link
		}
		if output != "out" {
			shown += "!" + output
		}
		in.line(shown)
	}
}
