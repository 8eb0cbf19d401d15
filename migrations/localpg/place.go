package localpg

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"data.release/registrar/release/fault"
)

// place is where a cluster lives and who runs it.
type place struct {
	dir       string // holds data/, lock, postgres.log and usually the socket
	socket    string
	ownSocket bool // socket was made here and is removed at the end
	temporary bool
	owner     *syscall.Credential // nil: this process's own user
}

func (p place) data() string { return filepath.Join(p.dir, "data") }

const (
	socketName = ".s.PGSQL.5432"
	// socketLimit is the length of sun_path in sockaddr_un less its final zero.
	socketLimit = 107
	// moved is the note in Config.Dir of a cluster that had to go elsewhere.
	moved = "moved-to"
	// tempPrefix begins the name of every Fast cluster's directory.
	tempPrefix = "registrar-pg-"
)

// farHome keeps the clusters whose Dir the server's user cannot reach.
var farHome = "/var/lib/registrar"

// settle chooses the directories, makes them and takes their lock.
func settle(config Config, installed []programs) (place, *os.File, error) {
	owner, err := serverUser()
	if err != nil {
		return place{}, nil, err
	}
	p := place{owner: owner, temporary: config.Mode == Fast}
	switch {
	case p.temporary:
		p.dir, err = p.temporaryDir(config.Dir, installed[0])
	case config.Dir == "":
		err = fault.New(fault.Invalid, "a database that is to be kept needs a directory: set REGISTRAR_DATA")
	default:
		p.dir, err = p.keptDir(config.Dir, installed[0])
	}
	if err != nil {
		return place{}, nil, err
	}
	lock, err := holdLock(p.dir)
	if err != nil {
		return place{}, nil, err
	}
	if err := p.settleSocket(config.SocketDir); err != nil {
		return place{}, nil, errors.Join(err, lock.Close())
	}
	return p, lock, nil
}

// serverUser is whom the server runs as: PostgreSQL refuses to run as root, so
// root becomes postgres or, without that user, nobody.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("reading the ids of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fault.New(fault.Unavailable, "PostgreSQL does not run as root and there is neither a user postgres nor nobody: run Registrar as an ordinary user")
}

// keptDir is dir where the server can reach it, else a directory of its own
// under farHome that a note in dir names, so that removing dir begins anew.
func (p place) keptDir(dir string, with programs) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the database directory: %w", err)
	}
	note := filepath.Join(dir, moved)
	if far, err := os.ReadFile(note); err == nil {
		return p.makeDir(strings.TrimSpace(string(far)))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("finding the database directory: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fault.New(fault.Invalid, "the database directory %s cannot be made: %v", dir, err).Because(err)
	}
	if p.reaches(filepath.Dir(dir), with) {
		return p.makeDir(dir)
	}
	var name [6]byte
	rand.Read(name[:])
	far := filepath.Join(farHome, hex.EncodeToString(name[:]))
	if err := os.MkdirAll(farHome, 0o755); err != nil {
		return "", fmt.Errorf("making %s, since the server's user cannot reach %s: %w", farHome, dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the database directory: %w", err)
	}
	if err := os.WriteFile(note, []byte(far+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("noting where the database is: %w", err)
	}
	return p.makeDir(far)
}

// temporaryDir makes a new directory under the first parent that the server can
// reach and whose path leaves room for a socket.
func (p place) temporaryDir(parent string, with programs) (string, error) {
	parents := []string{os.TempDir(), "/tmp", "/var/tmp"}
	if parent != "" {
		parents = []string{parent}
	}
	for _, parent := range parents {
		if !p.reaches(parent, with) || len(filepath.Join(parent, tempPrefix+"0123456789", socketName)) > socketLimit {
			continue
		}
		sweep(parent)
		dir, err := os.MkdirTemp(parent, tempPrefix)
		if err != nil {
			continue
		}
		return p.makeDir(dir)
	}
	return "", fault.New(fault.Invalid, "no directory for a temporary database: none of %s can be reached by the server's user with a short enough path; set TMPDIR", strings.Join(parents, ", "))
}

// sweep removes the clusters in parent whose process was killed before it could
// remove them: nobody holds their lock.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, tempPrefix+"*"))
	for _, dir := range left {
		// A directory without a lock file is being made this moment.
		if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
			continue
		}
		lock, err := holdLock(dir)
		if err != nil {
			continue
		}
		if pid, ok := readPid(filepath.Join(dir, "data")); !ok || !serves(pid, filepath.Join(dir, "data")) {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

// makeDir makes dir private to the server's user.
func (p place) makeDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.New(fault.Invalid, "the database directory %s cannot be made: %v", dir, err).Because(err)
	}
	if err := p.give(dir); err != nil {
		return "", err
	}
	return dir, nil
}

// give hands a file or directory to the server's user, and to no one else.
func (p place) give(path string) error {
	if p.owner != nil {
		if err := os.Chown(path, int(p.owner.Uid), int(p.owner.Gid)); err != nil {
			return fmt.Errorf("giving %s to the server's user: %w", path, err)
		}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fault.New(fault.Invalid, "the directory %s belongs to another user: remove it or choose another", path).Because(err)
	}
	return nil
}

// reaches asks the kernel whether the server's user can enter dir, by starting
// a program there as that user: modes, ACLs and mounts all count.
func (p place) reaches(dir string, with programs) bool {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return false
	}
	try := exec.Command(with.postgres, "--version")
	try.Dir = dir
	try.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	return try.Run() == nil
}

// settleSocket chooses the socket's directory.
func (p *place) settleSocket(wanted string) error {
	fits := func(dir string) bool { return len(filepath.Join(dir, socketName)) <= socketLimit }
	switch {
	case wanted != "":
		abs, err := filepath.Abs(wanted)
		if err != nil {
			return fmt.Errorf("finding the socket directory: %w", err)
		}
		if !fits(abs) {
			return fault.New(fault.Invalid, "the socket directory %s is too long: a socket's path may have %d bytes and this one would have %d; choose a shorter one",
				abs, socketLimit, len(filepath.Join(abs, socketName)))
		}
		p.socket, err = p.makeDir(abs)
		return err
	case fits(p.dir):
		p.socket = p.dir
		return nil
	}
	dir, err := os.MkdirTemp("/tmp", "registrar-")
	if err != nil {
		return fmt.Errorf("making a short directory for the database's socket: %w", err)
	}
	p.socket, p.ownSocket = dir, true
	return p.give(dir)
}

// prepare makes the cluster where there is none, checks one that is there, and
// returns the programs to run it with.
func (p *place) prepare(ctx context.Context, config Config, installed []programs) (programs, error) {
	version, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return installed[0], p.initialise(ctx, config, installed[0])
	}
	if err != nil {
		return programs{}, fmt.Errorf("reading the cluster's version: %w", err)
	}
	if err := p.adoptOwner(); err != nil {
		return programs{}, err
	}
	if err := clearStalePid(ctx, p.data()); err != nil {
		return programs{}, err
	}
	major := strings.TrimSpace(string(version))
	for _, candidate := range installed {
		if strconv.Itoa(candidate.major) == major {
			return candidate, nil
		}
	}
	return programs{}, fault.New(fault.Unavailable, "the database in %s was made by PostgreSQL %s, which is not installed: run `sudo apt-get install -y postgresql-%s`", p.dir, major, major)
}

// adoptOwner runs an existing cluster as the user it belongs to: a user
// postgres may have appeared since nobody made it.
func (p *place) adoptOwner() error {
	info, err := os.Stat(p.data())
	if err != nil {
		return fmt.Errorf("reading the cluster's owner: %w", err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	if p.owner == nil {
		if int(stat.Uid) != os.Geteuid() {
			return fault.New(fault.Invalid, "the database in %s belongs to user id %d: run Registrar as root or as that user, or set REGISTRAR_DATA to another directory", p.dir, stat.Uid)
		}
		return nil
	}
	if stat.Uid == p.owner.Uid {
		return nil
	}
	if stat.Uid == 0 {
		return fault.New(fault.Invalid, "the database in %s belongs to root, as whom PostgreSQL does not run: give it to another user", p.dir)
	}
	p.owner = &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
	if err := p.give(p.dir); err != nil {
		return err
	}
	if p.socket != p.dir {
		return p.give(p.socket)
	}
	return nil
}

// initialise makes the cluster. It is made under another name first, so that an
// interrupted run leaves nothing that looks whole.
func (p *place) initialise(ctx context.Context, config Config, with programs) error {
	half := filepath.Join(p.dir, "data.half")
	if err := os.RemoveAll(half); err != nil {
		return fmt.Errorf("removing a half-made cluster: %w", err)
	}
	args := []string{
		"--pgdata=" + half, "--username=" + Superuser, "--auth=trust", "--encoding=UTF8",
		// Order by code point, the same on every machine, but know the case of
		// every letter.
		"--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C",
		"--lc-monetary=C", "--lc-numeric=C", "--lc-time=C",
	}
	if config.Mode == Fast {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	cmd := exec.CommandContext(ctx, with.initdb, args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(slices.Clone(os.Environ()), "LC_ALL=C")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", p.dir, err, strings.TrimSpace(string(said)))
	}
	if err := os.Rename(half, p.data()); err != nil {
		return fmt.Errorf("naming the new cluster: %w", err)
	}
	return nil
}
