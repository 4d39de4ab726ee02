package config

// Diagnose says what a lint does with what it finds.
type Diagnose uint8

const (
	Ignore Diagnose = iota
	Warn
	Fatal
)

func (d Diagnose) String() string { return [...]string{"ignore", "warn", "fatal"}[d] }

// SandboxMode says which builds are isolated.
type SandboxMode uint8

const (
	SandboxOff     SandboxMode = iota
	SandboxRelaxed             // all but fixed-output derivations and those with __noChroot
	SandboxOn
)

func (m SandboxMode) String() string { return [...]string{"false", "relaxed", "true"}[m] }

// Profiler says how evaluation is profiled.
type Profiler uint8

const (
	NoProfiler Profiler = iota
	Flamegraph
)

func (p Profiler) String() string { return [...]string{"disabled", "flamegraph"}[p] }

// HugePages says for which commands the heap asks for huge pages.
type HugePages uint8

const (
	HugePagesAuto HugePages = iota // for commands that evaluate
	HugePagesNever
	HugePagesAlways
)

func (h HugePages) String() string { return [...]string{"auto", "never", "always"}[h] }

// Fields that take one of a few words.
type (
	diagnoseField    func(*Values) *Diagnose
	sandboxModeField func(*Values) *SandboxMode
	profilerField    func(*Values) *Profiler
	hugePagesField   func(*Values) *HugePages
)

func (diagnoseField) appendable() bool    { return false }
func (sandboxModeField) appendable() bool { return false }
func (profilerField) appendable() bool    { return false }
func (hugePagesField) appendable() bool   { return false }

func (diagnoseField) kind() string    { return "`ignore`, `warn` or `fatal`" }
func (sandboxModeField) kind() string { return "`true`, `relaxed` or `false`" }
func (profilerField) kind() string    { return "`disabled` or `flamegraph`" }
func (hugePagesField) kind() string   { return "`auto`, `never` or `always`" }

func (f diagnoseField) text(v *Values) string    { return f(v).String() }
func (f sandboxModeField) text(v *Values) string { return f(v).String() }
func (f profilerField) text(v *Values) string    { return f(v).String() }
func (f hugePagesField) text(v *Values) string   { return f(v).String() }

func (f diagnoseField) json(v *Values) any  { return f(v).String() }
func (f profilerField) json(v *Values) any  { return f(v).String() }
func (f hugePagesField) json(v *Values) any { return f(v).String() }

// Nix: true and false are booleans in JSON, only "relaxed" is a string.
func (f sandboxModeField) json(v *Values) any {
	switch *f(v) {
	case SandboxOff:
		return false
	case SandboxOn:
		return true
	}
	return "relaxed"
}

func (f diagnoseField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	switch text {
	case "ignore":
		*f(v) = Ignore
	case "warn":
		*f(v) = Warn
	case "fatal":
		*f(v) = Fatal
	default:
		return invalid("option '%s' has invalid value '%s' (expected 'ignore', 'warn', or 'fatal')", name, text)
	}
	return nil
}

func (f sandboxModeField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	switch text {
	case "true":
		*f(v) = SandboxOn
	case "relaxed":
		*f(v) = SandboxRelaxed
	case "false":
		*f(v) = SandboxOff
	default:
		return invalid("option '%s' has invalid value '%s'", name, text)
	}
	return nil
}

func (f profilerField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	switch text {
	case "disabled":
		*f(v) = NoProfiler
	case "flamegraph":
		*f(v) = Flamegraph
	default:
		return invalid("option '%s' has invalid value '%s'", name, text)
	}
	return nil
}

func (f hugePagesField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	switch text {
	case "auto":
		*f(v) = HugePagesAuto
	case "never":
		*f(v) = HugePagesNever
	case "always":
		*f(v) = HugePagesAlways
	default:
		return invalid("option '%s' has invalid value '%s' (expected 'auto', 'never', or 'always')", name, text)
	}
	return nil
}
