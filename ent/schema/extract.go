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

// Submission is a landed feed file.
type Submission struct{ ent.Schema }

func (Submission) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Submission) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (Submission) Fields() []ent.Field {
	return []ent.Field{
		field.String("dataset"), field.String("site"), field.String("supplier"), field.String("period"),
		field.String("file_name"), field.String("sha256").Unique(),
		field.Enum("outcome").Values("accepted", "accepted_with_warnings", "refused"),
		field.Int64("rows_accepted"), field.Int64("rows_rejected"), field.Int64("rows_warned"),
		field.JSON("report", json.RawMessage{}).Optional().Comment("quality report: counts per rule, no values"),
	}
}

func (Submission) Edges() []ent.Edge { return []ent.Edge{edge.To("parts", LakePart.Type)} }

// LakePart is an immutable Parquet part of one area of the lake. A part whose
// superseded_at is empty belongs to the present snapshot.
type LakePart struct{ ent.Schema }

func (LakePart) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (LakePart) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("area").Values("identity", "activity"),
		field.String("dataset"), field.String("site"), field.String("supplier"), field.String("period"),
		field.String("key"), field.String("sha256"), field.Int64("rows"),
		field.Time("superseded_at").Optional().Nillable(),
	}
}

func (LakePart) Edges() []ent.Edge {
	return []ent.Edge{edge.From("submission", Submission.Type).Ref("parts").Unique()}
}

func (LakePart) Indexes() []ent.Index {
	return []ent.Index{index.Fields("area", "dataset", "site", "period")}
}

// OptOutList is a dated list of objections; its numbers are only in the
// identity area.
type OptOutList struct{ ent.Schema }

func (OptOutList) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (OptOutList) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (OptOutList) Fields() []ent.Field {
	return []ent.Field{
		date("as_of"), field.String("key"), field.String("sha256").Unique(), field.Int64("rows"),
		field.String("file_name").Default(""), field.String("file_sha256").Unique(),
	}
}

// Extract is a request under a version, and what became of it.
type Extract struct{ ent.Schema }

func (Extract) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Extract) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("extracts"),
		check("extract_requester_is_not_approver", "approved_by is null or approved_by <> requested_by")}
}

func (Extract) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").GoType(terms.ExtractState("")).Annotations(entgql.Type("ExtractState")),
		field.UUID("requested_by", uuidType).Immutable(),
		field.UUID("approved_by", uuidType).Optional().Nillable(),
		field.Time("approved_at").Optional().Nillable(),
		field.UUID("recipient_id", uuidType).Immutable().Comment("the organisation that receives it"),
		field.String("plan_sha256").Default("").Comment("digest over its plans; what approval approves"),
		field.Int("progress").Default(0).Comment("parts done, per cent"),
		field.String("failure").Default("").Comment("why a run failed, in words for the team"),
	}
}

func (Extract) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("version", AgreementVersion.Type).Unique().Required(),
		edge.To("plans", ExtractPlan.Type).Annotations(entgql.Skip()),
		edge.To("decisions", Decision.Type),
		edge.To("accepted", WarningAcceptance.Type),
		edge.To("releases", Release.Type).Annotations(entgql.Skip()),
	}
}

// ExtractPlan is the plan of one line of an extract, and its run.
type ExtractPlan struct{ ent.Schema }

func (ExtractPlan) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (ExtractPlan) Fields() []ent.Field {
	return []ent.Field{
		field.Int("line"),
		field.JSON("request", json.RawMessage{}).Comment("columns, periods and filters asked for"),
		field.JSON("plan", json.RawMessage{}).Comment("the plan, canonical"),
		field.String("sha256"),
		field.JSON("result", json.RawMessage{}).Optional().Comment("outputs, digests and counts of the run"),
		field.Text("manifest").Default("").Comment("signed note"),
		field.Text("recipient_manifest").Default("").Comment("signed note with small numbers suppressed"),
	}
}

func (ExtractPlan) Edges() []ent.Edge {
	return []ent.Edge{edge.From("extract", Extract.Type).Ref("plans").Unique().Required()}
}

func (ExtractPlan) Indexes() []ent.Index {
	return []ent.Index{index.Fields("line").Edges("extract").Unique()}
}

// Decision is what the gate was shown and what it found; also for refusals.
type Decision struct{ ent.Schema }

func (Decision) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Decision) Fields() []ent.Field {
	return []ent.Field{
		field.String("moment").Immutable(),
		field.Time("at").Immutable(),
		field.Int("line").Immutable(),
		field.Bool("allowed").Immutable(),
		field.Bytes("facts").Immutable().Comment("the Case, canonical JSON; replayed from here").Annotations(entgql.Skip()),
		field.JSON("findings", json.RawMessage{}).Immutable().Annotations(entgql.Skip()),
		field.String("policy_sha256").Immutable(),
		field.String("subject").Immutable().Comment("what was decided on: version, extract or file id"),
	}
}

func (Decision) Edges() []ent.Edge {
	return []ent.Edge{edge.From("extract", Extract.Type).Ref("decisions").Unique().Immutable()}
}

func (Decision) Indexes() []ent.Index { return []ent.Index{index.Fields("subject")} }

// Release is one line of one run handed over, with its public entry.
type Release struct{ ent.Schema }

func (Release) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Release) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (Release) Fields() []ent.Field {
	return []ent.Field{
		field.Int("line").Immutable(),
		field.Int64("entry_number").Unique().Immutable(),
		field.UUID("released_by", uuidType).Immutable(),
		field.UUID("decision_id", uuidType).Immutable(),
	}
}

func (Release) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("extract", Extract.Type).Ref("releases").Unique().Required().Immutable(),
		edge.To("files", File.Type),
	}
}

func (Release) Indexes() []ent.Index {
	return []ent.Index{index.Fields("line").Edges("extract").Unique()}
}

// File is one encrypted file in the delivery store.
type File struct{ ent.Schema }

func (File) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (File) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (File) Fields() []ent.Field {
	return []ent.Field{
		field.String("reference").Unique().Immutable(),
		field.String("name").Immutable(),
		field.String("key").Immutable().Sensitive().Comment("unguessable name in the delivery store"),
		field.String("sha256").Immutable().Comment("of the encrypted file"),
		field.String("plaintext_sha256").Immutable(),
		field.Int64("size").Immutable(), field.Int64("rows").Immutable(),
		field.JSON("recipient_keys", []string{}).Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("withdrawn_at").Optional().Nillable(),
	}
}

func (File) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("release", Release.Type).Ref("files").Unique().Required().Immutable(),
		edge.To("downloads", Download.Type),
	}
}

// Download is one request for a file's content, also a refused one.
type Download struct{ ent.Schema }

func (Download) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Download) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (Download) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("person_id", uuidType).Immutable(),
		field.String("purpose").Immutable().Comment("digest of the purpose acknowledged"),
		field.Enum("outcome").Values("acknowledged", "opened", "refused").Immutable(),
		field.UUID("decision_id", uuidType).Optional().Nillable().Immutable(),
		field.String("range").Default("").Immutable(),
	}
}

func (Download) Edges() []ent.Edge {
	return []ent.Edge{edge.From("file", File.Type).Ref("downloads").Unique().Required().Immutable()}
}

// Event is who did what to what, when and why. Append-only.
type Event struct{ ent.Schema }

func (Event) Mixin() []ent.Mixin { return []ent.Mixin{staff{}} }

func (Event) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.Time("at").Immutable(),
		field.UUID("person_id", uuidType).Optional().Nillable().Immutable().Comment("empty: the system itself"),
		field.String("command").Immutable(),
		field.String("subject").Immutable().Comment("what it was done to"),
		field.String("reason").Default("").Immutable(),
		field.JSON("detail", map[string]any{}).Optional().Immutable(),
	}
}

func (Event) Indexes() []ent.Index { return []ent.Index{index.Fields("subject"), index.Fields("at")} }
