package cli

// builtinPage documents a builtin function or constant.
func builtinPage(string) (string, bool) { return "", false }

// builtinNames lists the builtins that have documentation.
func builtinNames() []string { return nil }
