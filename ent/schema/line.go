package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/terms"
)

// DatasetLine is one dataset in one version. Power, route, type of data and
// opt-outs belong here, for real agreements mix them.
type DatasetLine struct{ ent.Schema }

func (DatasetLine) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (DatasetLine) Fields() []ent.Field {
	return []ent.Field{
		field.Int("number"),
		field.String("dataset").Comment("code"),
		field.String("dataset_name"),
		field.String("discloser").Default(""),
		field.String("site").Default(""),
		field.Enum("type_of_data").GoType(terms.TypeOfData("")).Annotations(entgql.Type("TypeOfData")),
		field.Enum("sensitivity").GoType(terms.Sensitivity("")).Annotations(entgql.Type("Sensitivity")),
		field.Enum("power").GoType(terms.Power("")).Annotations(entgql.Type("Power")),
		field.Enum("route").GoType(terms.Route("")).Annotations(entgql.Type("Route")),
		field.Enum("opt_out").GoType(terms.OptOut("")).Annotations(entgql.Type("OptOut")),
		field.Enum("unchecked").GoType(terms.UncheckedRows("")).Annotations(entgql.Type("UncheckedRows")),
		field.Enum("frequency").GoType(terms.Frequency("")).Annotations(entgql.Type("Frequency")),
		field.Enum("channel").GoType(terms.Channel("")).Annotations(entgql.Type("Channel")),
		field.JSON("periods", []terms.Period{}).Optional().Annotations(entgql.Skip()),
		field.JSON("fields", []string{}).Optional(),
		field.JSON("population", []terms.Filter{}).Optional().Annotations(entgql.Skip()),
		field.JSON("purposes", []terms.Purpose{}).Optional(),
		field.JSON("article6", []string{}).Optional(),
		field.JSON("article9", []string{}).Optional(),
		field.String("segment").Default("").Comment("segregated purpose; part of the key domain"),
		field.String("output_rule").Default(""),
		text("linkage"), field.JSON("linked_with", []string{}).Optional().Comment("codes of datasets"),
		field.String("depends_on").Default("").Comment("stem of an agreement that must be live too"),
		field.String("cohort").Default("").Comment("name of the agreement's cohort that it is limited to"),
		field.Bool("study_id").Default(false).Comment("the output carries an id that a cohort's holder gave"),
		field.Bool("final_data").Default(false).Comment("only complete submissions"),
		field.String("recipient_function").Default("").Comment("Act and section, under s261(5)(d)"),
		field.String("commercial").Default("").Comment("no, yes or solely"),
	}
}

func (DatasetLine) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("lines").Unique().Required()}
}

func (DatasetLine) Indexes() []ent.Index {
	return []ent.Index{index.Fields("number").Edges("version").Unique(), byVersion}
}
