package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"data.release/registrar/release/terms"
)

var uuidType = uuid.UUID{}

// Agreement is what keeps its NIC stem through all its versions.
type Agreement struct{ ent.Schema }

func (Agreement) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Agreement) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("agreements")}
}

func (Agreement) Fields() []ent.Field {
	return []ent.Field{
		field.String("stem").Unique().Immutable().Comment("NIC-nnnnnn-AAAAA, or a local reference"),
		field.Bool("local").Default(false).Immutable().Comment("a local reference that is no NIC number"),
	}
}

func (Agreement) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("applicant", Organisation.Type).Unique(),
		edge.To("versions", AgreementVersion.Type),
		edge.To("holds", Hold.Type),
	}
}

// AgreementVersion is one version of the terms. Approval freezes it: a trigger
// refuses changes of its terms after that.
type AgreementVersion struct{ ent.Schema }

func (AgreementVersion) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (AgreementVersion) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("agreementVersions"),
		check("agreement_version_term", "starts is null or ends is null or starts <= ends")}
}

func (AgreementVersion) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").Default("").Comment("vX.Y; empty: version unknown"),
		field.Int("major").Default(0), field.Int("minor").Default(0),
		field.Enum("kind").GoType(terms.VersionKind("")).Annotations(entgql.Type("VersionKind")),
		field.Enum("state").GoType(terms.VersionState("")).Annotations(entgql.Type("VersionState")),
		field.String("title").Default(""),
		text("objective"), text("processing"), text("outputs"), text("benefits"), text("yielded_benefits"),
		field.Bool("commercial").Optional().Nillable(), field.Bool("sublicensing").Optional().Nillable(),
		field.Enum("controllership").GoType(terms.Controllership("")).Annotations(entgql.Type("Controllership")),
		field.String("territory").Default(""),
		optionalDate("starts"), optionalDate("ends"),
		field.String("directorate").Default("").Comment("the applying directorate, where the applicant is the discloser"),
		field.String("provenance").Default("").Comment("where the record comes from, and what was added to it"),
		field.UUID("written_by", uuidType).Optional().Nillable(),
		field.UUID("submitted_by", uuidType).Optional().Nillable(),
		field.UUID("approved_by", uuidType).Optional().Nillable(),
		field.Time("approved_at").Optional().Nillable(),
		field.Time("issued_at").Optional().Nillable(),
		field.String("terms_sha256").Default("").Comment("digest of the canonical terms; set by approval"),
		field.Bytes("terms").Optional().Comment("the canonical terms that approval froze").Annotations(entgql.Skip()),
	}
}

func (AgreementVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("agreement", Agreement.Type).Ref("versions").Unique().Required(),
		edge.To("lines", DatasetLine.Type),
		edge.To("parties", Party.Type),
		edge.To("sites", Site.Type),
		edge.To("approvals", Approval.Type),
		edge.To("reviews", Review.Type),
		edge.To("conditions", Condition.Type),
		edge.To("signatures", Signature.Type),
	}
}

func (AgreementVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("number").Edges("agreement").Unique()}
}

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
		field.JSON("purposes", []string{}).Optional(),
		field.JSON("article6", []string{}).Optional(),
		field.JSON("article9", []string{}).Optional(),
		field.String("segment").Default("").Comment("segregated purpose; part of the key domain"),
		field.String("output_rule").Default(""),
	}
}

func (DatasetLine) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("lines").Unique().Required()}
}

func (DatasetLine) Indexes() []ent.Index {
	return []ent.Index{index.Fields("number").Edges("version").Unique()}
}

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
	}
}

func (Approval) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("approvals").Unique().Required()}
}

// Review is the outcome of one review by its route.
type Review struct{ ent.Schema }

func (Review) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Review) Fields() []ent.Field {
	return []ent.Field{
		field.String("route").Comment("full, precedent, extension, urgent"),
		field.Enum("outcome").Values("recommended", "deferred", "not_recommended", "returned"),
		text("advice"),
		field.UUID("reviewer_id", uuidType).Immutable(),
	}
}

func (Review) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("reviews").Unique().Required()}
}

// Condition is a special condition on a version.
type Condition struct{ ent.Schema }

func (Condition) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Condition) Fields() []ent.Field {
	return []ent.Field{
		text("text"),
		field.Enum("kind").Values("precedent", "continuing"),
		field.String("code").Default("").Comment("what the gate reads it as, such as separate_holders"),
		optionalDate("due"),
		field.Time("met_at").Optional().Nillable(),
		text("evidence"),
	}
}

func (Condition) Edges() []ent.Edge {
	return []ent.Edge{edge.From("version", AgreementVersion.Type).Ref("conditions").Unique().Required()}
}

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
	return []ent.Index{index.Fields("organisation", "capacity").Edges("version").Unique()}
}

// Hold stops every release and download under an agreement at once. One person
// sets it, two lift it.
type Hold struct{ ent.Schema }

func (Hold) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Hold) Fields() []ent.Field {
	return []ent.Field{text("reason"), field.UUID("set_by", uuidType).Immutable(), field.Time("lifted_at").Optional().Nillable()}
}

func (Hold) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("agreement", Agreement.Type).Ref("holds").Unique().Required(),
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
