package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Edition is a published month of a register: ours, or one imported from a
// workbook.
type Edition struct{ ent.Schema }

func (Edition) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, published{}} }

func (Edition) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (Edition) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").Immutable(),
		field.String("publisher").Immutable(),
		field.String("layout").Immutable().Comment("which published layout, as release/register/layout names it"),
		date("period_from"), date("period_to"),
		field.String("file_name").Immutable(),
		field.String("file_sha256").Unique().Immutable(),
		field.JSON("report", map[string]any{}).Optional().Immutable().Comment("what the import normalised and doubted"),
	}
}

func (Edition) Edges() []ent.Edge {
	return []ent.Edge{edge.To("entries", Entry.Type), edge.To("source_rows", SourceRow.Type)}
}

// Entry is one public, numbered, unchangeable record of the register. Its
// number is its leaf's index in the log plus one. Texts and names stand in
// EntryText, so that they can be erased by law while the log still verifies.
type Entry struct{ ent.Schema }

func (Entry) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (Entry) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.Skip(),
		check("entry_number_positive", "id > 0"),
		check("entry_correction_names_its_entry", "(kind in ('correction','withdrawal','tombstone')) = (about is not null)"),
	}
}

func (Entry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().Comment("the entry's number; without gaps"),
		field.Enum("kind").GoType(register.Kind("")).Immutable(),
		field.Time("recorded_at").Immutable(),
		field.Int64("about").Optional().Nillable().Immutable().Comment("the entry corrected, withdrawn or erased"),
		field.Bool("late").Default(false).Immutable().Comment("recorded after the event's month was published"),
		optionalDate("event_from"), optionalDate("event_to"),
		field.String("source_id").Default("").Immutable().Comment("RowID or File Reference in the edition"),
		field.String("reference").Default("").Immutable().Comment("agreement reference, canonical, with version where known"),
		field.String("stem").Default("").Immutable(),
		field.String("version").Default("").Immutable(),
		field.String("organisation").Default("").Immutable().Comment("slug"),
		field.String("dataset").Default("").Immutable().Comment("code"),
		field.Enum("type_of_data").GoType(terms.TypeOfData("")).Default(string(terms.TypeNotRecorded)).Immutable(),
		field.Enum("sensitivity").GoType(terms.Sensitivity("")).Default(string(terms.SensitivityNotRecorded)).Immutable(),
		field.Enum("power").GoType(terms.Power("")).Default(string(terms.PowerNotRecorded)).Immutable(),
		field.JSON("routes", []terms.Route{}).Optional().Immutable(),
		field.Enum("opt_out").GoType(terms.OptOut("")).Default(string(terms.OptOutNotRecorded)).Immutable(),
		field.Enum("frequency").GoType(terms.Frequency("")).Default(string(terms.FrequencyNotRecorded)).Immutable(),
		field.String("organisation_type").Default("").Immutable(),
		field.String("rows_band").Default("").Immutable().Comment("banded row count of a release of ours"),
		field.JSON("files", []register.File{}).Optional().Immutable().Comment("digest of each encrypted file of a release of ours"),
		field.Bytes("leaf").Immutable().Comment("the canonical JSON in the log; at most 65,535 bytes"),
	}
}

func (Entry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("edition", Edition.Type).Ref("entries").Unique().Immutable(),
		edge.To("texts", EntryText.Type),
	}
}

func (Entry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("stem"), index.Fields("organisation"), index.Fields("dataset"), index.Fields("kind"),
		index.Fields("source_id").Edges("edition"),
		index.Fields("about"),
	}
}

// EntryText is a free text or name of an entry with the salt of its commitment
// in the leaf.
type EntryText struct{ ent.Schema }

func (EntryText) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (EntryText) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (EntryText) Fields() []ent.Field {
	return []ent.Field{
		field.String("field").Immutable().Comment("organisation, dataset, title, objective, …"),
		field.Text("text").Immutable(),
		field.Bytes("salt").Immutable().Comment("32 bytes"),
	}
}

func (EntryText) Edges() []ent.Edge {
	return []ent.Edge{edge.From("entry", Entry.Type).Ref("texts").Unique().Required().Immutable()}
}

func (EntryText) Indexes() []ent.Index {
	return []ent.Index{index.Fields("field").Edges("entry").Unique()}
}

// SourceRow is one row of an imported file, every cell as it stood.
type SourceRow struct{ ent.Schema }

func (SourceRow) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (SourceRow) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (SourceRow) Fields() []ent.Field {
	return []ent.Field{
		field.String("sheet").Immutable(),
		field.Int("sheet_index").Immutable(),
		field.Int("line").Immutable().Comment("the row's number in the sheet, from 1"),
		field.JSON("cells", []string{}).Immutable(),
		field.Int64("entry_number").Optional().Nillable().Immutable(),
	}
}

func (SourceRow) Edges() []ent.Edge {
	return []ent.Edge{edge.From("edition", Edition.Type).Ref("source_rows").Unique().Required().Immutable()}
}

func (SourceRow) Indexes() []ent.Index {
	return []ent.Index{index.Fields("sheet", "line").Edges("edition").Unique(), index.Fields("entry_number")}
}
