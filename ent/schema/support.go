package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/terms"
)

// Approval is a decision of another body that a line rests on, such as section
// 251 support (CAG …).
type Approval struct{ ent.Schema }

func (Approval) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Approval) Fields() []ent.Field {
	return []ent.Field{
		field.String("reference"), field.String("decision_maker"), field.String("regulation"),
		field.JSON("datasets", []string{}).Comment("codes covered"),
		field.JSON("flows", []string{}).Comment("in, out, hold"),
		field.JSON("identifiers", []string{}).Optional(),
		field.Bool("opt_outs_apply"),
		date("starts"), date("ends"),
		text("scope", "in words, as the letter has it"), text("conditions"),
		field.JSON("controllers", []string{}).Optional().Comment("slugs; none: all of the version"),
		field.JSON("processors", []string{}).Optional().Comment("slugs; none: all of the version"),
		field.String("ethics_reference").Default(""), optionalDate("annual_review"),
		field.Enum("territory").GoType(terms.Territory("")).Default(string(terms.EnglandWales)).Annotations(entgql.Type("Territory")),
	}
}

func (Approval) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("approvals").Unique().Required()}
}

func (Approval) Indexes() []ent.Index { return []ent.Index{byVersion} }

// CohortVersion is one list of the people of an agreement's cohort, as its
// supplier sent it. A later list replaces it; none is changed.
type CohortVersion struct{ ent.Schema }

func (CohortVersion) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (CohortVersion) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Immutable(), field.Int("number").Immutable().Comment("from 1"),
		field.String("supplier").Immutable(), date("as_of"),
		field.Int("people").NonNegative().Immutable(), optionalDate("destroy_by"),
	}
}

func (CohortVersion) Edges() []ent.Edge {
	return []ent.Edge{edge.From("agreement", Agreement.Type).Ref("cohorts").Unique().Required().Immutable()}
}

func (CohortVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name", "number").Edges("agreement").Unique()}
}

// CohortWithdrawal records that people of a cohort took their consent back.
// Who they are is only in the cohort's own files.
type CohortWithdrawal struct{ ent.Schema }

func (CohortWithdrawal) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (CohortWithdrawal) Fields() []ent.Field {
	return []ent.Field{field.String("name").Immutable(), date("on"), field.Int("people").Positive().Immutable()}
}

func (CohortWithdrawal) Edges() []ent.Edge {
	return []ent.Edge{edge.From("agreement", Agreement.Type).Ref("withdrawals").Unique().Required().Immutable()}
}

// ConsentMaterial is a form or leaflet by which a cohort consented, reviewed
// against what the agreement wants to do.
type ConsentMaterial struct{ ent.Schema }

func (ConsentMaterial) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (ConsentMaterial) Fields() []ent.Field {
	return []ent.Field{
		field.String("title"), field.String("form_version").Default(""), field.String("cohort").Comment("name of the cohort"),
		optionalDate("used_from"), optionalDate("used_to"),
		field.Enum("outcome").Values("not_reviewed", "compatible", "compatible_with_notice", "not_compatible").Default("not_reviewed"),
		optionalDate("reviewed_on"), text("finding"),
	}
}

func (ConsentMaterial) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("consent_materials").Unique().Required()}
}

func (ConsentMaterial) Indexes() []ent.Index { return []ent.Index{byVersion} }

// SubLicence is somebody to whom a version's recipient passes data on (DARS
// standard 10).
type SubLicence struct{ ent.Schema }

func (SubLicence) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (SubLicence) Fields() []ent.Field {
	return []ent.Field{field.String("sub_licensee"), text("purpose"), date("starts"), date("ends")}
}

func (SubLicence) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("sub_licences").Unique().Required()}
}

func (SubLicence) Indexes() []ent.Index { return []ent.Index{byVersion} }
