package nar

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"firn/internal/lang/jsontext"
)

// ListingVersion is the version that a binary cache's ".ls" file begins with.
const ListingVersion = 1

// A Listing is what an archive says of one node, without contents. Which fields
// mean something depends on Type.
type Listing struct {
	Type       Type
	Executable bool
	Size       uint64
	Offset     int64 // of the contents within the archive, 0 if not known
	Target     string
	Entries    []ListingEntry // by name
}

// A ListingEntry is a named node of a directory.
type ListingEntry struct {
	Name string
	Node *Listing
}

// ForgetOffsets makes the listing one of a tree that is no archive.
func (l *Listing) ForgetOffsets() {
	l.Offset = 0
	for _, e := range l.Entries {
		e.Node.ForgetOffsets()
	}
}

// Index reads an archive and returns its listing. As with NewReader a
// *wire.Reader is read just to the end of the archive.
func Index(r io.Reader) (*Listing, error) { return IndexOf(r, 0) }

// IndexOf is [Index] of an archive of about size bytes, 0 for not known.
func IndexOf(r io.Reader, size uint64) (*Listing, error) {
	nr := NewReaderOf(r, size)
	var open []*Listing // from the root to the directory of the next node
	var root *Listing
	for {
		h, err := nr.Next()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		node := &Listing{Type: h.Type, Executable: h.Executable, Size: h.Size, Offset: h.Offset, Target: h.Target}
		open = open[:h.Depth]
		if h.Depth == 0 {
			root = node
		} else {
			dir := open[h.Depth-1]
			dir.Entries = append(dir.Entries, ListingEntry{h.Name, node})
		}
		open = append(open, node)
	}
}

// Lookup returns the node at a slash-separated path below l, or nil. Empty parts
// of the path are skipped; links are not followed.
func (l *Listing) Lookup(path string) *Listing {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" {
			continue
		}
		i, ok := slices.BinarySearchFunc(l.Entries, part, func(e ListingEntry, name string) int { return strings.Compare(e.Name, name) })
		if !ok {
			return nil
		}
		l = l.Entries[i].Node
	}
	return l
}

// AppendJSON appends the listing as `nix nar ls --json` prints it, on one line
// with members by name:
//
//	{"entries":{<name>:<node>},"type":"directory"}
//	{"executable":<bool>,"narOffset":<n>,"size":<n>,"type":"regular"}
//	{"target":<text>,"type":"symlink"}
//
// Without recursive the nodes of the entries are {}. narOffset is left out where
// it is not known.
func (l *Listing) AppendJSON(dst []byte, recursive bool) []byte {
	switch l.Type {
	case Directory:
		dst = append(dst, `{"entries":{`...)
		for i, e := range l.Entries {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, e.Name), ':')
			if recursive {
				dst = e.Node.AppendJSON(dst, true)
			} else {
				dst = append(dst, "{}"...)
			}
		}
		dst = append(dst, '}')
	case Regular:
		dst = strconv.AppendBool(append(dst, `{"executable":`...), l.Executable)
		if l.Offset != 0 {
			dst = strconv.AppendInt(append(dst, `,"narOffset":`...), l.Offset, 10)
		}
		dst = strconv.AppendUint(append(dst, `,"size":`...), l.Size, 10)
	case Symlink:
		dst = appendQuoted(append(dst, `{"target":`...), l.Target)
	default:
		dst = append(dst, `{"executable":false`...)
	}
	dst = append(dst, `,"type":"`...)
	dst = append(dst, l.Type.String()...)
	return append(dst, `"}`...)
}

// LSFile returns the contents of a binary cache's ".ls" file:
// {"root":<listing>,"version":1}.
func (l *Listing) LSFile() []byte {
	dst := l.AppendJSON([]byte(`{"root":`), true)
	dst = strconv.AppendInt(append(dst, `,"version":`...), ListingVersion, 10)
	return append(dst, '}')
}

// ParseLSFile reads a ".ls" file. It accepts a missing "executable" and
// "narOffset", as older versions wrote, and ignores members it does not know.
func ParseLSFile(data []byte) (*Listing, error) {
	var file struct {
		Root    *Listing `json:"root"`
		Version int      `json:"version"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read NAR listing: %w", err)
	}
	if file.Version != ListingVersion {
		return nil, fmt.Errorf("read NAR listing: version %d is not supported", file.Version)
	}
	if file.Root == nil {
		return nil, fmt.Errorf("read NAR listing: no member 'root'")
	}
	return file.Root, nil
}

// UnmarshalJSON reads what AppendJSON writes recursively.
func (l *Listing) UnmarshalJSON(data []byte) error {
	var v struct {
		Type       string              `json:"type"`
		Executable bool                `json:"executable"`
		Size       uint64              `json:"size"`
		Offset     int64               `json:"narOffset"`
		Target     string              `json:"target"`
		Entries    map[string]*Listing `json:"entries"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v.Type {
	case "regular":
		*l = Listing{Type: Regular, Executable: v.Executable, Size: v.Size, Offset: v.Offset}
	case "symlink":
		*l = Listing{Type: Symlink, Target: v.Target}
		return checkTarget(v.Target)
	case "directory":
		*l = Listing{Type: Directory}
		for name, node := range v.Entries {
			if err := checkName(name, ""); err != nil {
				return err
			}
			if node == nil {
				return fmt.Errorf("entry '%s' is null", name)
			}
			l.Entries = append(l.Entries, ListingEntry{name, node})
		}
		slices.SortFunc(l.Entries, func(a, b ListingEntry) int { return strings.Compare(a.Name, b.Name) })
	default:
		return fmt.Errorf("unknown file type '%s'", v.Type)
	}
	return nil
}

// MarshalJSON is AppendJSON, recursively.
func (l *Listing) MarshalJSON() ([]byte, error) { return l.AppendJSON(nil, true), nil }

// appendQuoted appends a JSON string. What is not UTF-8 is replaced: a listing
// serves people, and such a name is none that they could type.
func appendQuoted(dst []byte, s string) []byte {
	dst, err := jsontext.AppendString(dst, strings.ToValidUTF8(s, "\ufffd"))
	if err != nil {
		panic(err) // it is UTF-8 now
	}
	return dst
}
