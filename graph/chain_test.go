package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/extract/worker"
	"data.release/registrar/graph"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

// bench is the API over a released agreement and its people, in the role that
// serves.
type bench struct {
	*recipienttest.Arranged
	t       *testing.T
	handler http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := migrationstest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	return &bench{arranged, t, graph.Handler(release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock, Planner: worker.Planner{}}))}
}

// as asks as a person, and fails the test on an error.
func (b *bench) as(who, query string, args ...any) map[string]any {
	b.t.Helper()
	a := ask(b.t, b.handler, b.People[who], fmt.Sprintf(query, args...))
	if len(a.Errors) > 0 {
		b.t.Fatalf("%s asks %s: %+v", who, fmt.Sprintf(query, args...), a.Errors)
	}
	return a.Data
}

// refused asks as a person, and wants an error of the code whose reasons name
// every part.
func (b *bench) refused(code, who, query string, parts ...string) {
	b.t.Helper()
	a := ask(b.t, b.handler, b.People[who], query)
	if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != code {
		b.t.Fatalf("%s asks %s: %+v, not %s", who, query, a.Errors, code)
	}
	reasons := fmt.Sprint(a.Errors[0].Extensions["reasons"])
	for _, part := range parts {
		if !strings.Contains(reasons, part) {
			b.t.Errorf("%s does not name %q", reasons, part)
		}
	}
}

// TestAnApplicationStepByStep over the API: saved step by step, two editors
// never over each other, incomplete ones refused with every gap, a complete one
// into the queue and on its way.
func TestAnApplicationStepByStep(t *testing.T) {
	b := newBench(t)
	version := b.as("Ann Applicant", `mutation { startApplication(input: {applicant: "example-university", title: "Another study (made up)"}) }`)["startApplication"]
	purpose := func(revision int, objective string) string {
		return fmt.Sprintf(`mutation { savePurpose(version: %q, revision: %d, section: {title: "Another study (made up)", objective: %q, commercial: false}) }`, version, revision, objective)
	}
	if saved := b.as("Ann Applicant", "%s", purpose(0, "To study."))["savePurpose"]; saved != 1.0 {
		t.Fatalf("the first save is revision %v", saved)
	}
	b.refused("conflict", "Olu Officer", purpose(0, "To look."), "objective", "now: To study.")
	draft := b.as("Ann Applicant", `{ application(version: %q) { state kind mayEdit revisions { step revision } gaps { step field message standard } } gapsOf(version: %[1]q) { field } }`, version)
	text, err := json.Marshal(draft)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`{"revision":1,"step":"purpose"}`, `{"revision":0,"step":"term"}`, `"field":"processing"`, `"mayEdit":true`, `"state":"draft"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the draft does not say %s: %s", part, text)
		}
	}
	submit := fmt.Sprintf(`mutation { submitVersion(version: %q) }`, version)
	b.refused("invalid", "Ann Applicant", submit, "processing", "parties", "lines", "starts")

	whole := recipienttest.Application()
	sections := map[string]any{"saveParties": whole.PartiesSection, "saveLines": whole.LinesSection, "saveSupport": whole.SupportSection, "saveFlows": whole.FlowsSection, "saveTerm": whole.TermSection}
	for mutation, section := range sections {
		b.as("Ann Applicant", `mutation { %s(version: %q, revision: 0, section: %s) }`, mutation, version, input(t, section))
	}
	whole.Title = "Another study (made up)"
	b.as("Ann Applicant", `mutation { savePurpose(version: %q, revision: 1, section: %s) }`, version, input(t, whole.PurposeSection))
	if again := b.as("Olu Officer", `mutation { savePurpose(version: %q, revision: 2, section: %s) }`, version, input(t, whole.PurposeSection))["savePurpose"]; again != 3.0 {
		t.Errorf("saved again: revision %v", again)
	}
	b.as("Ann Applicant", "%s", submit)
	queue := fmt.Sprint(b.as("Rita Reviewer", `{ queue(filter: {states: [submitted], text: "another"}) { total rows { version stem title state ownerId owner clock { body } step { words who } } } }`)["queue"])
	for _, part := range []string{fmt.Sprint(version), "Another study (made up)", "ownerId:<nil>", "total:1"} {
		if !strings.Contains(queue, part) {
			t.Errorf("the queue does not say %q: %s", part, queue)
		}
	}
	b.as("Olu Officer", `mutation { claimVersion(version: %q) takeUp(version: %[1]q) }`, version)
	b.refused("invalid", "Rita Reviewer", fmt.Sprintf(`mutation { reviewVersion(version: %q, input: {route: precedent, outcome: "recommended", advice: "Sound."}) }`, version), "precedent")
	b.as("Rita Reviewer", `mutation { reviewVersion(version: %q, input: {route: full, outcome: "recommended", advice: "Sound.", conditions: [{text: "Show the paper (made up).", kind: "continuing", due: "2027-01-20"}]}) }`, version)
	b.as("Abel Approver", `mutation { approveVersion(version: %q, reason: "as advised") }`, version)
	duties := fmt.Sprint(b.as("Olu Officer", `{ duties { kind due days about { reference version } } }`)["duties"])
	if !strings.Contains(duties, "kind:condition") || !strings.Contains(duties, "days:57") || !strings.Contains(duties, fmt.Sprint(version)) {
		t.Errorf("the owner's duties: %s", duties)
	}
}

// input writes a value as a GraphQL literal. Codes, which its JSON has as text,
// are told by the schema.
func input(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	return written(tree)
}

// codes are the words that stand in enums of what recipienttest applies with.
var codes = map[string]bool{"controllership": true, "role": true, "territory": true, "type": true, "sensitivity": true, "power": true, "route": true, "optOut": true,
	"unchecked": true, "frequency": true, "channel": true, "purposes": true, "state": true, "fromNode": true, "throughNode": true, "toNode": true, "identifiers": true}

func written(tree any) string {
	switch v := tree.(type) {
	case map[string]any:
		var parts []string
		for key, member := range v {
			text, isText := member.(string)
			switch list, isList := member.([]any); {
			case member == nil || isText && text == "":
				continue
			case codes[key] && isText:
				parts = append(parts, key+": "+text)
			case codes[key] && isList:
				var words []string
				for _, word := range list {
					words = append(words, fmt.Sprint(word))
				}
				parts = append(parts, key+": ["+strings.Join(words, ", ")+"]")
			default:
				parts = append(parts, key+": "+written(member))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, member := range v {
			parts[i] = written(member)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		text, _ := json.Marshal(v)
		return string(text)
	}
	return fmt.Sprint(tree)
}

// TestTheGateExplainsItself over the API, and what has no value is null.
func TestTheGateExplainsItself(t *testing.T) {
	b := newBench(t)
	version, err := b.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	answer := b.as("Rita Reviewer", `{ now: gateCheck(version: %q) { line dataset decision { allowed findings { rule class outcome evidence authority } } }
		later: gateCheck(version: %[1]q, line: 1, moment: release, asOf: "2030-01-01T00:00:00Z") { decision { allowed findings { rule outcome remedy } } } }`, version)
	now, later := fmt.Sprint(answer["now"]), fmt.Sprint(answer["later"])
	if !strings.Contains(now, "allowed:true") || !strings.Contains(now, "outcome:pass") || strings.Contains(now, "outcome:refuse") {
		t.Errorf("in force: %s", now)
	}
	if !strings.Contains(later, "allowed:false") || !strings.Contains(later, "outcome:refuse remedy:") {
		t.Errorf("after its end: %s", later)
	}
	policy := fmt.Sprint(b.as("", `{ policy { version sha256 rules { id title class from to moments authority remedy } } waiverCount { given inForce } }`))
	if !strings.Contains(policy, "class:law") || !strings.Contains(policy, "to:<nil>") || !strings.Contains(policy, "inForce:0") {
		t.Errorf("the policy: %s", policy)
	}
	flows := fmt.Sprint(b.as("Ann Applicant", `{ flowsOf(version: %q) { reference flows { number state from throughNode to stoppedOn } told { text } } diffVersions(before: %[1]q, after: %[1]q) { before { reference } changes { kind } } }`, version))
	if !strings.Contains(flows, "throughNode:<nil>") || !strings.Contains(flows, "stoppedOn:<nil>") || !strings.Contains(flows, "changes:[]") || !strings.Contains(flows, "told:[map[text:") {
		t.Errorf("flows and no difference: %s", flows)
	}
	b.refused("forbidden", "Stan Stranger", fmt.Sprintf(`{ flowsOf(version: %q) { reference } }`, version))
}
