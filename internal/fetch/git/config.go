package git

import (
	"fmt"
	"strings"
)

// Config is a configuration: keys "section.name" or "section.subsection.name" and their values in the order of the
// file. Section and name are lower case, a subsection is as written.
type Config []ConfigEntry

// ConfigEntry is one line of a configuration. A name without "=" has the value "true".
type ConfigEntry struct{ Key, Value string }

// Get returns the last value of key, "" if there is none.
func (c Config) Get(key string) string {
	for i := len(c) - 1; i >= 0; i-- {
		if c[i].Key == key {
			return c[i].Value
		}
	}
	return ""
}

// configParser is the state of ParseConfig: the rest of the text and where it is.
type configParser struct {
	text    string
	line    int
	section string
}

// ParseConfig reads the syntax of git-config(1). Includes are not followed.
func ParseConfig(text []byte) (Config, error) {
	p := configParser{text: strings.TrimPrefix(string(text), "\ufeff"), line: 1}
	var c Config
	for {
		p.skip()
		if p.text == "" {
			return c, nil
		}
		if p.text[0] == '[' {
			if err := p.header(); err != nil {
				return nil, fmt.Errorf("line %d: %w", p.line, err)
			}
			continue
		}
		e, err := p.entry()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		c = append(c, e)
	}
}

// skip passes over blanks, empty lines and comments.
func (p *configParser) skip() {
	for p.text != "" {
		switch p.text[0] {
		case '\n':
			p.line++
			p.text = p.text[1:]
		case ' ', '\t', '\r':
			p.text = p.text[1:]
		case '#', ';':
			i := strings.IndexByte(p.text, '\n')
			if i < 0 {
				i = len(p.text)
			}
			p.text = p.text[i:]
		default:
			return
		}
	}
}

// header reads `[section]`, `[section "subsection"]` or the old `[section.subsection]`.
func (p *configParser) header() error {
	i := 1
	for i < len(p.text) && (isAlnum(p.text[i]) || p.text[i] == '-' || p.text[i] == '.') {
		i++
	}
	p.section = strings.ToLower(p.text[1:i])
	p.text = strings.TrimLeft(p.text[i:], " \t")
	if strings.HasPrefix(p.text, `"`) {
		var b strings.Builder
		for i = 1; ; i++ {
			if i >= len(p.text) || p.text[i] == '\n' {
				return fmt.Errorf("unterminated subsection")
			}
			if p.text[i] == '"' {
				break
			}
			if p.text[i] == '\\' && i+1 < len(p.text) {
				i++
			}
			b.WriteByte(p.text[i])
		}
		p.section += "." + b.String()
		p.text = p.text[i+1:]
	}
	if p.section == "" || !strings.HasPrefix(p.text, "]") {
		return fmt.Errorf("malformed section")
	}
	p.text = p.text[1:]
	return nil
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// entry reads `name` or `name = value`.
func (p *configParser) entry() (ConfigEntry, error) {
	i := 0
	for i < len(p.text) && (isAlnum(p.text[i]) || p.text[i] == '-') {
		i++
	}
	if i == 0 || p.section == "" {
		return ConfigEntry{}, fmt.Errorf("malformed entry")
	}
	e := ConfigEntry{Key: p.section + "." + strings.ToLower(p.text[:i]), Value: "true"}
	p.text = strings.TrimLeft(p.text[i:], " \t\r")
	if p.text == "" || strings.IndexByte("\n#;", p.text[0]) >= 0 {
		return e, nil
	}
	if p.text[0] != '=' {
		return e, fmt.Errorf("malformed entry '%s'", e.Key)
	}
	p.text = p.text[1:]
	var err error
	e.Value, err = p.value()
	return e, err
}

// value reads to the end of the line: quotes keep blanks and comment signs, "\" escapes and continues.
func (p *configParser) value() (string, error) {
	var b strings.Builder
	quoted, keep := false, 0 // keep: length up to the last byte that is not a trailing blank
	i := 0
	for ; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '\n' && quoted:
			return "", fmt.Errorf("unterminated quote")
		case c == '\n':
			goto done
		case c == '"':
			quoted = !quoted
			keep = b.Len()
			continue
		case (c == '#' || c == ';') && !quoted:
			for i < len(p.text) && p.text[i] != '\n' {
				i++
			}
			goto done
		case c == '\\':
			i++
			if i < len(p.text) && p.text[i] == '\r' && strings.HasPrefix(p.text[i+1:], "\n") {
				i++
			}
			if i >= len(p.text) {
				goto done
			}
			if p.text[i] == '\n' {
				p.line++
				continue
			}
			at := strings.IndexByte(`"\ntb`, p.text[i])
			if at < 0 {
				return "", fmt.Errorf("unknown escape '\\%c'", p.text[i])
			}
			b.WriteByte("\"\\\n\t\b"[at])
			keep = b.Len()
			continue
		case !quoted && (c == ' ' || c == '\t' || c == '\r'):
			if b.Len() > 0 {
				b.WriteByte(c)
			}
			continue
		}
		b.WriteByte(c)
		keep = b.Len()
	}
done:
	p.text = p.text[i:]
	if quoted {
		return "", fmt.Errorf("unterminated quote")
	}
	return b.String()[:keep], nil
}
