package diag

// syntaxCodes are found before anything is evaluated.
var syntaxCodes = []Explanation{
	{
		Code:    ParseError,
		Title:   "the text is not a Nix expression",
		Text:    "The parser met a word or sign that cannot stand where it stands. Often the mistake is a little earlier: a semicolon missing at the end of a binding, a bracket or quote that was never closed, or an operator that needs parentheses around its operand.",
		Mend:    "Look at the marked place and at the binding before it. Every `name = value` ends in `;`, also the last one. Inside a list, function calls need parentheses: `[ (f x) ]`.",
		Example: "{ a = 1 }",
	},
	{
		Code:    DuplicateAttribute,
		Title:   "an attribute is defined twice",
		Text:    "One attribute set, or one `let`, gives the same name two values. Two nested definitions such as `a.b = 1; a.c = 2;` are merged, but only while both are written out as sets.",
		Mend:    "Remove one of the definitions, or merge them. To override an attribute of an existing set use `set // { name = value; }`.",
		Example: "{ a = 1; a = 2; }",
	},
	{
		Code:    DuplicateArgument,
		Title:   "a function names an argument twice",
		Text:    "The pattern of a function lists the same name more than once, or the name before or after `@` is also one of the listed ones. It would be unclear which value the name has.",
		Mend:    "Rename or remove one of them.",
		Example: "{ a, a }: a",
	},
	{
		Code:    DynamicAttribute,
		Title:   "a computed attribute name where names must be known",
		Text:    "Names in `let` and `inherit` decide which variable a name in the body means. That is settled before evaluation, so they cannot be computed with `${…}`.",
		Mend:    "Use an attribute set, where computed names are allowed: `{ ${name} = value; }`.",
		Example: `let ${"a" + "b"} = 1; in 2`,
	},
	{
		Code:    UndefinedVariable,
		Title:   "nothing defines this variable",
		Text:    "The name is no argument of a surrounding function, no attribute of a surrounding `let` or `rec` and no global builtin. Under a `with` the name may still come from the set, and is then looked up when it is used.",
		Mend:    "Check the spelling. Attributes of a set see each other only in `rec { }`. Most builtins need the prefix: `builtins.length`.",
		Example: "x + 1",
	},
	{
		Code:    DiscouragedSyntax,
		Title:   "a form of literal that the settings forbid",
		Text:    "Unquoted URLs, absolute paths and paths without a leading `./` are legal Nix, but hard to read or tied to one machine. The settings `lint-url-literals`, `lint-absolute-path-literals` and `lint-short-path-literals` can forbid them.",
		Mend:    "Put URLs in quotes, write `./dir/file` for files beside the expression, or set the lint back to `warn`.",
		Example: "https://example.org",
		With:    []string{"lint-url-literals = fatal"},
	},
}
