package storepath

import "fmt"

// CheckName reports why name cannot be the name of a store object: it is empty
// or longer than 211 bytes, has a byte outside [0-9A-Za-z+._?=-], or its part
// before the first dash is "." or "..".
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("name must not be empty")
	}
	if len(name) > MaxNameLen {
		return fmt.Errorf("name '%s' must be no longer than %d characters", name, MaxNameLen)
	}
	for _, dots := range []string{".", ".."} {
		if len(name) < len(dots) || name[:len(dots)] != dots {
			continue
		}
		if len(name) == len(dots) {
			return fmt.Errorf("name '%s' is not valid", name)
		}
		if name[len(dots)] == '-' {
			return fmt.Errorf("name '%s' is not valid: first dash-separated component must not be '%s'", name, dots)
		}
	}
	for i := range len(name) {
		if !isNameByte[name[i]] {
			return fmt.Errorf("name '%s' contains illegal character '%s'", name, name[i:i+1])
		}
	}
	return nil
}

var isNameByte = func() (t [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-._?=") {
		t[c] = true
	}
	return t
}()
