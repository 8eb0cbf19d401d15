package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/terms"
)

// Hold stops every release and download at once: under an agreement, one line
// of it, or every agreement of an organisation. One person sets it, two lift
// it.
type Hold struct{ ent.Schema }

func (Hold) Annotations() []schema.Annotation {
	return []schema.Annotation{check("hold_of_one", "num_nonnulls(agreement_holds, organisation_holds) = 1")}
}

func (Hold) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Hold) Fields() []ent.Field {
	return []ent.Field{
		text("reason"), field.Int("line").Default(0).Comment("number of a dataset line; 0: every line"),
		field.JSON("datasets", []string{}).Optional().Immutable().Comment("codes of what the line was when it was named: lines are numbered anew by amendments"),
		field.UUID("set_by", uuidType).Immutable(), field.Time("lifted_at").Optional().Nillable(),
	}
}

func (Hold) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("agreement", Agreement.Type).Ref("holds").Unique(),
		edge.From("organisation", Organisation.Type).Ref("holds").Unique(),
		edge.From("incident", Incident.Type).Ref("holds").Unique(),
		edge.To("lifts", HoldLift.Type),
	}
}

// HoldLift is one person's word that a hold may be lifted.
type HoldLift struct{ ent.Schema }

func (HoldLift) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (HoldLift) Fields() []ent.Field {
	return []ent.Field{field.UUID("person_id", uuidType).Immutable(), text("reason")}
}

func (HoldLift) Edges() []ent.Edge {
	return []ent.Edge{edge.From("hold", Hold.Type).Ref("lifts").Unique().Required().Immutable()}
}

func (HoldLift) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id").Edges("hold").Unique()}
}

// Incident is a suspicion or breach. It puts a hold on what it concerns; while
// only suspected it is not public.
type Incident struct{ ent.Schema }

func (Incident) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Incident) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("incidents"),
		check("incident_of_one", "num_nonnulls(agreement_incidents, organisation_incidents) = 1")}
}

func (Incident) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(terms.IncidentKind("")).Annotations(entgql.Type("IncidentKind")),
		field.Enum("status").GoType(terms.IncidentStatus("")).Annotations(entgql.Type("IncidentStatus")),
		field.Int("line").Default(0).Comment("number of a dataset line; 0: the whole"),
		field.JSON("datasets", []string{}).Optional().Immutable().Comment("codes of what the line was when it was named: lines are numbered anew by amendments"),
		text("description"), text("finding"),
		field.Time("aware_at").Comment("when the body came to know"), field.Time("reported_at").Optional().Nillable().Comment("to the Information Commissioner"),
		field.UUID("opened_by", uuidType).Immutable(),
	}
}

func (Incident) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("agreement", Agreement.Type).Ref("incidents").Unique(),
		edge.From("organisation", Organisation.Type).Ref("incidents").Unique(),
		edge.To("holds", Hold.Type),
	}
}

// Derogation is the SIRO's waiver of a policy rule for an agreement: with a
// reason and an end, and in force only once a second person has confirmed it.
type Derogation struct{ ent.Schema }

func (Derogation) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Derogation) Fields() []ent.Field {
	return []ent.Field{
		field.String("rule").Immutable().Comment("id of a gate rule of the class policy"),
		field.Int("line").Default(0).Immutable().Comment("number of a dataset line; 0: every line"),
		field.JSON("datasets", []string{}).Optional().Immutable().Comment("codes of what the line was when it was named: lines are numbered anew by amendments"),
		text("reason"), date("starts"), date("ends"),
		field.UUID("given_by", uuidType).Immutable(), field.UUID("confirmed_by", uuidType).Optional().Nillable(),
		field.Time("confirmed_at").Optional().Nillable(), field.Time("revoked_at").Optional().Nillable(),
	}
}

func (Derogation) Edges() []ent.Edge {
	return []ent.Edge{edge.From("agreement", Agreement.Type).Ref("derogations").Unique().Required().Immutable()}
}

// WarningAcceptance is one person's word that a warning of the gate about an
// extract is accepted, with the evidence that it stood on. Other evidence asks
// for another word.
type WarningAcceptance struct{ ent.Schema }

func (WarningAcceptance) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (WarningAcceptance) Fields() []ent.Field {
	return []ent.Field{
		field.String("rule").Immutable(), field.Int("line").Immutable(), field.Text("evidence").Immutable(),
		field.Text("reason").Immutable(), field.UUID("person_id", uuidType).Immutable(),
	}
}

func (WarningAcceptance) Edges() []ent.Edge {
	return []ent.Edge{edge.From("extract", Extract.Type).Ref("accepted").Unique().Required().Immutable()}
}
