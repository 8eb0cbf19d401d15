package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

func with(roles ...access.Role) access.Actor {
	actor := access.Actor{PersonID: uuid.New()}
	for _, role := range roles {
		actor.Memberships = append(actor.Memberships, access.Membership{OrganisationID: uuid.New(), Role: role})
	}
	return actor
}

// may is the table of permissions written a second time: who may do what is
// changed in both places or not at all.
var may = map[access.Permission]string{
	access.WriteApplication: "applicant access_officer",
	access.SubmitVersion:    "applicant access_officer",
	access.RunAgreements:    "access_officer",
	access.ReviewVersion:    "reviewer",
	access.ApproveVersion:   "approver siro",
	access.SignVersion:      "signatory",
	access.RequestExtract:   "applicant access_officer",
	access.ApproveExtract:   "approver siro",
	access.ReleaseExtract:   "release_officer",
	access.SetHold:          "access_officer caldicott_guardian siro release_officer",
	access.ReadAgreements:   "access_officer reviewer approver siro caldicott_guardian release_officer data_manager auditor operator",
	access.DownloadFiles:    "recipient",
	access.ManageKeys:       "recipient",
	access.LandFeeds:        "data_manager",
	access.ImportRegister:   "access_officer operator",
	access.ReadImports:      "access_officer operator auditor",
	access.GrantRoles:       "operator",

	access.ReadApplications:     "applicant signatory access_officer reviewer approver siro caldicott_guardian release_officer data_manager auditor operator",
	access.ReviewUrgently:       "reviewer siro",
	access.ApproveAgainstAdvice: "siro",
	access.WaiveRule:            "siro",
	access.ConfirmWaiver:        "siro caldicott_guardian approver",
	access.AcceptWarnings:       "approver siro release_officer",
	access.ReadDuties:           strings.Join(access.Role("").Values(), " "),
	access.SendDuties:           "operator",

	access.DecidePrivacy:   "access_officer caldicott_guardian",
	access.CorrectRegister: "access_officer",
	access.EraseText:       "caldicott_guardian siro",
	access.CloseEdition:    "access_officer operator",
}

func TestCheck(t *testing.T) {
	for _, permission := range access.Permissions() {
		if may[permission] == "" {
			t.Errorf("who may %s is not written here", permission)
		}
	}
	for permission, roles := range may {
		for _, value := range access.Role("").Values() {
			err := access.Check(with(access.Role(value)), permission)
			if allowed := slices.Contains(strings.Fields(roles), value); allowed != (err == nil) {
				t.Errorf("%s, to %s: %v", value, permission, err)
			} else if !allowed && (!errors.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), access.Role(strings.Fields(roles)[0]).Label())) {
				t.Errorf("%s, to %s: %v names no role that may", value, permission, err)
			}
		}
		if err := access.Check(access.Actor{}, permission); !errors.Is(err, fault.Unauthenticated) {
			t.Errorf("nobody, to %s: %v", permission, err)
		}
		if err := access.Check(with(), permission); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a person without a role, to %s: %v", permission, err)
		}
		machine := slices.Contains([]access.Permission{access.ImportRegister, access.ReadImports, access.LandFeeds, access.GrantRoles, access.SendDuties}, permission)
		if err := access.Check(access.Actor{System: "import"}, permission); (err == nil) != machine {
			t.Errorf("a machine, to %s: %v", permission, err)
		}
	}
	if err := access.Check(with(access.Operator), "something new"); !errors.Is(err, fault.Forbidden) {
		t.Errorf("a permission that is in no table: %v", err)
	}
}

// TestAuditorChangesNothing: of all permissions an auditor has only reading.
func TestAuditorChangesNothing(t *testing.T) {
	reads := []access.Permission{access.ReadAgreements, access.ReadApplications, access.ReadDuties, access.ReadImports}
	for permission := range may {
		if err := access.Check(with(access.Auditor), permission); (err == nil) != slices.Contains(reads, permission) {
			t.Errorf("an auditor, to %s: %v", permission, err)
		}
	}
}

func TestRolesBelongToOrganisations(t *testing.T) {
	here, there := uuid.New(), uuid.New()
	actor := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{
		{OrganisationID: here, Role: access.Signatory}, {OrganisationID: there, Role: access.Recipient}}}
	if !actor.HasFor(access.Signatory, here) || actor.HasFor(access.Signatory, there) || actor.HasFor(access.Recipient, here) {
		t.Error("a role holds in another organisation")
	}
	if !actor.In(here) || !actor.In(there) || actor.In(uuid.New()) {
		t.Error("belonging")
	}
	if !actor.Has(access.Approver, access.Recipient) || actor.Has(access.Approver) || actor.Has() {
		t.Error("holding one of several roles")
	}
}

func TestActorInContext(t *testing.T) {
	if _, ok := access.From(context.Background()); ok {
		t.Error("an actor out of nothing")
	}
	actor := with(access.Auditor)
	got, ok := access.From(access.WithActor(context.Background(), actor))
	if !ok || got.PersonID != actor.PersonID {
		t.Errorf("%+v %v", got, ok)
	}
}

func TestRoleOverGraphQL(t *testing.T) {
	for _, value := range access.Role("").Values() {
		var b strings.Builder
		access.Role(value).MarshalGQL(&b)
		var r access.Role
		if err := r.UnmarshalGQL(strings.Trim(b.String(), `"`)); err != nil || string(r) != value || r.Label() == "" {
			t.Errorf("%s: %q %v", value, r, err)
		}
	}
	var r access.Role
	for _, other := range []any{"root", "", 1, nil} {
		if err := r.UnmarshalGQL(other); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", other, err)
		}
	}
}
