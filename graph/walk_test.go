package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"data.release/registrar/graph/generated"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/evidence"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// anyone marks what needs no log-in.
const anyone = access.Permission("")

// needs is what each query and mutation asks for. One that is not here fails
// the walk.
var needs = map[string]access.Permission{
	"entries": anyone, "entry": anyone, "standingEntry": anyone, "editions": anyone, "me": anyone, "policy": anyone, "waiverCount": anyone, "diffPublished": anyone,

	"node": access.ReadAgreements, "nodes": access.ReadAgreements, "agreements": access.ReadAgreements, "agreementVersions": access.ReadAgreements,
	"datasets": access.ReadAgreements, "extracts": access.ReadAgreements, "incidents": access.ReadAgreements, "organisations": access.ReadAgreements,
	"templates": access.ReadAgreements, "queue": access.ReadAgreements, "searchAgreements": access.ReadAgreements, "caseOwners": access.ReadAgreements,
	"gateCheck": access.ReadAgreements, "waivers": access.ReadAgreements, "extractWarnings": access.ReadAgreements, "decisions": access.ReadAgreements,
	"extractPlans": access.ReadAgreements, "takeOnWorklist": access.ReadAgreements,

	"application": access.ReadApplications, "gapsOf": access.ReadApplications, "myApplications": access.ReadApplications, "searchPrecedents": access.ReadApplications, "dictionaries": access.ReadApplications,
	"flowsOf": access.ReadApplications, "diffVersions": access.ReadApplications,

	"persons": access.GrantRoles, "duties": access.ReadDuties, "nameMatches": access.ReadAgreements, "dutyDigests": access.SendDuties,

	"startApplication": access.WriteApplication, "logApplication": access.WriteApplication, "savePurpose": access.WriteApplication,
	"saveParties": access.WriteApplication, "saveLines": access.WriteApplication, "saveSupport": access.WriteApplication, "saveFlows": access.WriteApplication,
	"saveTerm": access.WriteApplication, "applyFromEnquiry": access.WriteApplication, "addAttachment": access.WriteApplication,
	"withdrawAttachment": access.WriteApplication, "nextVersion": access.WriteApplication,
	"submitVersion": access.SubmitVersion, "withdrawVersion": access.SubmitVersion,

	"takeUp": access.RunAgreements, "issueVersion": access.RunAgreements, "issueAgain": access.RunAgreements, "terminateVersion": access.RunAgreements,
	"closeVersion": access.RunAgreements, "addCondition": access.RunAgreements, "meetCondition": access.RunAgreements, "claimVersion": access.RunAgreements,
	"handOver": access.RunAgreements, "handOverAll": access.RunAgreements, "recordOrganisation": access.RunAgreements, "amendOrganisation": access.RunAgreements,
	"addAlias": access.RunAgreements, "recordSuccession": access.RunAgreements, "bulkTransfer": access.RunAgreements, "recordCohort": access.RunAgreements,
	"recordWithdrawal": access.RunAgreements, "takeOn": access.RunAgreements, "recordTemplate": access.RunAgreements, "applyTemplate": access.RunAgreements,
	"loadEvidence": access.RunAgreements,

	"reviewVersion": access.ReviewVersion, "approveVersion": access.ApproveVersion, "approveAgainstAdvice": access.ApproveAgainstAdvice,
	"declineVersion": access.ApproveVersion, "signVersion": access.SignVersion,
	"setHold": access.SetHold, "placeHold": access.SetHold, "liftHold": access.SetHold, "openIncident": access.SetHold, "setIncidentStatus": access.SetHold,
	"reportIncident": access.SetHold,
	"waiveRule":      access.WaiveRule, "confirmWaiver": access.ConfirmWaiver, "revokeWaiver": access.WaiveRule, "acceptWarnings": access.AcceptWarnings,
	"grantRole": access.GrantRoles, "endRole": access.GrantRoles, "endMemberships": access.GrantRoles,
	"addRecipientKey": access.ManageKeys, "revokeRecipientKey": access.ManageKeys,
	"requestExtract": access.RequestExtract, "approveExtract": access.ApproveExtract, "cancelExtract": access.RunAgreements, "releaseExtract": access.ReleaseExtract,
	"withdrawExtract": access.ReleaseExtract, "correctEntry": access.CorrectRegister, "withdrawEntry": access.CorrectRegister, "enterLate": access.CorrectRegister,
	"recordDatasetSuccession": access.CorrectRegister, "decideMatch": access.CorrectRegister,
	"eraseText": access.EraseText, "closeEdition": access.CloseEdition, "decideWithheld": access.DecidePrivacy,
}

func schema() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// fields are those of a root type, without GraphQL's own.
func fields(root *ast.Definition) (own ast.FieldList) {
	for _, f := range root.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			own = append(own, f)
		}
	}
	return own
}

// literal is something of the type, with what is needed and no more.
func literal(s *ast.Schema, t *ast.Type) string {
	if t.Elem != nil {
		return "[" + literal(s, t.Elem) + "]"
	}
	switch t.NamedType {
	case "Int", "Int64":
		return "1"
	case "Boolean":
		return "false"
	case "String":
		return `"AAAA"`
	case "ID", "UUID":
		return `"01a20fb5-44e6-7892-ac04-93fae5103582"`
	case "Date":
		return `"2026-11-25"`
	case "Time":
		return `"2026-11-25T09:00:00Z"`
	}
	definition := s.Types[t.NamedType]
	if definition.Kind == ast.Enum {
		return definition.EnumValues[0].Name
	}
	var parts []string
	for _, f := range definition.Fields {
		if f.Type.NonNull && f.DefaultValue == nil {
			parts = append(parts, f.Name+": "+literal(s, f.Type))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// request asks for a field with what it needs.
func request(s *ast.Schema, kind string, f *ast.FieldDefinition) string {
	var arguments []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			arguments = append(arguments, a.Name+": "+literal(s, a.Type))
		}
	}
	text := f.Name
	if len(arguments) > 0 {
		text += "(" + strings.Join(arguments, ", ") + ")"
	}
	if named := s.Types[f.Type.Name()]; named.Fields.ForName("totalCount") != nil {
		text += " { totalCount }" // a connection reads nothing that is not asked for
	} else if named.IsCompositeType() {
		text += " { __typename }"
	}
	return kind + " { " + text + " }"
}

// TestEveryRoleAndNobody walks every query and every mutation as every role, as
// a person without one, and as nobody: the answer is forbidden or asks for a
// log-in exactly where the one table of permissions says so.
func TestEveryRoleAndNobody(t *testing.T) {
	h, s := handler(t), schema()
	actors := map[string]access.Actor{"nobody": {}, "a person without a role": {PersonID: uuid.New(), Name: "Somebody"}}
	for _, role := range access.Role("").Values() {
		actors[role] = with(access.Role(role))
	}
	walked := 0
	for kind, root := range map[string]*ast.Definition{"query": s.Query, "mutation": s.Mutation} {
		for _, f := range fields(root) {
			permission, known := needs[f.Name]
			if !known {
				t.Errorf("what the %s %s needs is not written here", kind, f.Name)
				continue
			}
			walked++
			text := request(s, kind, f)
			for name, actor := range actors {
				want := ""
				if permission != anyone {
					if err := access.Check(actor, permission); err != nil {
						want = fault.Code(err)
					}
				}
				got := ""
				for _, e := range ask(t, h, actor, text).Errors {
					if code := fmt.Sprint(e.Extensions["code"]); slices.Contains([]string{"forbidden", "unauthenticated", "internal"}, code) || strings.HasPrefix(code, "GRAPHQL_") {
						got = code
					}
				}
				if got != want {
					t.Errorf("%s asks %s: %q, not %q", name, text, got, want)
				}
			}
		}
	}
	if walked != len(needs) {
		t.Errorf("%d of %d lines of the table are in the schema", walked, len(needs))
	}
}

// TestEveryFieldIsDescribed: what a reader of the schema finds without words is
// only what ent generates of the records.
func TestEveryFieldIsDescribed(t *testing.T) {
	s := schema()
	undescribed := func(where, text string, position *ast.Position) {
		if text == "" && !strings.HasSuffix(position.Src.Name, "ent.graphqls") && !position.Src.BuiltIn {
			t.Errorf("%s, line %d: %s has no description", position.Src.Name, position.Line, where)
		}
	}
	for _, definition := range s.Types {
		if definition.BuiltIn || strings.HasPrefix(definition.Name, "__") {
			continue
		}
		undescribed(definition.Name, definition.Description, definition.Position)
		for _, f := range definition.Fields {
			if f.Position == nil { // __schema and its like
				continue
			}
			undescribed(definition.Name+"."+f.Name, f.Description, f.Position)
			for _, a := range f.Arguments {
				undescribed(definition.Name+"."+f.Name+"("+a.Name+")", a.Description, a.Position)
			}
		}
		for _, v := range definition.EnumValues {
			undescribed(definition.Name+"."+v.Name, v.Description, v.Position)
		}
	}
}

// TestEnumsAreTheVocabularies: the words of the API are those of the code lists.
func TestEnumsAreTheVocabularies(t *testing.T) {
	lists := map[string][]string{
		"Channel": terms.Channel("").Values(), "Controllership": terms.Controllership("").Values(), "Derivation": terms.Derivation("").Values(),
		"DutyKind": terms.DutyKind("").Values(), "EmploymentBasis": terms.EmploymentBasis("").Values(), "EntryKind": register.Kind("").Values(),
		"ExtractState": terms.ExtractState("").Values(), "FlowNode": terms.FlowNode("").Values(), "FlowState": terms.FlowState("").Values(),
		"Frequency": terms.Frequency("").Values(), "Identifier": terms.Identifier("").Values(), "IncidentKind": terms.IncidentKind("").Values(),
		"IncidentStatus": terms.IncidentStatus("").Values(), "LicenceKind": terms.LicenceKind("").Values(), "OptOut": terms.OptOut("").Values(),
		"PartyRole": terms.PartyRole("").Values(), "Relation": terms.Relation("").Values(), "Power": terms.Power("").Values(), "Purpose": terms.Purpose("").Values(),
		"ReviewRoute": terms.ReviewRoute("").Values(), "Role": access.Role("").Values(), "Route": terms.Route("").Values(),
		"Sensitivity": terms.Sensitivity("").Values(), "SuccessionKind": terms.SuccessionKind("").Values(), "Territory": terms.Territory("").Values(),
		"TypeOfData": terms.TypeOfData("").Values(), "UncheckedRows": terms.UncheckedRows("").Values(), "VersionKind": terms.VersionKind("").Values(),
		"VersionState": terms.VersionState("").Values(), "Lack": words(release.Lacks()), "EvidenceKind": words(evidence.Kinds()),
		"GateClass":   words([]gate.Class{gate.Law, gate.Policy, gate.Advice}),
		"GateOutcome": words([]gate.Outcome{gate.Pass, gate.Refuse, gate.Warn, gate.NotApplicable, gate.CannotTell, gate.Waived}),
		"GateMoment":  words([]gate.Moment{gate.MomentApproval, gate.MomentRequest, gate.MomentStart, gate.MomentRelease, gate.MomentDownload}),
		"ChangeKind":  words([]diff.Kind{diff.Added, diff.Removed, diff.Changed, diff.Retyped}),
		"SpanOp":      words([]diff.Op{diff.Kept, diff.Gone, diff.New, diff.LeftOut}),
		"QueueOrder":  words([]release.QueueSort{release.ByWaiting, release.ByNewest, release.ByReference, release.ByTitle}),
	}
	for _, definition := range schema().Types {
		if definition.Kind != ast.Enum || definition.BuiltIn || strings.HasSuffix(definition.Position.Src.Name, "ent.graphqls") && lists[definition.Name] == nil {
			continue // ent's own enums are made of the records
		}
		var have []string
		for _, v := range definition.EnumValues {
			have = append(have, v.Name)
		}
		if want := lists[definition.Name]; !slices.Equal(slices.Sorted(slices.Values(have)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s has %v, not %v", definition.Name, have, want)
		}
	}
}

func words[T ~string](codes []T) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = string(c)
	}
	return out
}
