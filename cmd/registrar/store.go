package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/release"
	"data.release/registrar/release/attachment"
	"data.release/registrar/release/fault"
)

// store is an open database with the use cases over it.
type store struct {
	pool      *pgxpool.Pool
	db        *sql.DB
	service   *release.Service
	documents *attachment.Store // nil where none is set
}

// openStore connects to the database of the settings and makes sure that it is
// at this binary's version.
func openStore(ctx context.Context, s *Settings) (*store, error) {
	url, err := s.databaseURL()
	if err != nil {
		return nil, err
	}
	var documents *attachment.Store
	if s.AttachmentStore != "" {
		if documents, err = attachment.Open(ctx, s.AttachmentStore); err != nil {
			return nil, err
		}
	}
	opened, err := connectWith(ctx, url, documents)
	if err != nil {
		return nil, err
	}
	if err := migrations.Check(ctx, opened.db); err != nil {
		opened.close()
		return nil, err
	}
	return opened, nil
}

func connect(ctx context.Context, url string) (*store, error) { return connectWith(ctx, url, nil) }

// connectWith connects use cases that keep documents, if there is a store.
func connectWith(ctx context.Context, url string, documents *attachment.Store) (*store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause quotes the address, which may hold a password.
		return nil, fault.New(fault.Invalid, "The database URL cannot be read: expected postgres://USER@HOST/DATABASE or its like.")
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fault.New(fault.Unavailable, "The database does not answer.").Because(err).
			With(fault.Reason{Code: "database", Message: err.Error()})
	}
	db := stdlib.OpenDBFromPool(pool)
	jobs, err := river.NewClient(riverdatabasesql.New(db), &river.Config{})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the queue: %w", err)
	}
	uses := release.Config{DB: db, Jobs: jobs, Planner: worker.Planner{}}
	if documents != nil { // a nil store in the interface would not be none
		uses.Attachments = documents
	}
	return &store{pool: pool, db: db, service: release.New(uses), documents: documents}, nil
}

func (s *store) close() {
	if s.documents != nil {
		_ = s.documents.Close()
	}
	_ = s.db.Close() // its connections are the pool's
	s.pool.Close()
}
