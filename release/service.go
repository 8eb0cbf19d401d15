// Package release has the use cases: one file per noun, each command one
// transaction over the store. A command checks its actor first and then sees
// every record; nothing else writes.
package release

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"data.release/registrar/ent"
	_ "data.release/registrar/ent/runtime" // joins policies and defaults to the records
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// Config is what the use cases stand on.
type Config struct {
	DB *sql.DB
	// Jobs puts work into the queue, in the transaction that decides it. A
	// process that never queues any may leave it nil.
	Jobs Jobs
	// Planner makes plans of requests; needed where extracts are asked for.
	Planner Planner
	// Attachments keeps the documents of applications; without it none can be
	// added or read.
	Attachments Attachments
	// Clock gives the moment of a command; time.Now if nil.
	Clock func() time.Time
	// OptOutFreshness is how old an opt-out list may be at the start of a run
	// and at the first download; 21 days if zero (governance §2, rule 3).
	OptOutFreshness time.Duration
}

// Jobs is the part of a River client (over database/sql) that commands use.
type Jobs interface {
	InsertTx(ctx context.Context, tx *sql.Tx, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// Service is the use cases over one store. It is safe for concurrent use.
type Service struct {
	db          *sql.DB
	jobs        Jobs
	planner     Planner
	clock       func() time.Time
	attachments Attachments
	fresh       time.Duration
	summaries   summaries
	projection  *projection
	derived     derived
}

// New makes a Service.
func New(config Config) *Service {
	s := &Service{db: config.DB, jobs: config.Jobs, planner: config.Planner, attachments: config.Attachments, clock: config.Clock, fresh: config.OptOutFreshness, projection: newProjection()}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.fresh == 0 {
		s.fresh = 21 * 24 * time.Hour
	}
	return s
}

// DB is the database underneath, for reads that need no record, such as those
// of the ledger.
func (s *Service) DB() *sql.DB { return s.db }

// Read is a client for reads of transports: ent's policies scope them by the
// actor in the context.
func (s *Service) Read() *ent.Client { return client(s.db) }

// work is one command: its transaction, its actor and its one moment.
type work struct {
	*ent.Client
	tx    *sql.Tx
	conn  *sql.Conn // on which tx is; nil where nothing may be written
	actor access.Actor
	now   time.Time
	cases map[uuid.UUID]*gateFacts // what the gate is shown of versions, read once

	held    map[*register.Entry][]heldText // what the privacy scan found in entries, scanned once
	cleared map[clearance]bool             // texts that a person has looked at before they are entered
}

// client is an ent client over a database or over a transaction.
func client(conn entsql.ExecQuerier) *ent.Client {
	return ent.NewClient(ent.Driver(within{entsql.NewDriver(dialect.Postgres, entsql.Conn{ExecQuerier: conn})}))
}

// within is a driver whose transactions are the one that it stands in: ent
// begins one for an update with several statements.
type within struct{ dialect.Driver }

func (w within) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(w.Driver), nil }

// seeAll lets a command see every record, once its actor has been checked.
func seeAll(ctx context.Context) context.Context {
	return privacy.DecisionContext(ctx, privacy.Allow)
}

// write runs a command in one transaction. Its context sees every record, so
// the caller has checked the actor. What it returns becomes a fault where the
// database says which constraint was broken.
func (s *Service) write(ctx context.Context, actor access.Actor, command func(context.Context, *work) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	who := actor.System
	if actor.PersonID != uuid.Nil {
		who = actor.PersonID.String()
	}
	if _, err := tx.ExecContext(ctx, `select set_config('registrar.actor', $1, true)`, who); err != nil {
		return fmt.Errorf("naming the actor: %w", err)
	}
	w := &work{Client: client(tx), tx: tx, conn: conn, actor: actor, now: s.clock().UTC().Truncate(time.Microsecond)}
	if err := command(seeAll(ctx), w); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// readAt reads as a command would, as things are seen at a moment, in a
// transaction that can change nothing.
func (s *Service) readAt(ctx context.Context, actor access.Actor, at time.Time, read func(context.Context, *work) error) (err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	return translate(read(seeAll(ctx), &work{Client: client(tx), tx: tx, actor: actor, now: at.UTC().Truncate(time.Microsecond)}))
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("rolling back: %w", err)
	}
	return nil
}

// copyRows adds rows by COPY, in the command's transaction: nothing else takes
// many of them as fast.
func (w *work) copyRows(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	return w.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, _ := next()
			return row, nil
		}))
		return err
	})
}

// translate makes a fault of what the database or ent refuses; recognised by
// SQLSTATE and constraint, never by text.
func translate(err error) error {
	var known *fault.Error
	var refused *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case ent.IsNotFound(err):
		return fault.New(fault.NotFound, "There is no such record.").Because(err)
	case errors.As(err, &refused):
		switch refused.Code {
		case "23505":
			return fault.New(fault.Conflict, "That is recorded already.").Because(err)
		case "23514", "23503", "23502":
			return fault.New(fault.Invalid, "The record breaks a rule that holds for all of its kind; check what was sent.").Because(err)
		case "22021", "22P05":
			return fault.New(fault.Invalid, "What was sent has characters in it that are no text.").Because(err)
		case "40001", "40P01":
			return fault.New(fault.Conflict, "Someone else changed the same record at the same moment; read it again and repeat.").Because(err)
		}
	}
	return err
}

// event writes who did what to what. Every command ends with one.
func (w *work) event(ctx context.Context, command, subject, reason string, detail map[string]any) error {
	create := w.Event.Create().SetAt(w.now).SetCommand(command).SetSubject(subject).SetReason(reason).SetDetail(detail)
	if w.actor.PersonID != uuid.Nil {
		create.SetPersonID(w.actor.PersonID)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("writing the event %s: %w", command, err)
	}
	return nil
}
