package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// child is a process of the demonstration.
type child struct {
	name    string
	process *exec.Cmd
	done    chan struct{}
}

// spawn starts a subcommand of this program; its end, unless it was asked for,
// ends the demonstration. It dies with its parent.
func (d *demo) spawn(name string, args []string, env map[string]string) error {
	command := exec.Command(d.self, args...)
	command.Env = environment(env)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	// A group of its own: Ctrl-C reaches the parent alone, which stops it in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	c := &child{name: name, process: command, done: make(chan struct{})}
	d.children = append(d.children, c)
	go func() {
		err := command.Wait()
		close(c.done)
		d.failed <- fmt.Errorf("%s ended: %v", name, err)
	}()
	return nil
}

// environment is what a child gets: this process's without Registrar's own
// settings and the database, and what it is given. Each child sees its own
// stores and keys and no other's.
func environment(given map[string]string) []string {
	var out []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if name != "DATABASE_URL" && !strings.HasPrefix(name, "REGISTRAR_") {
			out = append(out, entry)
		}
	}
	out = append(out, "REGISTRAR_LOG_LEVEL=warn")
	for name, value := range given {
		out = append(out, name+"="+value)
	}
	return out
}

// stop ends the children in the reverse order of their start, then the
// database.
func (d *demo) stop() error {
	var failures []error
	for i := len(d.children) - 1; i >= 0; i-- {
		c := d.children[i]
		_ = c.process.Process.Signal(syscall.SIGTERM)
		select {
		case <-c.done:
		case <-time.After(15 * time.Second):
			_ = c.process.Process.Kill()
			failures = append(failures, fmt.Errorf("%s did not stop and was killed", c.name))
		}
	}
	if d.database != nil {
		failures = append(failures, d.database.Stop())
	}
	return errors.Join(failures...)
}
