// Command benchpg runs a PostgreSQL that keeps what benchmarks made, until it
// is told to stop:
//
//	go run ./tools/benchpg DIRECTORY
//
// It prints the setting by which benchmarks find it. A register of 600,000
// releases is then made once for all runs (package registertest).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"data.release/registrar/migrations/localpg"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/registertest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: benchpg DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "benchpg:", err)
		os.Exit(1)
	}
}

func run(dir string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	server, err := localpg.Start(ctx, localpg.Config{Dir: dir, Mode: localpg.Durable, TimeZone: migrationstest.TimeZone})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	fmt.Printf("export %s='%s'\n", registertest.ServerVariable, server.DSN("postgres", localpg.Superuser))
	select {
	case <-ctx.Done():
	case <-server.Done():
		return errors.New("PostgreSQL ended by itself")
	}
	return nil
}
