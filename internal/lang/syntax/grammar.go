package syntax

// The grammar of the language, as data. The parser does not read it: it follows
// it by hand, and tests compare the two. When the parser meets a token that
// can't be, the automaton of this grammar tells which others could have been, in
// the words that Nix uses (see explain.go).
//
// A rule is "name = parts"; "name |" continues the one before. A part in quotes
// or capitals is a token, %prec gives the rule the precedence of a token. The
// order of rules and the way they are cut matter: they decide which tokens the
// automaton counts as expected.
const grammar = `
text = expr | BINDINGS bindings1

expr = function

function = IDENT ':' function
	| pattern ':' function
	| pattern '@' IDENT ':' function
	| IDENT '@' pattern ':' function
	| 'assert' expr ';' function
	| 'with' expr ';' function
	| 'let' bindings 'in' function
	| conditional

conditional = 'if' expr 'then' expr 'else' expr
	| pipe-from
	| pipe-into
	| operation

pipe-from = operation '<|' pipe-from
	| operation '<|' operation

pipe-into = pipe-into '|>' operation
	| operation '|>' operation

operation = '!' operation %prec NOT
	| '-' operation %prec NEGATE
	| operation '==' operation
	| operation '!=' operation
	| operation '<' operation
	| operation '<=' operation
	| operation '>' operation
	| operation '>=' operation
	| operation '&&' operation
	| operation '||' operation
	| operation '->' operation
	| operation '//' operation
	| operation '?' attrpath
	| operation '+' operation
	| operation '-' operation
	| operation '*' operation
	| operation '/' operation
	| operation '++' operation
	| application

application = application selection
	| selection

selection = simple '.' attrpath
	| simple '.' attrpath 'or' selection
	| simple 'or'
	| simple

simple = IDENT
	| INT
	| FLOAT
	| '"' string '"'
	| INDOPEN indented INDCLOSE
	| path PATHEND
	| path interpolated PATHEND
	| SEARCHPATH
	| URI
	| '(' expr ')'
	| 'let' '{' bindings '}'
	| 'rec' '{' bindings '}'
	| '{' bindings1 '}'
	| '{' '}'
	| '[' list ']'

string = STRING
	| interpolated
	|

interpolated = interpolated STRING
	| interpolated '${' expr '}'
	| '${' expr '}'
	| STRING '${' expr '}'

path = PATH
	| HOMEPATH

indented = indented INDSTRING
	| indented '${' expr '}'
	|

bindings = bindings1
	|

bindings1 = bindings1 attrpath '=' expr ';'
	| bindings 'inherit' names ';'
	| bindings 'inherit' '(' expr ')' names ';'
	| attrpath '=' expr ';'

names = names name
	| names string-name
	|

attrpath = attrpath '.' name
	| attrpath '.' string-name
	| name
	| string-name

name = IDENT
	| 'or'

string-name = '"' string '"'
	| '${' expr '}'

list = list selection
	|

pattern = '{' formals ',' '...' '}'
	| '{' '...' '}'
	| '{' formals ',' '}'
	| '{' formals '}'
	| '{' '}'

formals = formals ',' formal
	| formal

formal = IDENT
	| IDENT '?' expr
`

// tokenNames are the names that the grammar uses for tokens with a value.
var tokenNames = map[string]Kind{
	"BINDINGS": kindBindings, "IDENT": KindIdent, "INT": KindInt, "FLOAT": KindFloat, "INDOPEN": KindIndOpen,
	"INDCLOSE": KindIndClose, "PATHEND": KindPathEnd, "SEARCHPATH": KindSearchPath, "URI": KindURI,
	"STRING": KindString, "INDSTRING": KindIndString, "PATH": KindPath, "HOMEPATH": KindHomePath,
	"NOT": unaryNot, "NEGATE": unaryMinus,
}
