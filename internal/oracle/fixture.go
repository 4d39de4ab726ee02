package oracle

import (
	"os"
	"path/filepath"

	"firn/internal/oracle/exprgen"
)

// WriteFixture writes the files that generated expressions read below dir, which it creates.
func WriteFixture(dir string) error {
	for _, f := range exprgen.Fixture() {
		if err := writeFixture(filepath.Join(dir, f.Path), f); err != nil {
			return err
		}
	}
	return nil
}

func writeFixture(path string, f exprgen.File) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch {
	case f.Link != "":
		return os.Symlink(f.Link, path)
	case f.Executable:
		return os.WriteFile(path, []byte(f.Text), 0o755)
	}
	return os.WriteFile(path, []byte(f.Text), 0o644)
}
