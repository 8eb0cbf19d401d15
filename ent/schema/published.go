package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
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
		field.JSON("form", register.Form{}).Optional().Immutable().Comment("how the file was written"),
		field.Bool("ours").Default(false).Immutable().Comment("a month that was closed here; the digest is that of its file"),
		field.Int64("first_entry").Optional().Nillable().Immutable(), field.Int64("last_entry").Optional().Nillable().Immutable(),
		field.Text("checkpoint").Default("").Immutable().Comment("the log's signed note when the month was closed"),
		field.JSON("figures", map[string]any{}).Optional().Immutable().Comment("unnamed counts: requests refused and withdrawn, turnaround, waivers"),
	}
}

func (Edition) Indexes() []ent.Index {
	return []ent.Index{index.Fields("period_from", "publisher")}
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
		check("entry_correction_says_of_what", "(kind = 'correction') = (corrects in ('release','agreement')) and corrects in ('','release','agreement')"),
		check("entry_succession_has_its_relation", "(kind = 'succession') = (relation is not null)"),
		check("entry_channel_known", "channel in ('','file','system_access')"),
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
		field.String("row_key").Default("").Immutable().Comment("what a published row keeps through the editions that repeat it"),
		field.Int("sheet").Optional().Nillable().Immutable().Comment("of the row in its edition, from 0"),
		field.Int("line").Optional().Nillable().Immutable().Comment("of the row in its sheet, from 1"),
		field.String("channel").Default("").Immutable(),
		optionalDate("starts"), optionalDate("ends"),
		field.Enum("controllership").GoType(terms.Controllership("")).Default(string(terms.ControllershipNotRecorded)).Immutable(),
		field.Enum("sub_licensing").GoType(terms.Answer("")).Default(string(terms.AnswerNotRecorded)).Immutable(),
		field.Enum("commercial").GoType(terms.Answer("")).Default(string(terms.AnswerNotRecorded)).Immutable(),
		field.JSON("lines", []register.Line{}).Optional().Immutable().Comment("datasets of an agreement"),
		field.JSON("support", []register.Support{}).Optional().Immutable().Comment("what its confidentiality routes rest on"),
		field.String("corrects").Default("").Immutable().Comment("kind of the entry that a correction is about"),
		field.Enum("relation").GoType(terms.Relation("")).Optional().Nillable().Immutable().Comment("of a succession"),
		field.String("successor").Default("").Immutable().Comment("slug"),
		field.String("successor_dataset").Default("").Immutable().Comment("code"),
		field.JSON("fields", []register.Field{}).Optional().Immutable().Comment("texts that a tombstone says were erased"),
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
		index.Edges("edition"),
		index.Fields("about").Annotations(entsql.IndexWhere("about is not null")),
		index.Fields("recorded_at"),
		index.Fields("row_key").Annotations(entsql.IndexWhere("row_key <> ''")),
		index.Fields("kind", "organisation").Annotations(entsql.IndexWhere("kind = 'succession'")),
	}
}

// EntryText is a free text or name of an entry with the salt of its commitment
// in the leaf.
type EntryText struct{ ent.Schema }

func (EntryText) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (EntryText) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (EntryText) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("entry_id").StorageKey("entry_texts").Immutable(),
		field.String("field").Immutable().Comment("organisation, dataset, title, objective, …"),
		field.Text("text").Immutable(),
		field.Bytes("salt").Immutable().Comment("32 bytes"),
	}
}

func (EntryText) Edges() []ent.Edge {
	return []ent.Edge{edge.From("entry", Entry.Type).Ref("texts").Field("entry_id").Unique().Required().Immutable()}
}

func (EntryText) Indexes() []ent.Index {
	return []ent.Index{index.Fields("entry_id", "field").Unique()}
}

// SourceRow is one row of an imported file, every cell as it stood.
type SourceRow struct{ ent.Schema }

func (SourceRow) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (SourceRow) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (SourceRow) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("edition_id", uuidType).StorageKey("edition_source_rows").Immutable(),
		field.String("sheet").Immutable(),
		field.Int("sheet_index").Immutable(),
		field.Int("line").Immutable().Comment("the row's number in the sheet, from 1"),
		field.JSON("cells", []*string{}).Immutable().Comment("null where the cell is a text of the entry, or stands in source_cells, or is withheld"),
		field.JSON("texts", map[int]register.Field{}).Optional().Immutable().Comment("which column, from 1, is which text of the entry"),
		field.Int64("entry_number").Optional().Nillable().Immutable().Comment("the entry that the row became, or repeats"),
	}
}

func (SourceRow) Edges() []ent.Edge {
	return []ent.Edge{edge.From("edition", Edition.Type).Ref("source_rows").Field("edition_id").Unique().Required().Immutable()}
}

func (SourceRow) Indexes() []ent.Index {
	return []ent.Index{index.Fields("edition_id", "sheet_index", "line").Unique(), index.Fields("entry_number")}
}

// SourceCell is a cell of a row that became no entry, published after a person
// had looked at it.
type SourceCell struct{ ent.Schema }

func (SourceCell) Mixin() []ent.Mixin { return []ent.Mixin{published{}} }

func (SourceCell) Annotations() []schema.Annotation { return []schema.Annotation{entgql.Skip()} }

func (SourceCell) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("edition_id", uuidType).Immutable(),
		field.Int("sheet").Immutable().Comment("from 0"),
		field.Int("line").Immutable().Comment("from 1"),
		field.Int("column").Immutable().Comment("from 1"),
		field.Text("text").Immutable(),
	}
}

func (SourceCell) Indexes() []ent.Index {
	return []ent.Index{index.Fields("edition_id", "sheet", "line", "column").Unique()}
}
