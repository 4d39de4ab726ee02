//go:build !linux

package fstree

import "errors"

func exchange(a, b string) error { return errors.ErrUnsupported }
