package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/localpg"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// prepare makes directories, database, keys, persons and the imported register.
func (d *demo) prepare(ctx context.Context) error {
	// The database's own user must be able to pass through to its directory.
	if err := os.MkdirAll(d.dir, 0o711); err != nil {
		return fault.New(fault.Invalid, "The data directory %s cannot be made; set REGISTRAR_DATA to one that can.", d.dir).Because(err)
	}
	for _, sub := range []string{"lake/identity", "lake/activity", "delivery", "attachments", "handover", "spill", "demo"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return fault.New(fault.Invalid, "The data directory %s cannot be made; set REGISTRAR_DATA to one that can.", d.dir).Because(err)
		}
	}
	if text, err := os.ReadFile(d.statePath()); err == nil {
		if err := json.Unmarshal(text, &d.chain); err != nil {
			return fault.New(fault.Invalid, "%s is damaged; remove %s to begin anew.", d.statePath(), d.dir).Because(err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the demonstration's state: %w", err)
	}
	if d.chain.Version != "" && !d.chain.Done {
		return fault.New(fault.Conflict, "An earlier demonstration was stopped half-way. Remove %s to begin anew.", d.dir)
	}
	if err := d.keys.make("registrar.demo/log"); err != nil {
		return err
	}
	if err := d.openDatabase(ctx); err != nil {
		return err
	}
	owner, err := connect(ctx, d.urls[""])
	if err != nil {
		return err
	}
	defer owner.close()
	if err := migrations.Apply(ctx, owner.db); err != nil {
		return err
	}
	if d.database != nil {
		for _, group := range []string{migrations.Serve, migrations.Linking, migrations.Extracting} {
			name := "demo_" + strings.TrimPrefix(group, "registrar_")
			if err := migrations.Login(ctx, owner.db, name, group); err != nil {
				return err
			}
			d.urls[group] = d.database.DSN("registrar", name)
		}
	}
	d.say("The database is ready, its three roles with their grants.")
	if err := d.importRegister(ctx, owner); err != nil {
		return err
	}
	if err := d.grant(ctx, owner); err != nil {
		return err
	}
	if d.chain.Done {
		return nil // what waits since then is for people
	}
	return d.decidePrivacy(ctx, owner)
}

// openDatabase uses DATABASE_URL where it is set, else starts a private server.
func (d *demo) openDatabase(ctx context.Context) error {
	if d.settings.DatabaseURL != "" || d.settings.DatabaseURLFile != "" {
		url, err := d.settings.databaseURL()
		if err != nil {
			return err
		}
		d.urls = map[string]string{"": url, migrations.Serve: url, migrations.Linking: url, migrations.Extracting: url}
		d.say("Using the database that DATABASE_URL names; every process connects as its user.")
		return nil
	}
	server, err := localpg.Start(ctx, localpg.Config{Dir: filepath.Join(d.dir, "postgres"), Mode: localpg.Durable})
	if err != nil {
		return err
	}
	d.database = server
	d.urls = map[string]string{"": server.DSN("registrar", localpg.Superuser)}
	root, err := connect(ctx, server.DSN("postgres", localpg.Superuser))
	if err != nil {
		return err
	}
	defer root.close()
	var there bool
	if err := root.db.QueryRowContext(ctx, `select exists (select from pg_database where datname = 'registrar')`).Scan(&there); err != nil {
		return fmt.Errorf("looking for the database: %w", err)
	}
	if !there {
		if _, err := root.db.ExecContext(ctx, `create database registrar`); err != nil {
			return fmt.Errorf("making the database: %w", err)
		}
	}
	return nil
}

func (d *demo) importRegister(ctx context.Context, owner *store) error {
	path := filepath.Join(d.TestData, "register", "releaseregister_20210201_20210228.xlsx")
	content, err := os.ReadFile(path)
	if err != nil {
		return fault.New(fault.Invalid, "The real register %s cannot be read; run the demonstration in the repository, or give --testdata.", path).Because(err)
	}
	report, err := owner.service.ImportEdition(ctx, access.Actor{System: "import"}, release.EditionFile{Name: filepath.Base(path), Content: content})
	if err != nil {
		return err
	}
	if report.Already {
		d.say("The register of February 2021 was imported before; importing it again changed nothing.")
		return nil
	}
	d.say("The register of February 2021 is imported:")
	var text strings.Builder
	if err := report.WriteText(&text); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(text.String()), "\n") {
		fmt.Println("         ", line)
	}
	return nil
}

func (d *demo) grant(ctx context.Context, owner *store) error {
	system := access.Actor{System: "demo"}
	for _, u := range demoUsers {
		slug, err := owner.service.EnsureOrganisation(ctx, system, u.organisation)
		if err != nil {
			return err
		}
		for _, role := range u.roles {
			grant := release.Grant{Email: u.Email, Name: u.Name, Role: access.Role(role), Organisation: slug, Directorate: u.directorate}
			if _, err := owner.service.GrantRole(ctx, system, grant); err != nil {
				return err
			}
		}
	}
	return nil
}
