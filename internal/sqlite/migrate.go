package sqlite

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Migrate brings a database to the newest version of its schema. migrations
// holds files NUMBER-NAME.sql with numbers 1, 2, 3 and so on; the database's
// user_version is the number of the last one that ran. Each runs in a
// transaction of its own, once, even if several processes try.
//
// A database of a newer version than the last migration is refused.
func Migrate(ctx context.Context, c *Conn, migrations fs.FS) error {
	scripts, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	version, err := c.version()
	if err != nil {
		return err
	}
	for version < len(scripts) {
		err := c.Write(ctx, func() error {
			if version, err = c.version(); err != nil || version >= len(scripts) {
				return err
			}
			if err := c.Exec(scripts[version]); err != nil {
				return err
			}
			version++
			return c.Exec("pragma user_version = " + strconv.Itoa(version) + ";")
		})
		if err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	if version > len(scripts) {
		return fmt.Errorf("database %s has schema version %d, newer than %d, the last one known here", c.path, version, len(scripts))
	}
	return nil
}

func (c *Conn) version() (int, error) {
	v, err := c.text("pragma user_version;")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(v)
}

// readMigrations returns the scripts in order and checks that none is missing.
func readMigrations(fsys fs.FS) ([]string, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	scripts := make([]string, len(names))
	for _, name := range names {
		number, _, _ := strings.Cut(name, "-")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(names) || scripts[n-1] != "" {
			return nil, fmt.Errorf("migration %s: its number is not one of 1 to %d, each once", name, len(names))
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		scripts[n-1] = string(text)
	}
	return scripts, nil
}
