// Package localpg runs a private PostgreSQL server as a child of this process:
// for the demo, which needs no database set up, and for tests, which need a real
// one. Everything else is given DATABASE_URL.
//
// The server listens on a Unix socket only, in a directory that no other user
// can enter, so there is no port to collide and no password to keep. It ends
// with this process, however this process ends. Linux only.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"data.release/registrar/release/fault"
)

// Mode says what a server promises for what it was told.
type Mode int

const (
	// Durable keeps every committed transaction through a crash of the machine;
	// its cluster has data checksums. An existing cluster is used again.
	Durable Mode = iota
	// Fast promises nothing after a crash and is several times quicker at
	// making databases: for tests only. Its cluster is new each time and is
	// removed by Stop.
	Fast
)

// Config says where a server lives and how it behaves.
type Config struct {
	// Dir is the directory of the cluster, for this package alone; it and its
	// missing parents are made. As root, where the server's own user cannot
	// reach Dir (a checkout under a home of mode 0700), the cluster goes to
	// /var/lib/registrar and Dir keeps a note of where.
	// Fast servers may leave it empty for a directory under the system's
	// temporary one.
	Dir string
	// SocketDir is where the socket stands, if not in the cluster's directory.
	// Left empty, a short directory is chosen when that one's path is too long.
	SocketDir string
	Mode      Mode
	// TimeZone is the server's, as PostgreSQL names it; empty means UTC.
	TimeZone string
	// MaxConnections is 100 if zero.
	MaxConnections int
}

// Server is a running PostgreSQL.
type Server struct {
	place   place
	process *process
	lock    *os.File
	once    sync.Once
	stopped error
}

// Superuser is the role that owns the cluster.
const Superuser = "registrar_owner"

// startLimit bounds initdb and start-up; recovery after a crash is part of it.
const startLimit = 90 * time.Second

// Start makes the cluster if there is none, runs the server and returns when it
// answers. What the operator can put right is a *fault.Error: Unavailable when
// PostgreSQL is not installed, Conflict when another process uses Dir, Invalid
// when Dir or SocketDir cannot be used.
func Start(ctx context.Context, config Config) (_ *Server, err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	installed, err := findPrograms()
	if err != nil {
		return nil, err
	}
	p, lock, err := settle(config, installed)
	if err != nil {
		return nil, err
	}
	s := &Server{place: p, lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	with, err := s.place.prepare(ctx, config, installed)
	if err != nil {
		return nil, err
	}
	if s.process, err = s.place.run(config, with); err != nil {
		return nil, err
	}
	if err = s.await(ctx); err != nil {
		return nil, errors.Join(err, s.halt(syscall.SIGQUIT, 5*time.Second))
	}
	return s, nil
}

// DSN is the connection string of a database of this server as a role of it.
// Any role may connect without a password: who can reach the socket is the
// owner of the server.
func (s *Server) DSN(database, role string) string {
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.place.socket}, "sslmode": {"disable"}}.Encode(),
	}).String()
}

// Dir is where the cluster really is.
func (s *Server) Dir() string { return s.place.dir }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop ends every connection, lets the server write what it must, and waits for
// it. A Fast server's cluster is removed. Stop may be called more than once.
func (s *Server) Stop() error {
	s.once.Do(func() {
		signal, patience := syscall.SIGINT, 30*time.Second
		if s.place.temporary {
			signal, patience = syscall.SIGQUIT, 5*time.Second
		}
		s.stopped = errors.Join(s.halt(signal, patience), s.close())
	})
	return s.stopped
}

// halt asks the server to end and insists once patience has run out.
func (s *Server) halt(signal syscall.Signal, patience time.Duration) error {
	for _, next := range []syscall.Signal{signal, syscall.SIGQUIT, syscall.SIGKILL} {
		s.process.signal(next)
		select {
		case <-s.process.done:
			return nil
		case <-time.After(patience):
		}
	}
	return fmt.Errorf("PostgreSQL in %s does not end", s.place.dir)
}

// close lets go of the directories.
func (s *Server) close() error {
	var err error
	if s.place.temporary {
		err = os.RemoveAll(s.place.dir)
	}
	if s.place.socket != s.place.dir && s.place.ownSocket {
		err = errors.Join(err, os.RemoveAll(s.place.socket))
	}
	return errors.Join(err, s.lock.Close())
}

// await returns when the server takes connections, or when it has ended.
func (s *Server) await(ctx context.Context) error {
	dsn := s.DSN("postgres", Superuser)
	for {
		conn, err := pgx.Connect(ctx, dsn)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.process.done:
			return fmt.Errorf("PostgreSQL in %s ended at once: %s", s.place.dir, s.process.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL in %s does not answer: %w; it says: %s", s.place.dir, err, s.process.lastWords())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// holdLock takes the directory for this process. The kernel lets go of it when
// the process ends, so it cannot be left behind.
func holdLock(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the database directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fault.New(fault.Conflict, "the database in %s is in use by another process: stop that one, or set REGISTRAR_DATA to another directory", dir).Because(err)
	}
	return lock, nil
}
