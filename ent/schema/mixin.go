// Package schema holds the records: their columns, constraints and read
// policies. What must hold even if Go is wrong is a named CHECK, a UNIQUE
// index, or a trigger in migrations.
package schema

import (
	"context"
	"strings"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/privacy"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// identified gives a record a time-ordered UUID and the moment of its making.
type identified struct{ mixin.Schema }

func (identified) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(func() uuid.UUID { return uuid.Must(uuid.NewV7()) }).Immutable(),
		field.Time("created_at").Default(time.Now).Immutable(),
	}
}

// published records may be read by anyone. Commands write under
// privacy.Allow; nothing else may.
type published struct{ mixin.Schema }

func (published) Policy() ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{privacy.AlwaysAllowRule()},
		Mutation: privacy.MutationPolicy{privacy.AlwaysDenyRule()},
	}
}

// staff records may be read by people of the body and its auditors. Recipients
// and applicants read their own through package release, which scopes them.
type staff struct{ mixin.Schema }

func (staff) Policy() ent.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{
			privacy.ContextQueryMutationRule(func(ctx context.Context) error {
				actor, ok := access.From(ctx)
				if ok && access.Check(actor, access.ReadAgreements) == nil {
					return privacy.Allow
				}
				return privacy.Skip
			}),
			privacy.AlwaysDenyRule(),
		},
		Mutation: privacy.MutationPolicy{privacy.AlwaysDenyRule()},
	}
}

// internal records are read and written by commands alone.
type internal struct{ mixin.Schema }

func (internal) Policy() ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{privacy.AlwaysDenyRule()},
		Mutation: privacy.MutationPolicy{privacy.AlwaysDenyRule()},
	}
}

func (internal) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

// date is a civil date of Europe/London, a PostgreSQL date; optionalDate may be
// absent, which means "not recorded".
func date(name string) ent.Field {
	return field.Other(name, terms.Date{}).SchemaType(dateColumn).Annotations(entgql.Type("Date"))
}

func optionalDate(name string, comment ...string) ent.Field {
	return field.Other(name, terms.Date{}).SchemaType(dateColumn).Optional().Nillable().Annotations(entgql.Type("Date")).Comment(strings.Join(comment, "; "))
}

var dateColumn = map[string]string{dialect.Postgres: "date"}

// text is free text of any length: PostgreSQL text, never cut.
func text(name string, comment ...string) ent.Field {
	return field.Text(name).Default("").Comment(strings.Join(comment, "; "))
}

// check names a constraint of the table.
func check(name, expression string) schema.Annotation {
	return &entsql.Annotation{Checks: map[string]string{name: expression}}
}

// byVersion finds the parts of a version: unique indexes that name the version
// last do not.
var byVersion = index.Edges("version")
