package tomltext

// A guess is what a value looks like.
type guess uint8

const (
	nothing guess = iota
	aString
	anArray
	aTable
	aBoolean
	anInteger
	aFloat
	aDate
	aTime
	aDateTime
	anOffsetDateTime
)

// value reads a value.
func (p *parser[V]) value() (node[V], *fault) {
	looks, f := p.guess()
	if f != nil {
		return node[V]{}, f
	}
	switch looks {
	case anArray:
		return p.array()
	case aTable:
		return p.inlineTable()
	}
	n := node[V]{first: int32(p.pos)}
	switch looks {
	case aString:
		n.value, f = p.stringValue()
	case aBoolean:
		n.value, f = p.boolean()
	case anInteger:
		n.value, f = p.integer()
	case aFloat:
		n.value, f = p.float()
	default:
		n.value, f = p.time(looks)
	}
	n.last = int32(p.pos)
	return n, f
}

func (p *parser[V]) stringValue() (V, *fault) {
	s, f := p.str()
	if f != nil {
		var none V
		return none, f
	}
	v, err := p.build.String(s)
	if err != nil {
		p.fail(err)
	}
	return v, nil
}

func (p *parser[V]) boolean() (V, *fault) {
	for _, word := range []string{"true", "false"} {
		if hasPrefix(p.text, p.pos, word) {
			p.pos += len(word)
			return p.build.Bool(word == "true"), nil
		}
	}
	var none V
	return none, p.wanted("toml::parse_boolean: invalid boolean: boolean must be `true` or `false`, in lowercase. "+
		"string must be surrounded by `\"`", "true or false", p.pos)
}

// guess tells what the value that comes next looks like, and reads nothing.
func (p *parser[V]) guess() (guess, *fault) {
	const wrongCase = " must be in lowercase. A string must be surrounded by quotes."
	switch c := p.current(); c {
	case '"', '\'':
		return aString, nil
	case '[':
		return anArray, nil
	case '{':
		return aTable, nil
	case 't', 'f':
		return aBoolean, nil
	case 'T':
		return nothing, p.wanted("toml::parse_value: `true`"+wrongCase, "true or false", p.pos)
	case 'F':
		return nothing, p.wanted("toml::parse_value: `false`"+wrongCase, "true or false", p.pos)
	case 'i', 'I', 'n', 'N':
		word := "inf"
		if c|0x20 == 'n' {
			word = "nan"
		}
		if hasPrefix(p.text, p.pos, word) {
			return aFloat, nil
		}
		return nothing, p.wanted("toml::parse_value: `"+word+"`"+wrongCase,
			"from `1` to `9` or digit [0-9] or inf or nan", p.pos)
	}
	return p.guessNumber()
}

// What messages about numbers and times hint at.
const (
	integerHint = "Hint: valid  : -42, 1_000, 1_2_3_4_5, 0xC0FFEE, 0b0010, 0o755\n" +
		"Hint: invalid: _42, 1__000, 0123\n"
	floatHint = "Hint: valid  : +1.0, -2e-2, 3.141_592_653_589, inf, nan\n" +
		"Hint: invalid: .0, 1., _1.0, 1.0_, 1_.0, 1.0__0\n"
	timeHint = "Hint: valid  : 1979-05-27T07:32:00, 1979-05-27 07:32:00.999999\n" +
		"Hint: invalid: 1979-05-27T7:32:00, 1979-05-27 17:32\n"
	offsetHint = "Hint: valid  : +09:00, -05:30\n" +
		"Hint: invalid: +9:00,  -5:30\n"
	dateTimeHint = "Hint: valid  : 1979-05-27T07:32:00-07:00, 1979-05-27 07:32:00.999999Z\n" +
		"Hint: invalid: 1979-05-27T7:32:00-7:00, 1979-05-27 7:32-00:30"
)

// guessNumber is guess for what can only be a number, a date or a time.
func (p *parser[V]) guessNumber() (guess, *fault) {
	text, at := p.text, p.pos
	if date := localDate(text, at); date >= 0 {
		return p.guessTime(date)
	}
	if localTime(text, at) >= 0 {
		return aTime, nil
	}
	if end := float(text, at); end >= 0 {
		if byteAt(text, end) == '_' {
			return nothing, newFault("bad float: `_` must be surrounded by digits", p.source.at(end), "invalid underscore").
				hinting(floatHint)
		}
		return aFloat, nil
	}
	if end := integer(text, at); end >= 0 {
		return p.guessInteger(end)
	}
	switch p.current() {
	case '.':
		return nothing, p.fault("bad float: integer part is required before decimal point", "missing integer part").
			hinting(floatHint)
	case '_':
		return nothing, p.fault("bad number: `_` must be surrounded by digits", "digits required before `_`").
			hinting(integerHint)
	}
	return nothing, p.fault("bad format: unknown value appeared", "here")
}

// guessTime is guess behind a date.
func (p *parser[V]) guessTime(date int) (guess, *fault) {
	text := p.text
	const badTime = "bad time: must be HH:MM:SS.subsec"
	switch c := byteAt(text, date); {
	case c == 'T' || c == 't' || c == ' ':
		end := localTime(text, date+1)
		if end < 0 {
			if c == ' ' && !isDigit(byteAt(text, date+1)) {
				break
			}
			expected, at := mismatch(text, date+1, timePattern)
			return nothing, p.wanted(badTime, expected, at).hinting(timeHint)
		}
		if timeOffset(text, end) >= 0 {
			return anOffsetDateTime, nil
		}
		if sign := byteAt(text, end); sign == '+' || sign == '-' {
			expected, at := mismatch(text, end+1, offsetPattern)
			return nothing, p.wanted("bad offset: must be [+-]HH:MM or Z", "z or Z or "+expected, at).hinting(offsetHint)
		}
		return aDateTime, nil
	case isDigit(c):
		return nothing, p.wanted("bad datetime: missing T or space", "T, t, or 0x20(SPACE)", date).hinting(timeHint)
	}
	return aDate, nil
}

// guessInteger is guess behind an integer.
func (p *parser[V]) guessInteger(end int) (guess, *fault) {
	var title, remark, hint string
	at := end
	switch c := byteAt(p.text, end); {
	case c == '_':
		title, remark, hint = "bad integer: `_` must be surrounded by digits", "invalid underscore", integerHint
		if digits := p.text[p.pos:end]; digits == "0" || digits == "-0" || digits == "+0" {
			title, remark = "bad integer: leading zero is not allowed in decimal int", "leading zero"
		}
	case c == '0':
		at--
		title, remark, hint = "bad integer: leading zero", "leading zero is not allowed", integerHint
	case isDigit(c):
		title, remark, hint = "bad integer: invalid digit after an integer", "this digit is not allowed", integerHint
	case c == ':' || c == '-':
		title, remark, hint = "bad datetime: invalid format", "here", dateTimeHint
	case c == '.' || c == 'e' || c == 'E':
		title, remark, hint = "bad float: invalid format", "here", floatHint
	default:
		return anInteger, nil
	}
	return nothing, newFault(title, p.source.at(at), remark).hinting(hint)
}

func byteAt(text string, at int) byte {
	if at < len(text) {
		return text[at]
	}
	return 0
}
