package schema

import (
	"encoding/json"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/terms"
)

// Review is the outcome of one review by its route.
type Review struct{ ent.Schema }

func (Review) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Review) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("route").GoType(terms.ReviewRoute("")).Annotations(entgql.Type("ReviewRoute")),
		field.Enum("outcome").Values("recommended", "deferred", "not_recommended", "returned"),
		text("advice"), field.String("adviser").Default("").Comment("the group that advised, such as the Advisory Group for Data"),
		field.String("precedent").Default("").Comment("reference of the agreement that this one follows"),
		field.JSON("checklist", []string{}).Optional().Comment("what was checked, and met"),
		optionalDate("review_due", "of an urgent approval"),
		field.UUID("reviewer_id", uuidType).Immutable(),
		field.String("terms_sha256").Default("").Immutable().Comment("digest of the terms that were reviewed, without the conditions"),
	}
}

func (Review) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("reviews").Unique().Required()}
}

func (Review) Indexes() []ent.Index { return []ent.Index{byVersion} }

// Condition is a special condition on a version.
type Condition struct{ ent.Schema }

func (Condition) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Condition) Fields() []ent.Field {
	return []ent.Field{
		text("text"),
		field.Int("number").Default(0).Comment("as the source counts it"),
		field.Enum("kind").Values("precedent", "continuing", "action"),
		field.JSON("owners", []string{}).Optional().Comment("who is responsible, in words or roles"),
		field.String("due_words").Default("").Comment("where the source gives no date: before the end of February"),
		field.String("page").Default("").Comment("of the source"),
		field.String("code").Default("").Comment("what the gate reads it as, such as separate_holders"),
		optionalDate("due"),
		field.Time("met_at").Optional().Nillable(),
		text("evidence"), field.UUID("met_by", uuidType).Optional().Nillable(),
	}
}

func (Condition) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("conditions").Unique().Required()}
}

func (Condition) Indexes() []ent.Index { return []ent.Index{byVersion} }

// Signature is the recorded act of signing the exact terms.
type Signature struct{ ent.Schema }

func (Signature) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Signature) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("person_id", uuidType).Immutable(),
		field.String("organisation").Immutable().Comment("slug"),
		field.String("capacity").Immutable().Comment("controller or discloser"),
		field.String("terms_sha256").Immutable(),
		field.Time("logged_in_at").Immutable().Comment("the fresh log-in that the signature rests on"),
	}
}

func (Signature) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("signatures").Unique().Required().Immutable()}
}

func (Signature) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organisation", "capacity").Edges("version").Unique(), byVersion}
}

// Stage is a step of a version's way: the state that it came to, when, and by
// whom. Stage clocks count from these.
type Stage struct{ ent.Schema }

func (Stage) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Stage) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").GoType(terms.VersionState("")).Immutable().Annotations(entgql.Type("VersionState")),
		field.Time("at").Immutable(), field.UUID("person_id", uuidType).Optional().Nillable().Immutable(),
		field.Text("note").Default("").Immutable(),
	}
}

func (Stage) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("stages").Unique().Required().Immutable()}
}

func (Stage) Indexes() []ent.Index { return []ent.Index{byVersion} }

// Attachment is a document that belongs to a version: its content stands in
// the attachment store under its digest. A later one may replace it; the old
// one stays.
type Attachment struct{ ent.Schema }

func (Attachment) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		field.String("step").Immutable().Comment("step of the form that it belongs to"),
		field.String("name").Immutable(), field.String("media_type").Immutable(), field.Int64("size").Immutable(),
		field.String("sha256").Immutable(), field.UUID("uploaded_by", uuidType).Immutable(),
		field.UUID("replaces_id", uuidType).Optional().Nillable().Immutable(),
		field.Time("withdrawn_at").Optional().Nillable(),
	}
}

func (Attachment) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("attachments").Unique().Required().Immutable()}
}

func (Attachment) Indexes() []ent.Index { return []ent.Index{byVersion} }

// Template holds answers that agreements of one class have in common, for
// taking on many of them.
type Template struct{ ent.Schema }

func (Template) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Template) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("templates")}
}

func (Template) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Unique(), text("description"),
		field.JSON("answers", json.RawMessage{}).Comment("sections of an application").Annotations(entgql.Skip()),
	}
}
