// Package duck opens DuckDB the one way Registrar uses it: in memory, closed
// to the network and to every path that was not named, with its memory and
// threads bounded and its spill files encrypted.
package duck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
)

// Options of one instance.
type Options struct {
	// Dir is where it spills, under encryption with a key that dies with the
	// instance (a second layer: see settings). Required; made 0700 if it is
	// not there.
	Dir string
	// AllowedDirs and AllowedPaths are all that SQL may read or write, as
	// absolute paths: whole directories, and single files. Dir is not among
	// them unless it is named. An allowed directory must be in its canonical
	// form (no symbolic link that leads elsewhere).
	AllowedDirs  []string
	AllowedPaths []string
	// Memory is DuckDB's memory_limit; "1GB" if empty.
	Memory string
	// Threads is DuckDB's worker threads; 2 if zero.
	Threads int
	// Unordered gives up the order of rows of an unordered query for speed
	// (preserve_insertion_order=false, about twice as fast a COPY). Results
	// then differ from run to run unless the query sorts them.
	Unordered bool
}

// Open starts an instance. Closing the returned DB ends it and removes what it
// spilled. All connections of the DB share the instance; a scalar function
// must be registered once, on any of them.
//
// The settings are locked: SQL can neither loosen them, load an extension, nor
// reach a path outside the allowed ones.
func Open(ctx context.Context, o Options) (*sql.DB, error) {
	if o.Dir == "" {
		return nil, errors.New("opening duckdb: no directory to spill to")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening duckdb: %w", err)
	}
	settings, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("opening duckdb: %w", err)
	}
	// The init function runs for every connection, the settings belong to the
	// instance and refuse to be made twice once locked.
	var once sync.Once
	var failed error
	connector, err := duckdb.NewConnector("", func(conn driver.ExecerContext) error {
		once.Do(func() {
			for _, s := range settings {
				if _, err := conn.ExecContext(ctx, s, nil); err != nil {
					failed = fmt.Errorf("%s: %w", s, err)
					return
				}
			}
		})
		return failed
	})
	if err != nil {
		return nil, fmt.Errorf("opening duckdb: %w", err)
	}
	db := sql.OpenDB(connector)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening duckdb: %w", err), db.Close())
	}
	return db, nil
}

func (o Options) settings() ([]string, error) {
	dirs, err := absolute(o.AllowedDirs)
	if err != nil {
		return nil, err
	}
	paths, err := absolute(o.AllowedPaths)
	if err != nil {
		return nil, err
	}
	spill, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	memory, threads := o.Memory, o.Threads
	if memory == "" {
		memory = "1GB"
	}
	if threads == 0 {
		threads = 2
	}
	return []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET temp_file_encryption = true",
		// Without this every spill fails: the linked crypto module encrypts
		// (AES-GCM) but draws its keys from a generator that DuckDB itself
		// calls unsafe. So this guards against a lost disk or a careless
		// backup; Dir still belongs on an encrypted or memory-backed volume.
		"SET force_mbedtls_unsafe = true",
		// temp_directory cannot be set once external access is off.
		"SET temp_directory = " + Literal(spill),
		"SET allowed_directories = " + list(dirs),
		"SET allowed_paths = " + list(paths),
		"SET enable_external_access = false",
		"SET memory_limit = " + Literal(memory),
		fmt.Sprintf("SET threads = %d", threads),
		fmt.Sprintf("SET preserve_insertion_order = %t", !o.Unordered),
		// Nothing may depend on the time zone of the machine.
		"SET TimeZone = 'UTC'",
		"SET lock_configuration = true",
	}, nil
}

func absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, p := range paths {
		if !filepath.IsAbs(p) {
			return nil, fmt.Errorf("%q is not an absolute path", p)
		}
		out[i] = filepath.Clean(p)
	}
	return out, nil
}

func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = Literal(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Literal writes text as an SQL string constant. For values prefer prepared
// parameters; this is for places that take none (paths, COPY, rule constants).
func Literal(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// Ident writes a name as a quoted SQL identifier.
func Ident(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
