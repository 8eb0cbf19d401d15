package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/register"
)

// What the body's people do before something is public: decide about texts that
// the privacy scan found something in, about names that look alike, and about
// editions that are yet to be imported.

// WithheldText is a text of an entry, or a cell of a row that became none, in
// which the privacy scan found something. Its words stand in WithheldContent
// until a person has decided.
type WithheldText struct{ ent.Schema }

func (WithheldText) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (WithheldText) Annotations() []schema.Annotation {
	return []schema.Annotation{check("withheld_text_of_one_thing", "(entry_number is null) = (field = '') and (entry_number is not null or (edition_id is not null and sheet is not null and line is not null and \"column\" is not null))")}
}

func (WithheldText) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("entry_number").Optional().Nillable().Immutable(),
		field.String("field").Default("").Immutable().Comment("of the entry"),
		field.UUID("edition_id", uuidType).Optional().Nillable().Immutable(),
		field.Int("sheet").Optional().Nillable().Immutable(),
		field.Int("line").Optional().Nillable().Immutable(),
		field.Int("column").Optional().Nillable().Immutable(),
		field.UUID("written_by", uuidType).Optional().Nillable().Immutable().Comment("whoever entered or imported the words; null of a machine"),
		field.JSON("findings", []map[string]any{}).Immutable().Comment("kind, from, to and why, of release/privacy"),
	}
}

func (WithheldText) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("content", WithheldContent.Type).Unique(),
		edge.To("decision", WithheldDecision.Type).Unique(),
	}
}

func (WithheldText) Indexes() []ent.Index {
	return []ent.Index{index.Fields("entry_number", "field"), index.Fields("edition_id", "sheet", "line", "column")}
}

// WithheldContent is the words of a withheld text and the salt of its
// commitment. It goes with the decision, and no history keeps it.
type WithheldContent struct{ ent.Schema }

func (WithheldContent) Mixin() []ent.Mixin { return []ent.Mixin{internal{}} }

func (WithheldContent) Fields() []ent.Field {
	return []ent.Field{
		field.Text("text").Immutable(),
		field.Bytes("salt").Optional().Immutable().Comment("of an entry's text"),
	}
}

func (WithheldContent) Edges() []ent.Edge {
	return []ent.Edge{edge.From("withheld", WithheldText.Type).Ref("content").Unique().Required().Immutable()}
}

// WithheldDecision is what a person decided about a withheld text, once.
type WithheldDecision struct{ ent.Schema }

func (WithheldDecision) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (WithheldDecision) Annotations() []schema.Annotation {
	return []schema.Annotation{check("withheld_decision_known", "decision in ('publish','erase') and reason <> ''")}
}

func (WithheldDecision) Fields() []ent.Field {
	return []ent.Field{
		field.String("decision").Immutable().Comment("publish or erase"),
		field.Text("reason").Immutable(),
		field.UUID("decided_by", uuidType).Optional().Nillable().Immutable(),
		field.Int64("tombstone").Optional().Nillable().Immutable().Comment("the entry that tells of the erasure"),
	}
}

func (WithheldDecision) Edges() []ent.Edge {
	return []ent.Edge{edge.From("withheld", WithheldText.Type).Ref("decision").Unique().Required().Immutable()}
}

// TextClearance is a person's word that a text of a version may be published
// although the privacy scan found something in it. It is for these words: a
// change of them needs another.
type TextClearance struct{ ent.Schema }

func (TextClearance) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (TextClearance) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("version_id", uuidType).Immutable(),
		field.String("field").Immutable(),
		field.String("text_sha256").Immutable(),
		field.JSON("findings", []map[string]any{}).Immutable(),
		field.Text("reason").Immutable(),
		field.UUID("cleared_by", uuidType).Optional().Nillable().Immutable(),
	}
}

func (TextClearance) Indexes() []ent.Index {
	return []ent.Index{index.Fields("version_id", "field", "text_sha256").Unique()}
}

// Match is a published name that looks like a recorded one without being it by
// its letters. Nothing is merged before a person has decided.
type Match struct{ ent.Schema }

func (Match) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (Match) Annotations() []schema.Annotation {
	return []schema.Annotation{
		check("match_kind_known", "kind in ('organisation','dataset','reference')"),
		check("match_decision_known", "decision in ('','same','different') and (decision = '') = (decided_at is null)"),
	}
}

func (Match) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").Immutable(),
		field.String("name").Immutable().Comment("as published"),
		field.String("name_id").Immutable().Comment("slug, code or reference that it has now"),
		field.String("candidate").Immutable().Comment("slug, code or stem that it may be"),
		field.String("candidate_name").Default("").Immutable(),
		field.Text("why").Immutable().Comment("what is alike"),
		field.Float("likeness").Default(0).Immutable(),
		field.UUID("edition_id", uuidType).Optional().Nillable().Immutable(),
		field.String("decision").Default(""),
		field.Text("reason").Default(""),
		field.UUID("decided_by", uuidType).Optional().Nillable(),
		field.Time("decided_at").Optional().Nillable(),
		field.Int64("succession").Optional().Nillable().Comment("the entry that tells of it"),
	}
}

func (Match) Indexes() []ent.Index {
	return []ent.Index{index.Fields("kind", "name_id", "candidate").Unique()}
}

// EditionDraft is a file of an edition that was tried and not imported yet. Its
// content stands in the attachment store, under its digest.
type EditionDraft struct{ ent.Schema }

func (EditionDraft) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (EditionDraft) Fields() []ent.Field {
	return []ent.Field{
		field.String("file_name").Immutable(),
		field.String("file_sha256").Immutable(),
		field.Int64("size").Immutable(),
		optionalDate("period_from"), optionalDate("period_to"),
		field.UUID("uploaded_by", uuidType).Optional().Nillable().Immutable(),
		field.JSON("report", register.Report{}).Optional().Comment("of the dry run"),
		field.Time("imported_at").Optional().Nillable(),
		field.Time("dropped_at").Optional().Nillable(),
	}
}

func (EditionDraft) Indexes() []ent.Index { return []ent.Index{index.Fields("file_sha256")} }
