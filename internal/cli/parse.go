package cli

import (
	"slices"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
)

// parser goes through the words of a command line.
//
// A word that begins with a dash is a flag until "--". Compound short flags are
// taken apart: -qlf is -q -l -f, -j4 is -j 4. Flags of the program may stand
// anywhere, flags of a subcommand anywhere after it. In classic programs "-"
// alone is an argument.
type parser struct {
	c     *Call
	words []string
	at    int
	ended bool // "--" was met
	alias bool // a former name was replaced
	next  int  // index of the positional argument expected next
}

// parse understands words and applies the flags that act at once. What is left
// is in c: Path, Command, Uses and Args. Errors are *diag.Error.
func (c *Call) parse(words []string) error {
	p := &parser{c: c, words: slices.Clone(words)}
	for p.at < len(p.words) {
		if err := p.word(); err != nil {
			return err
		}
	}
	if err := p.finish(); err != nil {
		return err
	}
	for _, f := range c.features {
		if err := c.Config.Require(f); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) word() error {
	if !p.ended {
		p.expand()
	}
	w := p.words[p.at]
	switch {
	case p.ended:
		return p.positional(w)
	case w == "--":
		p.ended = true
		p.at++
		return nil
	case strings.HasPrefix(w, "-") && !(w == "-" && p.c.Root.Classic):
		return p.flag(w)
	}
	return p.positional(w)
}

// expand takes a compound short flag apart.
func (p *parser) expand() {
	w := p.words[p.at]
	if len(w) <= 2 || w[0] != '-' || !isLetter(w[1]) {
		return
	}
	parts := []string{w[:2]}
	for i := 2; i < len(w); i++ {
		if !isLetter(w[i]) {
			parts = append(parts, w[i:])
			break
		}
		parts = append(parts, "-"+w[i:i+1])
	}
	p.words = slices.Replace(p.words, p.at, p.at+1, parts...)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// flag handles the flag w: one of the program, of a subcommand, or of a setting.
func (p *parser) flag(w string) error {
	if p.c.completeFlag(w) {
		p.at++
		return nil
	}
	long, short := "", byte(0)
	if strings.HasPrefix(w, "--") {
		long = w[2:]
	} else if len(w) == 2 {
		short = w[1]
	}
	for _, command := range p.c.Path {
		if f := command.findFlag(long, short); f != nil {
			return p.use(f, w)
		}
	}
	if f, ok := config.FindFlag(long, hostOS); ok && long != "" && !p.c.hidesSetting(long) {
		return p.setting(f, w)
	}
	e := diag.Misuse(diag.Usage, "unrecognised flag '%s'", w)
	// Nix: proposes nothing here, so that it is a note.
	for _, near := range diag.Near(long, p.flagNames) {
		e.Notes = append(e.Notes, "Did you mean '--"+near+"'?")
	}
	return e
}

// flagNames yields the long names of all flags that are allowed here.
func (p *parser) flagNames(yield func(string) bool) {
	for _, command := range p.c.Path {
		for _, group := range command.Flags {
			for _, f := range group {
				if f.Long != "" && !yield(f.Long) {
					return
				}
			}
		}
	}
	for _, s := range config.All() {
		for _, f := range s.Flags() {
			if !yield(f.Name) {
				return
			}
		}
	}
}

// hidesSetting keeps a flag of a setting from a program.
//
// Nix: nix-env has --system as a flag of its own with another meaning.
func (c *Call) hidesSetting(name string) bool {
	return name == "system" && c.Program == "nix-env"
}

func (p *parser) use(f *Flag, w string) error {
	p.at++
	if f.Feature != config.NoFeature {
		p.c.features = append(p.c.features, f.Feature)
	}
	var values []string
	completed := false
	for n := 0; f.Rest || n < len(f.Labels); n++ {
		if p.at == len(p.words) && (f.Rest || completed) {
			break
		}
		if p.at == len(p.words) {
			return missing(f, w, n)
		}
		value, open := p.take(f.Complete, n)
		values, completed = append(values, value), completed || open
	}
	if completed {
		return nil
	}
	p.c.Uses = append(p.c.Uses, Use{Flag: f, Values: values, Before: len(p.c.Args)})
	if f.Apply == nil {
		return nil
	}
	return f.Apply(p.c, values)
}

// take consumes a word that is a value. If it is the word to complete, that is
// arranged, and the value is what there is of it.
func (p *parser) take(complete Completer, index int) (value string, open bool) {
	w := p.words[p.at]
	p.at++
	prefix, open := p.c.completing.here(w)
	if open {
		p.c.completing.later(complete, index, prefix)
		return prefix, true
	}
	return w, false
}

// missing words that a flag lacks a value.
func missing(f *Flag, w string, given int) error {
	if f.Terse {
		return diag.Misuse(diag.Usage, "'%s' requires an argument", w)
	}
	return tooFew(w, len(f.Labels), given)
}

func tooFew(flag string, wanted, given int) error {
	return diag.Misuse(diag.Usage, "flag '%s' requires %d argument(s), but only %d were given", flag, wanted, given)
}

// setting applies the flag of a setting.
func (p *parser) setting(f config.Flag, w string) error {
	p.at++
	if f.Setting.Feature != config.NoFeature {
		p.c.features = append(p.c.features, f.Setting.Feature)
	}
	value := ""
	if f.Arity == 1 {
		if p.at == len(p.words) {
			return tooFew(w, 1, 0)
		}
		var open bool
		if value, open = p.take(nil, 0); open {
			return nil
		}
	}
	return p.c.Config.SetFlag(f, value)
}

// positional handles a word that is no flag: the name of a subcommand, or an
// argument.
func (p *parser) positional(w string) error {
	c := p.c
	if len(c.Command.Sub) > 0 {
		return p.subcommand(w)
	}
	p.at++
	if c.Root.Classic {
		c.Args = append(c.Args, w)
		return nil
	}
	if p.next == len(c.Command.Args) {
		return diag.Misuse(diag.Usage, "unexpected argument '%s'", w)
	}
	arg := &c.Command.Args[p.next]
	if prefix, ok := c.completing.here(w); ok {
		c.completing.later(arg.Complete, len(c.Args), prefix)
		w = prefix
	}
	c.Args = append(c.Args, w)
	if !arg.Many {
		p.next++
	}
	return nil
}

func (p *parser) subcommand(w string) error {
	c := p.c
	if prefix, ok := c.completing.here(w); ok {
		p.at++
		c.completing.subcommands(c.Command, prefix)
		return nil
	}
	if p.rename(w) {
		return nil
	}
	sub := c.Command.findSub(w)
	if sub == nil {
		e := diag.Misuse(diag.UnknownCommand, "'%s' is not a recognised command", w)
		e.Suggestions = diag.Near(w, func(yield func(string) bool) {
			for _, sub := range c.Command.Sub {
				if sub.Category != HiddenCommand && !yield(sub.Name) {
					return
				}
			}
		})
		return e
	}
	p.at++
	c.Command = sub
	c.Path = append(c.Path, sub)
	return nil
}

// rename replaces a former name of a command by its present one.
func (p *parser) rename(w string) bool {
	if p.alias {
		return false
	}
	for _, r := range p.c.Command.Renamed {
		if r.From != w {
			continue
		}
		if r.Deprecated {
			p.c.Log.Warn(diag.Msgf("'%s' is a deprecated alias for '%s'", w, strings.Join(r.To, " ")))
		}
		p.alias = true
		p.words = slices.Replace(p.words, p.at, p.at+1, r.To...)
		return true
	}
	return false
}

// finish checks that nothing is missing.
func (p *parser) finish() error {
	c := p.c
	if c.completing != nil || c.Root.Classic || len(c.Command.Sub) > 0 {
		return nil
	}
	if p.next < len(c.Command.Args) {
		if arg := c.Command.Args[p.next]; !arg.Optional && !arg.Many {
			return diag.Misuse(diag.Usage, "more arguments are required")
		}
	}
	return nil
}

// needsSubcommand is the error for a command that only groups others.
func (c *Call) needsSubcommand() error {
	if c.Command == c.Root {
		return diag.Misuse(diag.Usage, "no subcommand specified")
	}
	var b strings.Builder
	for _, sub := range c.Command.Sub {
		if sub.Category != HiddenCommand {
			b.WriteString("\n  · " + sub.Name)
		}
	}
	return diag.Misuse(diag.Usage, "%s requires a sub-command. Available sub-commands:\n%s",
		diag.Plain(c.spelled()), diag.Plain(b.String()))
}

// spelled returns the command as one would type it.
func (c *Call) spelled() string {
	names := make([]string, len(c.Path))
	for i, command := range c.Path {
		names[i] = command.Name
	}
	names[0] = c.Program
	return strings.Join(names, " ")
}
