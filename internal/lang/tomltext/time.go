package tomltext

import (
	"fmt"
	"strings"
)

// Patterns of dates and times: a 0 stands for any digit.
const (
	datePattern   = "0000-00-00"
	timePattern   = "00:00:00"
	offsetPattern = "00:00"
)

// mismatch returns what is expected at the first place where a text differs from a pattern; -1 if it does not.
func mismatch(text string, at int, pattern string) (expected string, where int) {
	for i := range len(pattern) {
		c := byteAt(text, at+i)
		if pattern[i] == '0' && !isDigit(c) {
			return "digit [0-9]", at + i
		}
		if pattern[i] != '0' && c != pattern[i] {
			return pattern[i : i+1], at + i
		}
	}
	return "", -1
}

func matches(text string, at int, pattern string) int {
	if _, where := mismatch(text, at, pattern); where >= 0 {
		return -1
	}
	return at + len(pattern)
}

func localDate(text string, at int) int { return matches(text, at, datePattern) }

func localTime(text string, at int) int {
	end := matches(text, at, timePattern)
	if end < 0 || byteAt(text, end) != '.' || !isDigit(byteAt(text, end+1)) {
		return end
	}
	for end++; isDigit(byteAt(text, end)); {
		end++
	}
	return end
}

func timeOffset(text string, at int) int {
	switch byteAt(text, at) {
	case 'Z', 'z':
		return at + 1
	case '+', '-':
		return matches(text, at+1, offsetPattern)
	}
	return -1
}

// time reads a date, a time or both.
func (p *parser[V]) time(looks guess) (V, *fault) {
	var none V
	var parts []string
	start := p.pos
	if looks != aTime {
		date, f := p.date()
		if f != nil {
			return none, f
		}
		parts = append(parts, date)
	}
	if looks == aDateTime || looks == anOffsetDateTime {
		p.pos++
		parts = append(parts, "T")
	}
	if looks != aDate {
		clock, f := p.clock()
		if f != nil {
			return none, f
		}
		parts = append(parts, clock)
	}
	if looks == anOffsetDateTime {
		offset, ok := p.offset()
		if !ok {
			return none, newFault("toml::parse_offset_datetime: too large offset: |hour| <= 24, |minute| <= 60",
				p.source.span(start, p.pos), "here")
		}
		parts = append(parts, offset)
	}
	v, err := p.build.Time(strings.Join(parts, ""))
	if err != nil {
		p.fail(err)
	}
	return v, nil
}

// number returns the value of a few digits.
func number(digits string) int {
	n := 0
	for _, c := range []byte(digits) {
		n = n*10 + int(c-'0')
	}
	return n
}

func (p *parser[V]) date() (string, *fault) {
	start := p.pos
	p.pos = localDate(p.text, start)
	s := p.text[start:p.pos]
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	days := 31
	switch month {
	case 4, 6, 9, 11:
		days = 30
	case 2:
		days = 28
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			days = 29
		}
	}
	if month < 1 || month > 12 || day < 1 || day > days {
		return "", newFault("toml::parse_local_date: invalid date.", p.source.at(start),
			"month must be 01-12, day must be any of 01-28,29,30,31 depending on the month/year.")
	}
	return s, nil
}

// clock reads a time. Its fraction is cut to nanoseconds, and has as few groups of three digits as possible.
func (p *parser[V]) clock() (string, *fault) {
	start := p.pos
	p.pos = localTime(p.text, start)
	s := p.text[start:p.pos]
	const invalid = "toml::parse_local_time: invalid time."
	if number(s[:2]) > 23 || number(s[3:5]) > 59 {
		return "", newFault(invalid, p.source.at(start), "hour must be 00-23, minute must be 00-59.")
	}
	if number(s[6:8]) > 60 {
		return "", newFault(invalid, p.source.at(start), "second must be 00-60.")
	}
	if len(s) == len(timePattern) {
		return s, nil
	}
	const none = "000000000"
	fraction := (s[len(timePattern)+1:] + none)[:len(none)]
	for strings.HasSuffix(fraction, "000") {
		fraction = fraction[:len(fraction)-3]
	}
	s = s[:len(timePattern)]
	if fraction != "" {
		s += "." + fraction
	}
	return s, nil
}

// offset reads an offset; false if it is too large.
func (p *parser[V]) offset() (string, bool) {
	start := p.pos
	p.pos = timeOffset(p.text, start)
	s := p.text[start:p.pos]
	if len(s) == 1 {
		return "Z", true
	}
	hours, minutes := number(s[1:3]), number(s[4:])
	if hours > 24 || minutes > 60 {
		return "", false
	}
	minutes += 60 * hours
	if minutes == 0 {
		return "Z", true
	}
	return fmt.Sprintf("%c%02d:%02d", s[0], minutes/60, minutes%60), true
}
