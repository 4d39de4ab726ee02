package symbol

// Symbols that the language itself gives a meaning. Those up to Body have the
// order that they have in Nix, for attributes of a set are evaluated in the
// order of their symbols, which shows where several of them fail.
const (
	none Symbol = iota // no program has it
	OutPath
	DrvPath
	Type
	Meta
	Name
	Value
	System
	Overrides
	Outputs
	OutputName
	IgnoreNulls
	File
	Line
	Column
	Functor
	ToString
	Right
	Wrong
	StructuredAttrs
	Json
	AllowedReferences
	AllowedRequisites
	DisallowedReferences
	DisallowedRequisites
	MaxSize
	MaxClosureSize
	Builder
	Args
	ContentAddressed
	Impure
	OutputHash
	OutputHashAlgo
	OutputHashMode
	RecurseForDerivations
	Description
	Self
	Empty // the empty name
	StartSet
	Operator
	Key
	Path
	Prefix
	OutputSpecified
	RequiredSystemFeatures
	Sub
	LessThan
	Mul
	Div
	Or
	FindFile
	NixPath
	Body
	Out
	Success
	AllOutputs
	Url
	Sha256
	Recursive
	Filter
	Hash
	HashAlgo
	ToHashFormat
	Version
	CurPos
	Derivation
	DrvAttrs
	All
	Allowed
	PassAsFile
	ExportReferencesGraph
)

var wellKnown = [...]string{
	none: "<none>", Empty: "", OutPath: "outPath", DrvPath: "drvPath", Type: "type", Meta: "meta", Name: "name",
	Value: "value", System: "system", Overrides: "__overrides", Outputs: "outputs", OutputName: "outputName",
	IgnoreNulls: "__ignoreNulls", File: "file", Line: "line", Column: "column", Functor: "__functor",
	ToString: "__toString", Right: "right", Wrong: "wrong", StructuredAttrs: "__structuredAttrs", Json: "__json",
	AllowedReferences: "allowedReferences", AllowedRequisites: "allowedRequisites",
	DisallowedReferences: "disallowedReferences", DisallowedRequisites: "disallowedRequisites", MaxSize: "maxSize",
	MaxClosureSize: "maxClosureSize", Builder: "builder", Args: "args", ContentAddressed: "__contentAddressed",
	Impure: "__impure", OutputHash: "outputHash", OutputHashAlgo: "outputHashAlgo", OutputHashMode: "outputHashMode",
	RecurseForDerivations: "recurseForDerivations", Description: "description", Self: "self", StartSet: "startSet",
	Operator: "operator", Key: "key", Path: "path", Prefix: "prefix", OutputSpecified: "outputSpecified",
	RequiredSystemFeatures: "requiredSystemFeatures", Sub: "__sub", LessThan: "__lessThan", Mul: "__mul", Div: "__div",
	Or: "or", FindFile: "__findFile", NixPath: "__nixPath", Body: "body", Out: "out", Success: "success",
	AllOutputs: "allOutputs", Url: "url", Sha256: "sha256", Recursive: "recursive", Filter: "filter", Hash: "hash",
	HashAlgo: "hashAlgo", ToHashFormat: "toHashFormat", Version: "version", CurPos: "__curPos",
	Derivation: "derivation", DrvAttrs: "drvAttrs", All: "all", Allowed: "allowed", PassAsFile: "passAsFile",
	ExportReferencesGraph: "exportReferencesGraph",
}

// early are the names that Nix knows next, before it reads a program: those of
// builtins, and of the variables in its definition of derivation.
var early = [...]string{
	"builtins", "true", "false", "null", "__currentTime", "currentTime", "__currentSystem", "currentSystem",
	"__nixVersion", "nixVersion", "__storeDir", "storeDir", "__langVersion", "langVersion", "__traceVerbose",
	"traceVerbose", "nixPath", "scopedImport", "import", "__typeOf", "typeOf", "isNull", "__isFunction",
	"isFunction", "__isInt", "isInt", "__isFloat", "isFloat", "__isString", "isString", "__isBool", "isBool",
	"__isPath", "isPath", "__genericClosure", "genericClosure", "break", "abort", "throw", "__addErrorContext",
	"addErrorContext", "__ceil", "ceil", "__floor", "floor", "__tryEval", "tryEval", "__getEnv", "getEnv",
	"__seq", "seq", "__deepSeq", "deepSeq", "__trace", "trace", "__warn", "warn", "derivationStrict",
	"placeholder", "__toPath", "toPath", "__storePath", "storePath", "__pathExists", "pathExists", "baseNameOf",
	"dirOf", "__readFile", "readFile", "findFile", "__hashFile", "hashFile", "__readFileType", "readFileType",
	"__readDir", "readDir", "__toXML", "toXML", "__toJSON", "toJSON", "__fromJSON", "fromJSON", "__toFile",
	"toFile", "__filterSource", "filterSource", "__path", "__attrNames", "attrNames", "__attrValues",
	"attrValues", "__getAttr", "getAttr", "__unsafeGetAttrPos", "unsafeGetAttrPos", "__hasAttr", "hasAttr",
	"__isAttrs", "isAttrs", "removeAttrs", "__listToAttrs", "listToAttrs", "__intersectAttrs", "intersectAttrs",
	"__catAttrs", "catAttrs", "__functionArgs", "functionArgs", "__mapAttrs", "mapAttrs", "__zipAttrsWith",
	"zipAttrsWith", "__isList", "isList", "__elemAt", "elemAt", "__head", "head", "__tail", "tail", "map",
	"__filter", "__elem", "elem", "__concatLists", "concatLists", "__length", "length", "__foldl'", "foldl'",
	"__any", "any", "__all", "__genList", "genList", "__sort", "sort", "__partition", "partition", "__groupBy",
	"groupBy", "__concatMap", "concatMap", "__add", "add", "sub", "mul", "div", "__bitAnd", "bitAnd", "__bitOr",
	"bitOr", "__bitXor", "bitXor", "lessThan", "toString", "__substring", "substring", "__stringLength",
	"stringLength", "__hashString", "hashString", "__convertHash", "convertHash", "__match", "match", "__split",
	"split", "__concatStringsSep", "concatStringsSep", "__replaceStrings", "replaceStrings", "__parseDrvName",
	"parseDrvName", "__compareVersions", "compareVersions", "__splitVersion", "splitVersion",
	"__unsafeDiscardStringContext", "unsafeDiscardStringContext", "__hasContext", "hasContext",
	"__unsafeDiscardOutputDependency", "unsafeDiscardOutputDependency", "__addDrvOutputDependencies",
	"addDrvOutputDependencies", "__getContext", "getContext", "__appendContext", "appendContext",
	"fetchMercurial", "__fetchurl", "fetchurl", "fetchTarball", "fetchGit", "fromTOML", "__getFlake",
	"getFlake", "__parseFlakeRef", "parseFlakeRef", "__flakeRefToString", "flakeRefToString", "strict",
	"commonAttrs", "outputsList", "x", "outputToAttrListElement",
}
