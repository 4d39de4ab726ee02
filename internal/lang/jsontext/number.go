package jsontext

import (
	"math"
	"strconv"
)

// safeDigits is how many digits fit int64 whatever they are.
const safeDigits = 18

// number reads a number, behind its first character, and reports it.
func (p *parser) number() error {
	start := p.pos - 1
	n, integer, err := p.scanNumber()
	text := p.text[start:p.pos]
	switch {
	case err != nil:
		return p.explain(err, whileValue, "")
	case !integer:
		return p.float(text)
	case len(text) > safeDigits:
		return p.longInteger(text)
	case text[0] == '-':
		n = -n
	}
	return p.handler.Int(n)
}

// scanNumber reads a number, behind its first character. The value is for integers of up to safeDigits characters, and
// without its sign.
func (p *parser) scanNumber() (n int64, integer bool, err error) {
	text := p.text
	i := p.pos - 1
	p.token = i
	if text[i] == '-' {
		i++
	}
	digits := i
	for i < len(text) && text[i]-'0' <= 9 {
		n = n*10 + int64(text[i]-'0')
		i++
		if text[digits] == '0' {
			break
		}
	}
	p.pos = i
	if i == digits {
		return 0, false, p.badNumber("expected digit after '-'")
	}
	if i < len(text) && (text[i] == '.' || text[i]|0x20 == 'e') {
		return 0, false, p.fraction()
	}
	return n, true, nil
}

// fraction reads the rest of a number from a point or an exponent on.
func (p *parser) fraction() error {
	if p.text[p.pos] == '.' {
		p.pos++
		if !p.digits() {
			return p.badNumber("expected digit after '.'")
		}
	}
	if p.pos < len(p.text) && p.text[p.pos]|0x20 == 'e' {
		p.pos++
		message := "expected '+', '-', or digit after exponent"
		if p.pos < len(p.text) && (p.text[p.pos] == '+' || p.text[p.pos] == '-') {
			p.pos++
			message = "expected digit after exponent sign"
		}
		if !p.digits() {
			return p.badNumber(message)
		}
	}
	return nil
}

// digits reads digits; false if there are none.
func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.text) && p.text[p.pos]-'0' <= 9 {
		p.pos++
	}
	return p.pos > start
}

// badNumber refuses a number because of the next byte.
func (p *parser) badNumber(message string) error {
	p.get()
	return p.bad("invalid number; " + message)
}

// longInteger reports an integer that may be out of range, and is a float then.
func (p *parser) longInteger(text string) error {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return p.handler.Int(i)
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return p.handler.Uint(u)
	}
	return p.float(text)
}

func (p *parser) float(text string) error {
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return &SyntaxError{message: "[json.exception.out_of_range.406] number overflow parsing '" + text + "'"}
	}
	return p.handler.Float(f)
}
