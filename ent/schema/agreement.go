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
		edge.To("incidents", Incident.Type),
		edge.To("derogations", Derogation.Type),
		edge.To("cohorts", CohortVersion.Type),
		edge.To("withdrawals", CohortWithdrawal.Type),
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
		field.Enum("territory").GoType(terms.Territory("")).Default(string(terms.TerritoryNotRecorded)).Annotations(entgql.Type("Territory")),
		text("article26", "arrangement between joint controllers"),
		text("legitimate_interest", "how it is met by the benefits, where Article 6(1)(f) is named"),
		text("sublicensing_terms"), text("commercial_purpose"), text("retention"),
		field.String("funder").Default(""), field.String("privacy_notice").Default("").Comment("where the public finds it"),
		field.String("dpia_reference").Default(""), field.String("ethics_reference").Default("").Comment("of a research ethics committee"),
		optionalDate("starts"), optionalDate("ends"),
		field.String("directorate").Default("").Comment("the applying directorate, where the applicant is the discloser"),
		field.String("provenance").Default("").Comment("where the record comes from, and what was added to it"),
		field.UUID("predecessor_id", uuidType).Optional().Nillable().Immutable().Comment("the version that this one follows"),
		text("change_reason", "why there is a next version; for a transfer, with its instrument"),
		field.String("instrument").Default("").Comment("of a transfer"),
		field.JSON("revisions", map[string]int{}).Optional().Comment("how often each step of the form was saved").Annotations(entgql.Skip()),
		field.Enum("review_route").GoType(terms.ReviewRoute("")).Optional().Nillable().Annotations(entgql.Type("ReviewRoute")),
		field.UUID("owner_id", uuidType).Optional().Nillable().Comment("case owner"),
		text("against_advice", "the SIRO's reason, where it was approved against advice"),
		field.Time("ended_at").Optional().Nillable(), field.UUID("ended_by", uuidType).Optional().Nillable(), text("end_reason"),
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
		edge.To("flows", DataFlow.Type),
		edge.To("licences", Licence.Type),
		edge.To("consent_materials", ConsentMaterial.Type),
		edge.To("sub_licences", SubLicence.Type),
		edge.To("stages", Stage.Type),
		edge.To("attachments", Attachment.Type),
	}
}

func (AgreementVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("number").Edges("agreement").Unique(), index.Edges("agreement"), index.Fields("state"), index.Fields("owner_id")}
}
