package release_test

import (
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func TestRolesHaveABasis(t *testing.T) {
	b := newBench(t)
	operator := b.as("Olga Operator", "the-body", access.Operator)
	grant := release.Grant{Email: "vera@example.org", Name: "Vera Visitor", Role: access.Recipient, Organisation: "example-university", Basis: terms.Honorary}
	_, err := b.GrantRole(b.ctx, operator, grant)
	b.refusedFor(err, fault.Invalid, "required")
	grant.ContractReference, grant.ContractTo = "HC-7", day(2026, 11, 1)
	_, err = b.GrantRole(b.ctx, operator, grant)
	b.refusedFor(err, fault.Invalid, "past")
	_, err = b.GrantRole(b.ctx, operator, release.Grant{Email: "v@example.org", Name: "V", Role: "king", Organisation: "example-university", Basis: "friend"})
	b.refusedFor(err, fault.Invalid, "role-unknown", "code-unknown")
	grant.ContractTo = day(2026, 12, 31)
	_, err = b.GrantRole(b.ctx, operator, grant)
	b.must(err)
	identity := release.Identity{Issuer: "test", Subject: "vera", Email: "vera@example.org", EmailVerified: true}
	holds := func(want bool) {
		t.Helper()
		vera, err := b.ActorOf(b.ctx, identity)
		b.must(err)
		if vera.Has(access.Recipient) != want {
			t.Errorf("on %s she holds the role: %v", b.now.Format("2006-01-02"), !want)
		}
	}
	holds(true)
	b.now = b.now.AddDate(0, 1, 8) // 1 January 2027
	holds(false)
	grant.ContractReference, grant.ContractTo = "HC-8", day(2027, 12, 31)
	_, err = b.GrantRole(b.ctx, operator, grant)
	b.must(err)
	holds(true)

	roles, err := b.Persons(b.ctx, operator, release.PersonFilter{Organisation: "example-university"})
	b.must(err)
	if len(roles) != 1 || roles[0].ContractReference != "HC-8" || !roles[0].Current || !roles[0].LoggedIn || roles[0].Basis != terms.Honorary {
		t.Fatalf("%+v", roles)
	}
	b.refusedFor(b.EndRole(b.ctx, operator, roles[0].ID, ""), fault.Invalid, "required")
	b.must(b.EndRole(b.ctx, operator, roles[0].ID, "the project ended"))
	b.refusedFor(b.EndRole(b.ctx, operator, roles[0].ID, "again"), fault.Conflict)
	holds(false)
	if roles, err = b.Persons(b.ctx, operator, release.PersonFilter{Organisation: "example-university"}); err != nil || len(roles) != 0 {
		t.Errorf("%+v %v", roles, err)
	}
	if roles, err = b.Persons(b.ctx, operator, release.PersonFilter{Search: "VERA", Former: true}); err != nil || len(roles) != 1 || roles[0].Current {
		t.Errorf("%+v %v", roles, err)
	}
	_, err = b.Persons(b.ctx, b.as("Olu Officer", "the-body", access.AccessOfficer), release.PersonFilter{})
	b.refusedFor(err, fault.Forbidden)
}
