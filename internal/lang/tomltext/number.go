package tomltext

import (
	"math"
	"strconv"
	"strings"
)

// run skips digits of a kind, and underscores that stand before one.
func run(text string, at int, digit func(byte) bool) int {
	for at < len(text) {
		switch {
		case digit(text[at]):
			at++
		case text[at] == '_' && at+1 < len(text) && digit(text[at+1]):
			at += 2
		default:
			return at
		}
	}
	return at
}

// digits looks for decimal digits of which the first may be zero.
func digits(text string, at int) int {
	if !isDigit(byteAt(text, at)) {
		return -1
	}
	return run(text, at+1, isDigit)
}

func sign(text string, at int) int {
	if c := byteAt(text, at); c == '+' || c == '-' {
		return at + 1
	}
	return at
}

// decimal looks for a decimal integer; a leading zero is one by itself.
func decimal(text string, at int) int {
	at = sign(text, at)
	switch c := byteAt(text, at); {
	case !isDigit(c):
		return -1
	case c == '0':
		return at + 1
	}
	return run(text, at+1, isDigit)
}

// A base is a way to write integers other than decimal.
type base struct {
	prefix   string
	name     string
	number   int
	digit    func(byte) bool
	expected string // instead of the first digit
	example  string
}

var bases = [...]base{
	{"0x", "hex", 16, isHex, "hex [0-9a-fA-F]", "0xC0FFEE, 0xdead_beef"},
	{"0o", "oct", 8, func(c byte) bool { return c-'0' <= 7 }, "from `0` to `7`", "0o775, 0o04_44"},
	{"0b", "bin", 2, func(c byte) bool { return c-'0' <= 1 }, "0 or 1", "0b0101, 0b1111_0000"},
}

func (b *base) scan(text string, at int) int {
	if !hasPrefix(text, at, b.prefix) || !b.digit(byteAt(text, at+2)) {
		return -1
	}
	return run(text, at+3, b.digit)
}

// integer looks for an integer of any base.
func integer(text string, at int) int {
	if hasPrefix(text, at, "0") {
		for i := range bases {
			if end := bases[i].scan(text, at); end >= 0 {
				return end
			}
		}
	}
	return decimal(text, at)
}

// integer reads an integer.
func (p *parser[V]) integer() (V, *fault) {
	var none V
	start := p.pos
	at := sign(p.text, start)
	for i := range bases {
		b := &bases[i]
		if !hasPrefix(p.text, at, b.prefix) {
			continue
		}
		end := b.scan(p.text, start)
		if end < 0 {
			expected, where := b.expected, start+2
			if at > start {
				expected, where = b.prefix, start
			}
			return none, p.wanted("toml::parse_"+b.name+"_integer: invalid integer: "+b.name+"_int must be like: "+b.example,
				expected, where)
		}
		return p.parsed(end, p.text[start+2:end], b.number, "toml::parse_"+b.name+"_integer: too large integer: current max value = 2^63")
	}
	end := decimal(p.text, start)
	return p.parsed(end, p.text[start:end], 10, "toml::parse_dec_integer: too large integer: current max digits = 2^63")
}

// parsed reads an integer whose digits have been found.
func (p *parser[V]) parsed(end int, digits string, base int, tooLarge string) (V, *fault) {
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, "_", ""), base, 64)
	if err != nil {
		var none V
		return none, newFault(tooLarge, p.source.at(end), "must be < 2^63")
	}
	p.pos = end
	return p.build.Int(n), nil
}

func exponent(text string, at int) int {
	if c := byteAt(text, at); c != 'e' && c != 'E' {
		return -1
	}
	return digits(text, sign(text, at+1))
}

// float looks for a float, which has a point, an exponent or both, or is a word.
func float(text string, at int) int {
	if whole := decimal(text, at); whole >= 0 {
		if end := exponent(text, whole); end >= 0 {
			return end
		}
		if byteAt(text, whole) == '.' {
			if end := digits(text, whole+1); end >= 0 {
				return max(end, exponent(text, end))
			}
		}
	}
	at = sign(text, at)
	if hasPrefix(text, at, "inf") || hasPrefix(text, at, "nan") {
		return at + 3
	}
	return -1
}

// float reads a float.
func (p *parser[V]) float() (V, *fault) {
	start := p.pos
	p.pos = float(p.text, start)
	text := p.text[start:p.pos]
	if strings.HasSuffix(text, "nan") {
		f := math.NaN()
		if text[0] == '-' {
			f = math.Copysign(f, -1)
		}
		return p.build.Float(f), nil
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		var none V
		return none, p.fault("toml::parse_floating: failed to read floating point value from stream", "here")
	}
	return p.build.Float(f), nil
}
