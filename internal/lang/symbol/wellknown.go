package symbol

// Symbols that the language itself gives a meaning.
const (
	Empty Symbol = iota
	Name
	Value
	System
	OutPath
	DrvPath
	Type
	Meta
	Outputs
	OutputName
	Builder
	Args
	ContentAddressed
	Impure
	OutputHash
	OutputHashAlgo
	OutputHashMode
	IgnoreNulls
	StructuredAttrs
	ToString
	Functor
	Overrides
	RecurseForDerivations
	Out
	Success
	Right
	Wrong
	File
	Line
	Column
	StartSet
	Operator
	Key
	Path
	Prefix
	AllOutputs
	Body
	Or
	Json
	Url
	Sha256
	Recursive
	Filter
	Hash
	HashAlgo
	ToHashFormat
	Version
	Sub
	LessThan
	Mul
	Div
	FindFile
	NixPath
	CurPos
	Derivation
	DrvAttrs
	All
	Allowed
	PassAsFile
	AllowedReferences
	AllowedRequisites
	DisallowedReferences
	DisallowedRequisites
	MaxSize
	MaxClosureSize
	ExportReferencesGraph
	RequiredSystemFeatures
)

var wellKnown = [...]string{
	Empty: "", Name: "name", Value: "value", System: "system", OutPath: "outPath", DrvPath: "drvPath",
	Type: "type", Meta: "meta", Outputs: "outputs", OutputName: "outputName", Builder: "builder", Args: "args",
	ContentAddressed: "__contentAddressed", Impure: "__impure", OutputHash: "outputHash",
	OutputHashAlgo: "outputHashAlgo", OutputHashMode: "outputHashMode", IgnoreNulls: "__ignoreNulls",
	StructuredAttrs: "__structuredAttrs", ToString: "__toString", Functor: "__functor", Overrides: "__overrides",
	RecurseForDerivations: "recurseForDerivations", Out: "out", Success: "success", Right: "right", Wrong: "wrong",
	File: "file", Line: "line", Column: "column", StartSet: "startSet", Operator: "operator", Key: "key",
	Path: "path", Prefix: "prefix", AllOutputs: "allOutputs", Body: "body", Or: "or", Json: "__json", Url: "url",
	Sha256: "sha256", Recursive: "recursive", Filter: "filter", Hash: "hash", HashAlgo: "hashAlgo",
	ToHashFormat: "toHashFormat", Version: "version", Sub: "__sub", LessThan: "__lessThan", Mul: "__mul",
	Div: "__div", FindFile: "__findFile", NixPath: "__nixPath", CurPos: "__curPos", Derivation: "derivation",
	DrvAttrs: "drvAttrs", All: "all", Allowed: "allowed", PassAsFile: "passAsFile",
	AllowedReferences: "allowedReferences", AllowedRequisites: "allowedRequisites",
	DisallowedReferences: "disallowedReferences", DisallowedRequisites: "disallowedRequisites",
	MaxSize: "maxSize", MaxClosureSize: "maxClosureSize", ExportReferencesGraph: "exportReferencesGraph", RequiredSystemFeatures: "requiredSystemFeatures",
}
