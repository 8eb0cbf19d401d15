package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"data.release/registrar/migrations"
)

// migrateCmd applies what the database lacks, under a lock. Its log-in owns
// the tables; no other process needs to.
type migrateCmd struct {
	Status bool `help:"Only list the migrations and when they were applied."`
}

// Run migrates.
func (c *migrateCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	url, err := s.databaseURL()
	if err != nil {
		return err
	}
	opened, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer opened.close()
	if !c.Status {
		if err := migrations.Apply(ctx, opened.db); err != nil {
			return err
		}
	}
	list, err := migrations.Status(ctx, opened.db)
	if err != nil {
		return err
	}
	for _, m := range list {
		fmt.Fprintf(k.Stdout, "%+v\n", m)
	}
	return nil
}
