// Command withpg runs a command beside one PostgreSQL for tests, which all its
// test processes share:
//
//	go run ./tools/withpg go test ./...
//
// The server is fast, forgets everything, and ends with the command.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"data.release/registrar/migrations/localpg"
	"data.release/registrar/migrations/migrationstest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpg COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// run gives the command's exit code.
func run(args []string) (code int, err error) {
	// Ctrl-C reaches the command too; the server must outlive it.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	server, err := localpg.Start(context.Background(), migrationstest.ServerConfig())
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), migrationstest.ServerVariable+"="+server.DSN("postgres", localpg.Superuser))
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	} else if err != nil {
		return 1, err
	}
	return 0, nil
}
