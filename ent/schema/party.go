package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// Organisation is a legal entity that applies for, controls, processes or
// receives data, or discloses it.
type Organisation struct{ ent.Schema }

func (Organisation) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Organisation) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("organisations")}
}

func (Organisation) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").Unique().Immutable().Comment("stable public id, made from the name first seen"),
		field.String("name").NotEmpty(),
		field.String("kind").Default("").Comment("as the register has it; empty: not recorded"),
		field.String("ods_code").Optional().Nillable().Unique(),
		field.Bool("placeholder").Default(false).Comment("stands for a party that a source does not name; blocks until named"),
		field.String("contract_number").Default("").Comment("framework contract, CON-…, or MoU"),
		optionalDate("contract_from"), optionalDate("contract_to"),
		field.String("assurance_kind").Default("").Comment("DSPT, ISO 27001 or SLSP"),
		field.String("assurance_status").Default(""),
		optionalDate("assurance_to"),
		field.Bool("assurance_reviewed").Default(false),
		field.String("ico_number").Default("").Comment("data protection fee: registration"), optionalDate("ico_to"),
		field.String("ico_exemption").Default("").Comment("why no fee is due: exempt or overseas"),
		field.JSON("accreditations", []terms.Accreditation{}).Optional().Annotations(entgql.Skip()),
		optionalDate("opened"), optionalDate("closed"),
		field.String("provenance").Default("").Comment("where the facts come from; says so where a demonstration added them"),
	}
}

func (Organisation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("aliases", OrganisationAlias.Type),
		edge.To("memberships", Membership.Type).Annotations(entgql.Skip()),
		edge.To("recipient_keys", RecipientKey.Type).Annotations(entgql.Skip()),
		edge.To("holds", Hold.Type),
		edge.To("incidents", Incident.Type),
		edge.To("successors", Succession.Type),
		edge.To("predecessors", Succession.Type),
	}
}

// OrganisationAlias is another spelling or a former name.
type OrganisationAlias struct{ ent.Schema }

func (OrganisationAlias) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (OrganisationAlias) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "organisation_alias"}}
}

func (OrganisationAlias) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("key").Unique().Comment("the name normalised, as release/register does"),
		field.String("reason").Default(""),
		optionalDate("from"), optionalDate("to"),
	}
}

func (OrganisationAlias) Edges() []ent.Edge {
	return []ent.Edge{edge.From("organisation", Organisation.Type).Ref("aliases").Unique().Required()}
}

// Person is someone with a log-in. Nothing public ever names one.
type Person struct{ ent.Schema }

func (Person) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (Person) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").Default("").Comment("OIDC issuer; empty until the first log-in of someone granted by e-mail"),
		field.String("subject").Default(""),
		field.String("name"),
		field.String("email").Unique(),
	}
}

func (Person) Edges() []ent.Edge {
	return []ent.Edge{edge.To("memberships", Membership.Type)}
}

func (Person) Indexes() []ent.Index {
	return []ent.Index{index.Fields("issuer", "subject").Unique().Annotations(entsql.IndexWhere("subject <> ''"))}
}

// Membership is a role of a person in an organisation, from and to the end of
// a day. A leaver's membership ends and everything stops.
type Membership struct{ ent.Schema }

func (Membership) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (Membership) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("role").GoType(access.Role("")),
		field.String("directorate").Default("").Comment("of the discloser: nobody approves their own directorate's application"),
		date("from"), optionalDate("to"),
		field.Time("ended_at").Optional().Nillable().Comment("a leaver stops at this moment"),
		field.Enum("basis").GoType(terms.EmploymentBasis("")).Default(string(terms.Employee)),
		field.String("contract_reference").Default("").Comment("of an honorary contract"), optionalDate("contract_to"),
	}
}

func (Membership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("person", Person.Type).Ref("memberships").Unique().Required(),
		edge.From("organisation", Organisation.Type).Ref("memberships").Unique().Required(),
	}
}

// RecipientKey is an age public key to which files are encrypted.
type RecipientKey struct{ ent.Schema }

func (RecipientKey) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (RecipientKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("public_key").Unique().Comment("age1…"),
		field.UUID("person_id", uuidType).Immutable().Comment("who uploaded it"),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

func (RecipientKey) Edges() []ent.Edge {
	return []ent.Edge{edge.From("organisation", Organisation.Type).Ref("recipient_keys").Unique().Required()}
}

// Dataset is something that can be disclosed.
type Dataset struct{ ent.Schema }

func (Dataset) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Dataset) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.RelayConnection(), entgql.QueryField("datasets")}
}

func (Dataset) Fields() []ent.Field {
	return []ent.Field{
		field.String("code").Unique().Immutable(),
		field.String("name"),
		field.String("definition").Default("").Comment("code of the definition in extract/feed, where extracts can be made of it"),
	}
}

func (Dataset) Edges() []ent.Edge { return []ent.Edge{edge.To("aliases", DatasetAlias.Type)} }

// DatasetAlias is another spelling or a former name.
type DatasetAlias struct{ ent.Schema }

func (DatasetAlias) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (DatasetAlias) Fields() []ent.Field {
	return []ent.Field{field.String("name"), field.String("key").Unique()}
}

func (DatasetAlias) Edges() []ent.Edge {
	return []ent.Edge{edge.From("dataset", Dataset.Type).Ref("aliases").Unique().Required()}
}

// Site is a regional centre (DSCRO) of the discloser: a place, not a party.
type Site struct{ ent.Schema }

func (Site) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Site) Fields() []ent.Field {
	return []ent.Field{field.String("code").Unique().Immutable(), field.String("name")}
}

func (Site) Edges() []ent.Edge {
	return []ent.Edge{edge.From("versions", AgreementVersion.Type).Ref("sites").Annotations(entgql.Skip())}
}

// Party is an organisation in an agreement version.
type Party struct{ ent.Schema }

func (Party) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Party) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("role").GoType(terms.PartyRole("")).Annotations(entgql.Type("PartyRole")),
		field.JSON("places", []terms.Place{}).Optional().Comment("where it stores and processes the data").Annotations(entgql.Skip()),
		field.String("processing_contract").Default("").Comment("of a processor: UK GDPR Article 28"),
		text("holds_identifiers", "what it holds that makes persons known again, such as its own case files or a cohort's identifiers"),
	}
}

func (Party) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("version", AgreementVersion.Type).Ref("parties").Unique().Required(),
		edge.To("organisation", Organisation.Type).Unique().Required(),
	}
}

func (Party) Indexes() []ent.Index { return []ent.Index{byVersion} }

// Succession says that one organisation follows another from a day on: for
// all, or for one agreement alone. A dissolution has nobody who follows.
type Succession struct{ ent.Schema }

func (Succession) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (Succession) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(terms.SuccessionKind("")).Immutable().Annotations(entgql.Type("SuccessionKind")),
		field.Other("on", terms.Date{}).SchemaType(dateColumn).Immutable().Annotations(entgql.Type("Date")),
		field.String("instrument").Default("").Immutable(), field.Text("reason").Default("").Immutable(),
		field.UUID("agreement_id", uuidType).Optional().Nillable().Immutable().Comment("the agreement that it is for; none: all"),
		field.Int64("entry").Optional().Nillable().Immutable().Comment("of the register, which tells of it").Annotations(entgql.Skip()),
	}
}

func (Succession) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("from", Organisation.Type).Ref("successors").Unique().Required().Immutable(),
		edge.From("to", Organisation.Type).Ref("predecessors").Unique().Immutable(),
		edge.To("withdrawal", SuccessionWithdrawal.Type).Unique().Annotations(entgql.Skip()),
	}
}

func (Succession) Indexes() []ent.Index {
	return []ent.Index{index.Fields("agreement_id"), index.Fields("entry")}
}

// SuccessionWithdrawal says that a succession was recorded wrongly and holds for
// nobody: the entry of the register that tells of it was withdrawn.
type SuccessionWithdrawal struct{ ent.Schema }

func (SuccessionWithdrawal) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, staff{}} }

func (SuccessionWithdrawal) Annotations() []schema.Annotation {
	return []schema.Annotation{entgql.Skip()}
}

func (SuccessionWithdrawal) Fields() []ent.Field {
	return []ent.Field{field.Int64("entry").Immutable().Comment("the withdrawal in the register")}
}

func (SuccessionWithdrawal) Edges() []ent.Edge {
	return []ent.Edge{edge.From("succession", Succession.Type).Ref("withdrawal").Unique().Required().Immutable()}
}

// DutyDigest says that a person's digest of duties for a day was sent.
type DutyDigest struct{ ent.Schema }

func (DutyDigest) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, internal{}} }

func (DutyDigest) Fields() []ent.Field {
	return []ent.Field{field.UUID("person_id", uuidType).Immutable(), date("on"), field.Int("duties").Immutable()}
}

func (DutyDigest) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id", "on").Unique()}
}
