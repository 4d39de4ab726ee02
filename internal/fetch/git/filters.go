package git

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// converting are the attributes that make a file on disk differ from what is stored for it.
var converting = []string{"text", "eol", "crlf", "filter", "ident", "working-tree-encoding", "binary"}

// mayFilter reports whether contents may differ between the work tree and the repository: attributes or settings that
// convert them. A wrong yes costs time, a wrong no a wrong answer.
func (c *comparison) mayFilter() bool {
	for _, e := range c.index.entries {
		if e.name == ".gitattributes" || strings.HasSuffix(e.name, "/.gitattributes") {
			if attributesConvert(filepath.Join(c.repo.Work, e.name)) {
				return true
			}
		}
	}
	if attributesConvert(filepath.Join(c.repo.Common, "info", "attributes")) {
		return true
	}
	home, _ := os.UserHomeDir()
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	for _, name := range []string{filepath.Join(c.repo.Common, "config"), filepath.Join(home, ".gitconfig"), filepath.Join(config, "git", "config")} {
		text, _ := os.ReadFile(name)
		for _, word := range []string{"autocrlf", "attributesfile", "[include"} {
			if strings.Contains(strings.ToLower(string(text)), word) {
				return true
			}
		}
	}
	return false
}

// attributesConvert reports whether a gitattributes file on disk sets an attribute that converts.
func attributesConvert(name string) bool {
	text, err := os.ReadFile(name)
	if err != nil {
		return !os.IsNotExist(err)
	}
	macros := map[string][]attrSetting{}
	rules := parseAttributes(text, "", macros).rules
	for _, settings := range macros {
		rules = append(rules, attrRule{attrs: settings})
	}
	for _, r := range rules {
		for _, s := range r.attrs {
			if slices.Contains(converting, s.name) && s.state != attrUnset && s.state != attrUnspecified {
				return true
			}
		}
	}
	return false
}
