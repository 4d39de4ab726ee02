package download

import "strings"

// account is an entry of a netrc file.
type account struct {
	machine         string // "" for the default
	login, password string
}

// parseNetrc reads the words of a netrc file; macros are skipped.
func parseNetrc(text string) []account {
	var accounts []account
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		words := netrcWords(lines[i])
		for len(words) > 0 {
			key := words[0]
			words = words[1:]
			value := ""
			if key != "default" {
				for len(words) == 0 && i+1 < len(lines) { // a value may stand on the next line
					i++
					words = netrcWords(lines[i])
				}
				if len(words) == 0 {
					return accounts
				}
				value, words = words[0], words[1:]
			}
			switch key {
			case "machine", "default":
				accounts = append(accounts, account{machine: value})
			case "login", "password":
				if n := len(accounts); n > 0 && key == "login" {
					accounts[n-1].login = value
				} else if n > 0 {
					accounts[n-1].password = value
				}
			case "macdef": // up to an empty line
				for i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" {
					i++
				}
			}
		}
	}
	return accounts
}

// netrcWords splits a line; words may stand in quotes with escapes, "#" begins a comment.
func netrcWords(line string) []string {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return words
		}
		if line[0] != '"' {
			end := strings.IndexAny(line, " \t\r")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
			continue
		}
		var b strings.Builder
		i := 1
		for ; i < len(line) && line[i] != '"'; i++ {
			if line[i] == '\\' && i+1 < len(line) {
				i++
				if at := strings.IndexByte("nrt", line[i]); at >= 0 {
					b.WriteByte("\n\r\t"[at])
					continue
				}
			}
			b.WriteByte(line[i])
		}
		words, line = append(words, b.String()), line[min(i+1, len(line)):]
	}
}

// findAccount returns the first entry for host, or a default after which none follows for it.
func findAccount(accounts []account, host string) (account, bool) {
	for _, a := range accounts {
		if a.machine == "" || strings.EqualFold(a.machine, host) {
			return a, a.login != "" || a.password != ""
		}
	}
	return account{}, false
}
