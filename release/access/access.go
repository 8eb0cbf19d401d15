// Package access has the roles, and the one table that says which of them may
// do what. Pure, but for the two functions that carry an actor in a context.
package access

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release/fault"
)

// Role is what a person is in an organisation.
type Role string

// The roles. What each may do stands in the table below.
const (
	Applicant         Role = "applicant"          // writes and submits for an applying organisation
	AccessOfficer     Role = "access_officer"     // logs applications, runs agreements
	Reviewer          Role = "reviewer"           // gives independent advice
	Approver          Role = "approver"           // approves agreements and extracts
	SIRO              Role = "siro"               // senior information risk owner: waivers
	CaldicottGuardian Role = "caldicott_guardian" // is asked about confidential data
	Signatory         Role = "signatory"          // signs for a controller or the discloser
	Recipient         Role = "recipient"          // downloads what was released to the organisation
	ReleaseOfficer    Role = "release_officer"    // releases a finished run
	DataManager       Role = "data_manager"       // lands feeds and opt-out lists
	Auditor           Role = "auditor"            // reads everything, changes nothing
	Operator          Role = "operator"           // runs the service; grants roles
)

// Values lists the roles.
func (Role) Values() []string {
	return []string{string(Applicant), string(AccessOfficer), string(Reviewer), string(Approver), string(SIRO),
		string(CaldicottGuardian), string(Signatory), string(Recipient), string(ReleaseOfficer), string(DataManager),
		string(Auditor), string(Operator)}
}

// Staff says that the role is one of the body that runs the register, whose
// holders see and decide about every agreement; the others are held in the
// organisation that they are for.
func (r Role) Staff() bool {
	switch r {
	case Applicant, Signatory, Recipient:
		return false
	}
	return true
}

// Label is the role in words.
func (r Role) Label() string {
	if r == SIRO {
		return "SIRO"
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// MarshalGQL writes the role as a GraphQL enum value.
func (r Role) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(r))) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (r *Role) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok || !slices.Contains(r.Values(), text) {
		return fault.New(fault.Invalid, "%v is no role", v)
	}
	*r = Role(text)
	return nil
}

// Membership is a current role in an organisation.
type Membership struct {
	OrganisationID   uuid.UUID
	OrganisationName string
	Directorate      string
	Role             Role
}

// Actor is the person who asks, with the memberships current at this moment.
// The zero Actor is nobody: the public.
type Actor struct {
	PersonID    uuid.UUID
	Name, Email string
	LoggedInAt  time.Time // the moment of the last log-in at the issuer
	Memberships []Membership
	System      string // the name of a machine process, which is no person; such as "import"
}

// Has says whether the actor holds one of the roles anywhere.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool { return slices.Contains(roles, m.Role) })
}

// HasFor says whether the actor holds the role in the organisation.
func (a Actor) HasFor(role Role, organisation uuid.UUID) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool {
		return m.Role == role && m.OrganisationID == organisation
	})
}

// In says whether the actor belongs to the organisation in any role.
func (a Actor) In(organisation uuid.UUID) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool { return m.OrganisationID == organisation })
}

// Permission is something that a command or page asks for.
type Permission string

// The permissions.
const (
	WriteApplication Permission = "write an application"
	SubmitVersion    Permission = "submit an application"
	RunAgreements    Permission = "run agreements"
	ReviewVersion    Permission = "review an application"
	ApproveVersion   Permission = "approve an agreement"
	SignVersion      Permission = "sign an agreement"
	RequestExtract   Permission = "ask for an extract"
	ApproveExtract   Permission = "approve an extract"
	ReleaseExtract   Permission = "release an extract"
	SetHold          Permission = "set or lift a hold"
	ReadAgreements   Permission = "read agreements and extracts"
	DownloadFiles    Permission = "download files"
	ManageKeys       Permission = "add recipient keys"
	LandFeeds        Permission = "land feeds"
	ImportRegister   Permission = "import a register"
	ReadImports      Permission = "read what imports of registers would do"
	GrantRoles       Permission = "grant roles"

	ReadApplications     Permission = "read your organisation's applications"
	ReviewUrgently       Permission = "review urgently"
	ApproveAgainstAdvice Permission = "approve against advice"
	WaiveRule            Permission = "waive a policy rule"
	ConfirmWaiver        Permission = "confirm a waiver"
	AcceptWarnings       Permission = "accept the gate's warnings"
	ReadDuties           Permission = "read your duties"
	SendDuties           Permission = "read and send everybody's duties"

	DecidePrivacy   Permission = "decide about withheld texts"
	CorrectRegister Permission = "correct or withdraw an entry of the register"
	EraseText       Permission = "erase a published text by law"
	CloseEdition    Permission = "close a month of the register"
)

// permissions is the one table: commands and ent's read policies ask it.
var permissions = map[Permission][]Role{
	WriteApplication: {Applicant, AccessOfficer},
	SubmitVersion:    {Applicant, AccessOfficer},
	RunAgreements:    {AccessOfficer},
	ReviewVersion:    {Reviewer},
	ApproveVersion:   {Approver, SIRO},
	SignVersion:      {Signatory},
	RequestExtract:   {Applicant, AccessOfficer},
	ApproveExtract:   {Approver, SIRO},
	ReleaseExtract:   {ReleaseOfficer},
	SetHold:          {AccessOfficer, CaldicottGuardian, SIRO, ReleaseOfficer},
	ReadAgreements:   {AccessOfficer, Reviewer, Approver, SIRO, CaldicottGuardian, ReleaseOfficer, DataManager, Auditor, Operator},
	DownloadFiles:    {Recipient},
	ManageKeys:       {Recipient},
	LandFeeds:        {DataManager},
	ImportRegister:   {AccessOfficer, Operator},
	ReadImports:      {AccessOfficer, Operator, Auditor},
	GrantRoles:       {Operator},

	ReadApplications: {Applicant, Signatory, AccessOfficer, Reviewer, Approver, SIRO, CaldicottGuardian, ReleaseOfficer, DataManager,
		Auditor, Operator},
	ReviewUrgently:       {Reviewer, SIRO},
	ApproveAgainstAdvice: {SIRO},
	WaiveRule:            {SIRO},
	ConfirmWaiver:        {SIRO, CaldicottGuardian, Approver},
	AcceptWarnings:       {Approver, SIRO, ReleaseOfficer},
	ReadDuties: {Applicant, AccessOfficer, Reviewer, Approver, SIRO, CaldicottGuardian, Signatory, Recipient, ReleaseOfficer, DataManager,
		Auditor, Operator},
	SendDuties:      {Operator},
	DecidePrivacy:   {AccessOfficer, CaldicottGuardian},
	CorrectRegister: {AccessOfficer},
	EraseText:       {CaldicottGuardian, SIRO},
	CloseEdition:    {AccessOfficer, Operator},
}

// Permissions lists all that the table has, for those who walk it.
func Permissions() []Permission { return slices.Sorted(maps.Keys(permissions)) }

// Check is nil if the actor may; else fault.Unauthenticated for nobody, or
// fault.Forbidden naming the roles that may. A machine process may only import,
// land and send duties, and make the first operator.
func Check(actor Actor, permission Permission) error {
	if actor.System != "" && (permission == ImportRegister || permission == ReadImports || permission == LandFeeds || permission == GrantRoles || permission == SendDuties) {
		return nil
	}
	if actor.PersonID == uuid.Nil {
		return fault.New(fault.Unauthenticated, "Log in to %s.", permission)
	}
	roles := permissions[permission]
	if actor.Has(roles...) {
		return nil
	}
	labels := make([]string, len(roles))
	for i, role := range roles {
		labels[i] = role.Label()
	}
	return fault.New(fault.Forbidden, "To %s you need the role %s; ask an operator for it.", permission, strings.Join(labels, " or "))
}

type contextKey struct{}

// WithActor puts the actor of a read into the context, where ent's read
// policies look for it.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, actor)
}

// From is the actor of a read; false if nobody is logged in.
func From(ctx context.Context) (Actor, bool) {
	actor, ok := ctx.Value(contextKey{}).(Actor)
	return actor, ok
}
