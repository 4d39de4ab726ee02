package cli

import (
	"bufio"
	"context"
	"slices"
	"strings"

	"firn/internal/build/schedule"
	"firn/internal/diag"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

// Operations of nix-store.
var (
	opRealise       = Flag{Long: "realise", Aliases: []string{"realize"}, Short: 'r', Doc: "Build derivations, or fetch store paths, and print the paths of the results."}
	opQuery         = Flag{Long: "query", Short: 'q', Doc: "Print what the store knows of paths."}
	opAdd           = Flag{Long: "add", Short: 'A', Doc: "Copy files and directories to the store and print their paths there."}
	opAddFixed      = Flag{Long: "add-fixed", Doc: "Copy files to the store as the outputs of derivations whose hash of the algorithm given first is known beforehand, and print their paths there."}
	opPrintFixed    = Flag{Long: "print-fixed-path", Doc: "Print the path of an output with an algorithm, a hash and a name given."}
	opDelete        = Flag{Long: "delete", Doc: "Delete paths that nothing keeps."}
	opPrintEnv      = Flag{Long: "print-env", Doc: "Print the environment of a derivation's build as shell commands."}
	opReadLog       = Flag{Long: "read-log", Short: 'l', Doc: "Print the logs of builds."}
	opDumpDB        = Flag{Long: "dump-db", Doc: "Print what the database knows of paths, by default of all, as `--load-db` reads it."}
	opLoadDB        = Flag{Long: "load-db", Doc: "Register the paths that standard input describes."}
	opRegister      = Flag{Long: "register-validity", Doc: "Register paths whose files are there and that standard input describes."}
	opCheckValidity = Flag{Long: "check-validity", Doc: "Fail unless all paths are valid."}
	opGC            = Flag{Long: "gc", Doc: "Delete all paths that nothing keeps."}
	opDump          = Flag{Long: "dump", Doc: "Write the archive of a file or directory to standard output."}
	opRestore       = Flag{Long: "restore", Doc: "Unpack an archive from standard input to a path."}
	opExport        = Flag{Long: "export", Doc: "Write paths with what is known of them to standard output."}
	opImport        = Flag{Long: "import", Doc: "Add paths that `--export` wrote, from standard input, and print them."}
	opInit          = Flag{Long: "init", Doc: "Make the store's directories and database. Whatever uses the store does that, too."}
	opVerify        = Flag{Long: "verify", Doc: "Compare the database with what is there."}
	opVerifyPath    = Flag{Long: "verify-path", Doc: "Compare paths with their registered hashes."}
	opRepairPath    = Flag{Long: "repair-path", Doc: "Fetch or build paths that are damaged again."}
	opOptimise      = Flag{Long: "optimise", Aliases: []string{"optimize"}, Doc: "Have files of the same contents share their space."}
	opGenerateKey   = Flag{Long: "generate-binary-cache-key", Doc: "Make a key pair of the name given first, and write the secret and the public key to the files given after it."}
)

// Flags of all operations.
var (
	storeStdinFlag    = Flag{Long: "stdin", Doc: "Take further arguments from standard input."}
	storeNoOutputFlag = Flag{Long: "no-output", Doc: "With `--realise`, do not print paths."}
)

// Flags of single operations.
var (
	storeDryRunFlag        = Flag{Long: "dry-run", Doc: "With `--realise`, only tell what would be built and fetched."}
	storeRepairFlag        = Flag{Long: "repair", Doc: "With `--realise`, build what is damaged again; with `--verify`, repair it."}
	storeCheckFlag         = Flag{Long: "check", Doc: "With `--realise`, build what is there again and fail if the outcome differs."}
	storeIgnoreUnknownFlag = Flag{Long: "ignore-unknown", Doc: "With `--realise`, pass over paths that nobody has."}
	storeRecursiveFlag     = Flag{Long: "recursive", Doc: "With `--add-fixed` and `--print-fixed-path`, the hash is that of the archive."}
	storeReregisterFlag    = Flag{Long: "reregister", Doc: "With `--register-validity`, also register what is valid."}
	storeHashGivenFlag     = Flag{Long: "hash-given", Doc: "With `--register-validity`, take hashes and sizes from the input."}
	storePrintInvalidFlag  = Flag{Long: "print-invalid", Doc: "With `--check-validity`, print the paths that are not valid rather than fail."}
	storeContentsFlag      = Flag{Long: "check-contents", Doc: "With `--verify`, read every file and compare hashes."}
)

// A storeOperation is what nix-store does when its flag is used.
type storeOperation struct {
	flag  *Flag
	flags []*Flag // that it understands
	run   func(s *storeCall, ctx context.Context) error
}

// storeOperations is a function because the operations lead back to the command.
func storeOperations() []storeOperation {
	return []storeOperation{
		{&opRealise, []*Flag{&storeDryRunFlag, &storeRepairFlag, &storeCheckFlag, &storeIgnoreUnknownFlag}, (*storeCall).realise},
		{&opQuery, storeQueryFlags, (*storeCall).query},
		{&opAdd, nil, (*storeCall).addFiles},
		{&opAddFixed, []*Flag{&storeRecursiveFlag}, (*storeCall).addFixed},
		{&opPrintFixed, []*Flag{&storeRecursiveFlag}, (*storeCall).printFixed},
		{&opDelete, []*Flag{&ignoreLivenessFlag}, (*storeCall).deletePaths},
		{&opPrintEnv, nil, (*storeCall).printEnv},
		{&opReadLog, nil, (*storeCall).readLogs},
		{&opDumpDB, nil, (*storeCall).dumpDB},
		{&opLoadDB, nil, (*storeCall).loadDB},
		{&opRegister, []*Flag{&storeReregisterFlag, &storeHashGivenFlag}, (*storeCall).register},
		{&opCheckValidity, []*Flag{&storePrintInvalidFlag}, (*storeCall).checkValidity},
		{&opGC, storeGCFlags, (*storeCall).collect},
		{&opDump, nil, (*storeCall).dump},
		{&opRestore, nil, (*storeCall).restore},
		{&opExport, nil, (*storeCall).export},
		{&opImport, nil, (*storeCall).importPaths},
		{&opInit, nil, (*storeCall).init},
		{&opVerify, []*Flag{&storeContentsFlag, &storeRepairFlag}, (*storeCall).verify},
		{&opVerifyPath, nil, (*storeCall).verifyPaths},
		{&opRepairPath, nil, (*storeCall).repairPaths},
		{&opOptimise, nil, (*storeCall).optimise},
		{&opGenerateKey, nil, (*storeCall).generateKey},
	}
}

var nixStoreCommand = Command{
	Name: "nix-store", Classic: true, Category: ClassicGroup,
	Summary: "query and change the store",
	Doc:     "Does one *operation* on the store. Paths may be given as links into it, such as `result`.",
	Examples: []Example{
		{"Build a derivation", "nix-store --realise ./example.drv --add-root ./result"},
		{"List what a program needs to run", "nix-store --query --requisites $(which nix)"},
		{"Copy a closure", "nix-store --export $(nix-store -qR ./result) > closure"},
	},
	Flags: [][]*Flag{
		{&opRealise, &opQuery, &opAdd, &opAddFixed, &opPrintFixed, &opDelete, &opPrintEnv, &opReadLog, &opDumpDB, &opLoadDB, &opRegister,
			&opCheckValidity, &opGC, &opDump, &opRestore, &opExport, &opImport, &opInit, &opVerify, &opVerifyPath, &opRepairPath, &opOptimise, &opGenerateKey},
		{&addRootFlag, &indirectFlag, &storeNoOutputFlag, &storeStdinFlag},
		{&storeCheckFlag, &storeContentsFlag, &storeDryRunFlag, &storeHashGivenFlag, &ignoreLivenessFlag, &storeIgnoreUnknownFlag,
			&storePrintInvalidFlag, &storeRecursiveFlag, &storeRepairFlag, &storeReregisterFlag},
		storeQueryFlags, storeGCFlags,
		commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Run:  runNixStore,
}

// A storeCall is one run of nix-store.
type storeCall struct {
	*Call
	store *local.Store
	out   *bufio.Writer
	sched *schedule.Scheduler // see scheduler
	roots int                 // made so far
}

func runNixStore(ctx context.Context, c *Call) error {
	var op *storeOperation
	all := storeOperations()
	for i := range all {
		switch {
		case !c.Has(all[i].flag):
		case op != nil:
			return diag.Misuse(diag.Usage, "only one operation may be specified")
		default:
			op = &all[i]
		}
	}
	if op == nil {
		return diag.Misuse(diag.Usage, "no operation specified")
	}
	if err := op.checkFlags(c); err != nil {
		return err
	}
	if err := c.stdinArguments(op); err != nil {
		return err
	}
	st, err := c.openStore()
	if err != nil {
		return err
	}
	defer st.Close()
	s := &storeCall{Call: c, store: st, out: bufio.NewWriter(c.Out)}
	err = op.run(s, ctx)
	if flush := s.out.Flush(); err == nil {
		err = flush
	}
	return err
}

// checkFlags refuses the flags of other operations.
func (op *storeOperation) checkFlags(c *Call) error {
	for _, op2 := range storeOperations() {
		for _, f := range op2.flags {
			if c.Has(f) && !slices.Contains(op.flags, f) {
				return diag.Misuse(diag.Usage, "unknown flag '%s'", f.name())
			}
		}
	}
	return nil
}

// stdinArguments takes the arguments that --stdin says are on standard input.
func (c *Call) stdinArguments(op *storeOperation) error {
	if !c.Has(&storeStdinFlag) || op.flag == &opImport || op.flag == &opRestore {
		return nil
	}
	text, err := c.readStdin()
	c.Args = append(c.Args, strings.Fields(text)...)
	return err
}

// scheduler returns what builds in the store.
func (s *storeCall) scheduler() (sched *schedule.Scheduler, err error) {
	if s.sched == nil {
		s.sched, err = wiring.NewScheduler(&s.Config.Values, s.machine(), s.store, nil)
	}
	return s.sched, err
}

func (s *storeCall) line(text string) {
	s.out.WriteString(text)
	s.out.WriteByte('\n')
}

// noArguments refuses arguments.
func (s *storeCall) noArguments() error {
	if len(s.Args) > 0 {
		return diag.Misuse(diag.Usage, "no arguments expected")
	}
	return nil
}

// oneArgument refuses all but one argument.
func (s *storeCall) oneArgument() error {
	if len(s.Args) != 1 {
		return diag.Misuse(diag.Usage, "only one argument allowed")
	}
	return nil
}

// init is --init.
func (s *storeCall) init(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	return s.store.Init(ctx)
}
