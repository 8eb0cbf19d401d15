package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/terms"
)

// DataFlow is one step of a version's data flows: from, through, to.
type DataFlow struct{ ent.Schema }

func (DataFlow) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (DataFlow) Fields() []ent.Field {
	return []ent.Field{
		field.Int("number"),
		field.Enum("state").GoType(terms.FlowState("")).Annotations(entgql.Type("FlowState")),
		field.JSON("flow", terms.Flow{}).Comment("the step whole").Annotations(entgql.Skip()),
	}
}

func (DataFlow) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("flows").Unique().Required()}
}

func (DataFlow) Indexes() []ent.Index {
	return []ent.Index{index.Fields("number").Edges("version").Unique(), byVersion}
}

// Licence is an allocation of a system's licences, planned and used.
type Licence struct{ ent.Schema }

func (Licence) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Licence) Fields() []ent.Field {
	return []ent.Field{
		field.String("system"), field.String("holder"),
		field.Enum("kind").GoType(terms.LicenceKind("")).Annotations(entgql.Type("LicenceKind")),
		field.Int("used").Optional().Nillable().NonNegative(), field.Int("planned").Optional().Nillable().NonNegative(),
		field.String("planned_words").Default(""), text("other_access"),
	}
}

func (Licence) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("licences").Unique().Required()}
}

func (Licence) Indexes() []ent.Index {
	return []ent.Index{index.Fields("system", "holder", "kind").Edges("version").Unique(), byVersion}
}
