package terms

import (
	"io"
	"strings"
)

// VersionState is where a version of an agreement is in its life. States are
// moved by commands; what follows from dates (in force, superseded, expired,
// overdue) is never stored.
type VersionState string

// The states of a version (design §4).
const (
	Draft           VersionState = "draft"           // an applicant or access officer opens it
	Submitted       VersionState = "submitted"       // its applicant hands it in
	InReview        VersionState = "in_review"       // an access officer takes it up
	Returned        VersionState = "returned"        // a reviewer sends it back; the applicant may submit again
	Recommended     VersionState = "recommended"     // a reviewer recommends approval
	Deferred        VersionState = "deferred"        // a reviewer puts it off; may be submitted again
	NotRecommended  VersionState = "not_recommended" // a reviewer advises against; may be submitted again
	VersionApproved VersionState = "approved"        // an approver who neither wrote nor submitted it; its terms are frozen
	Declined        VersionState = "declined"        // an approver says no; the end
	Issued          VersionState = "issued"          // an access officer issues it for signature; lapses after twelve months
	Signed          VersionState = "signed"          // the last signatory signs
	Withdrawn       VersionState = "withdrawn"       // the applicant takes it back before approval; the end
	Terminated      VersionState = "terminated"      // ended early, by whom and why
	Closed          VersionState = "closed"          // destruction certified; the end
	Recorded        VersionState = "recorded"        // imported from a published register; read-only until taken on
)

// Values lists the states.
func (VersionState) Values() []string {
	return []string{string(Draft), string(Submitted), string(InReview), string(Returned), string(Recommended), string(Deferred),
		string(NotRecommended), string(VersionApproved), string(Declined), string(Issued), string(Signed), string(Withdrawn),
		string(Terminated), string(Closed), string(Recorded)}
}

// VersionTransitions is the one table of a version's life. Role is a role of
// release/access.
var VersionTransitions = []Transition[VersionState]{
	{Draft, Submitted, "submit", "applicant"},
	{Returned, Submitted, "submit", "applicant"},
	{Deferred, Submitted, "submit", "applicant"},
	{NotRecommended, Submitted, "submit", "applicant"},
	{Submitted, InReview, "take_up", "access_officer"},
	{InReview, Returned, "return", "reviewer"},
	{InReview, Recommended, "recommend", "reviewer"},
	{InReview, Deferred, "defer", "reviewer"},
	{InReview, NotRecommended, "advise_against", "reviewer"},
	{Recommended, VersionApproved, "approve", "approver"},
	{NotRecommended, VersionApproved, "approve_against_advice", "siro"},
	{Recommended, Declined, "decline", "approver"},
	{NotRecommended, Declined, "decline", "approver"},
	{VersionApproved, Issued, "issue", "access_officer"},
	{Issued, Issued, "issue_again", "access_officer"}, // after an issue lapsed
	{Issued, Signed, "sign", "signatory"},
	{Recorded, Draft, "take_on", "access_officer"},
	{Draft, Withdrawn, "withdraw", "applicant"},
	{Submitted, Withdrawn, "withdraw", "applicant"},
	{InReview, Withdrawn, "withdraw", "applicant"},
	{Returned, Withdrawn, "withdraw", "applicant"},
	{Recommended, Withdrawn, "withdraw", "applicant"},
	{Deferred, Withdrawn, "withdraw", "applicant"},
	{NotRecommended, Withdrawn, "withdraw", "applicant"},
	{Signed, Terminated, "terminate", "access_officer"},
	{Signed, Closed, "close", "access_officer"},
	{Terminated, Closed, "close", "access_officer"},
}

// ExtractState is where an extract is in its life.
type ExtractState string

// The states of an extract (design §4).
const (
	Requested        ExtractState = "requested" // someone of the applicant, or an access officer, asks for it
	ExtractRefused   ExtractState = "refused"   // the gate refuses; the end
	Allowed          ExtractState = "allowed"   // the gate allows it, plans made
	ExtractApproved  ExtractState = "approved"  // a second person approves it for its plans' digest
	Queued           ExtractState = "queued"    // the run's job is in the queue, in the approval's transaction
	Running          ExtractState = "running"   // a worker has it; the gate allowed the start
	Produced         ExtractState = "produced"  // encrypted files stand in the delivery store
	Held             ExtractState = "held"      // a hold was set between run and release
	Released         ExtractState = "released"  // a release officer released it: files, entry, leaf and event
	Failed           ExtractState = "failed"    // the run failed, with its reason; the end
	Cancelled        ExtractState = "cancelled" // stopped before release; the end
	ExtractWithdrawn ExtractState = "withdrawn" // its files were withdrawn after release
)

// Values lists the states.
func (ExtractState) Values() []string {
	return []string{string(Requested), string(ExtractRefused), string(Allowed), string(ExtractApproved), string(Queued),
		string(Running), string(Produced), string(Held), string(Released), string(Failed), string(Cancelled), string(ExtractWithdrawn)}
}

// ExtractTransitions is the one table of an extract's life. The role "worker"
// is the machine that runs it.
var ExtractTransitions = []Transition[ExtractState]{
	{Requested, Allowed, "allow", "gate"},
	{Requested, ExtractRefused, "refuse", "gate"},
	{Allowed, ExtractApproved, "approve", "approver"},
	{ExtractApproved, Queued, "queue", "approver"},
	{Queued, Running, "start", "worker"},
	{Queued, ExtractRefused, "refuse", "gate"},
	{Running, ExtractRefused, "refuse", "gate"}, // a start that is tried again
	{Running, Running, "start", "worker"},
	{Running, Produced, "produce", "worker"},
	{Running, Failed, "fail", "worker"},
	{Queued, Failed, "fail", "worker"},
	{Produced, Held, "hold", "access_officer"},
	{Held, Produced, "lift", "access_officer"},
	{Produced, Released, "release", "release_officer"},
	{Allowed, Cancelled, "cancel", "access_officer"},
	{Queued, Cancelled, "cancel", "access_officer"},
	{Produced, Cancelled, "cancel", "access_officer"},
	{Held, Cancelled, "cancel", "access_officer"},
	{Released, ExtractWithdrawn, "withdraw", "release_officer"},
}

// Transition says that a command, by a role, moves a state to another.
type Transition[S ~string] struct {
	From, To S
	Command  string
	Role     string
}

func next[S ~string](table []Transition[S], from S, command string) (S, bool) {
	for _, t := range table {
		if t.From == from && t.Command == command {
			return t.To, true
		}
	}
	return from, false
}

// Can says where a command moves the state, and whether it may.
func (s VersionState) Can(command string) (VersionState, bool) {
	return next(VersionTransitions, s, command)
}

// Can says where a command moves the state, and whether it may.
func (s ExtractState) Can(command string) (ExtractState, bool) {
	return next(ExtractTransitions, s, command)
}

// MarshalGQL writes the state as a GraphQL enum value.
func (s VersionState) MarshalGQL(w io.Writer) { marshalGQL(w, string(s)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (s *VersionState) UnmarshalGQL(v any) error { return versionStates.unmarshalGQL(s, v) }

// Label is the state in words.
func (s VersionState) Label() string { return strings.ReplaceAll(string(s), "_", " ") }

var versionStates = stateVocabulary[VersionState]("version state", VersionState("").Values())

// MarshalGQL writes the state as a GraphQL enum value.
func (s ExtractState) MarshalGQL(w io.Writer) { marshalGQL(w, string(s)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (s *ExtractState) UnmarshalGQL(v any) error { return extractStates.unmarshalGQL(s, v) }

// Label is the state in words.
func (s ExtractState) Label() string { return strings.ReplaceAll(string(s), "_", " ") }

var extractStates = stateVocabulary[ExtractState]("extract state", ExtractState("").Values())

func stateVocabulary[S ~string](name string, values []string) vocabulary[S] {
	lines := make([]codeLine[S], len(values))
	for i, value := range values {
		lines[i] = code(S(value), strings.ReplaceAll(value, "_", " "))
	}
	return newVocabulary(name, lines...)
}
