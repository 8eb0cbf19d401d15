package localpg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"data.release/registrar/release/fault"
)

// process is the running server.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// run starts the server. The kernel ends it when this process dies: the signal
// hangs on the thread that started it, so that thread is kept until the end.
func (p *place) run(config Config, with programs) (*process, error) {
	started := &process{
		cmd:  exec.Command(with.postgres, p.arguments(config)...),
		log:  filepath.Join(p.dir, "postgres.log"),
		done: make(chan struct{}),
	}
	log, err := os.OpenFile(started.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database's log: %w", err)
	}
	defer log.Close()
	deathSignal := syscall.SIGINT
	if p.temporary {
		deathSignal = syscall.SIGQUIT
	}
	started.cmd.Dir = p.dir
	started.cmd.Stdout, started.cmd.Stderr = log, log
	// A group of its own: Ctrl-C at the terminal must not end the server before
	// those who use it.
	started.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Pdeathsig: deathSignal, Setpgid: true}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := started.cmd.Start(); err != nil {
			begun <- err
			return
		}
		begun <- nil
		// How it ended is in its log.
		_ = started.cmd.Wait()
		close(started.done)
	}()
	if err := <-begun; err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return started, nil
}

// arguments are the server's settings, given at each start so that an old
// cluster follows them too.
func (p *place) arguments(config Config) []string {
	zone := config.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	connections := config.MaxConnections
	if connections == 0 {
		connections = 100
	}
	settings := []string{
		"listen_addresses=",
		"unix_socket_directories=" + p.socket,
		"unix_socket_permissions=0700",
		"timezone=" + zone, "log_timezone=UTC",
		"max_connections=" + strconv.Itoa(connections),
		"log_checkpoints=off", "log_min_messages=warning",
		"shared_buffers=128MB",
	}
	if config.Mode == Fast {
		settings = append(settings,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "autovacuum_naptime=60")
	}
	args := []string{"-D", p.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

func (p *process) signal(s syscall.Signal) {
	// An error means that it has ended, which the caller waits for anyway.
	_ = p.cmd.Process.Signal(s)
}

// lastWords is the end of the server's log.
func (p *process) lastWords() string {
	const enough = 2000
	log, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(log[max(0, len(log)-enough):]))
}

// clearStalePid removes a postmaster.pid whose server is gone. PostgreSQL does
// so itself unless another process has the number by now, as happens after each
// start of a container. A server of a killed parent is given time to end.
func clearStalePid(ctx context.Context, data string) error {
	for limit := time.Now().Add(20 * time.Second); ; {
		pid, ok := readPid(data)
		if !ok {
			return nil
		}
		if !serves(pid, data) {
			if err := os.Remove(filepath.Join(data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("removing a stale postmaster.pid: %w", err)
			}
			return nil
		}
		if time.Now().After(limit) || ctx.Err() != nil {
			return fault.New(fault.Conflict, "PostgreSQL already runs on %s as process %d: stop it first", data, pid)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func readPid(data string) (int, bool) {
	file, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	return pid, err == nil && pid > 0
}

// serves tells whether process pid is a server on this data: its arguments
// name it.
func serves(pid int, data string) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	return bytes.Contains(args, []byte("-D\x00"+data+"\x00"))
}
