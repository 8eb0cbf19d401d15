package release_test

import (
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// What a reviewer saw is what is approved: terms that were written after the
// review are reviewed first, against advice too.
func TestTermsAreApprovedAsTheyWereReviewed(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sira Siro", "the-body", access.SIRO)
	id := b.inReview(p, application())
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, release.ReviewInput{Route: "full", Outcome: "not_recommended", Advice: "Too wide."}))
	wider := application()
	wider.Lines[0].Population = nil
	b.saveAll(p.applicant, id, wider)
	b.refusedFor(b.ApproveAgainstAdvice(b.ctx, siro, id, "It is needed."), fault.Conflict)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, release.ReviewInput{Route: "full", Outcome: "not_recommended", Advice: "Still too wide."}))
	b.must(b.ApproveAgainstAdvice(b.ctx, siro, id, "It is needed."))
}

// Who applies does not choose a number, and no number ends the numbering.
func TestNumbersAreIssued(t *testing.T) {
	b := newBench(t)
	p := b.people()
	odd := application()
	odd.Reference = "NIC-9999999-AAAAA-v0.1"
	_, err := b.LogApplication(b.ctx, p.applicant, odd)
	b.refusedFor(err, fault.Invalid, "reference")
	_, err = b.LogApplication(b.ctx, p.officer, odd)
	b.must(err)
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	v := b.version(id)
	if r, err := terms.ParseReference(v.Edges.Agreement.Stem); err != nil || len(r.Number) > 6 {
		t.Errorf("the next agreement is %s: %v", v.Edges.Agreement.Stem, err)
	}
	again := application()
	again.Reference = v.Edges.Agreement.Stem + "-v9.0"
	_, err = b.LogApplication(b.ctx, p.applicant, again)
	b.refusedFor(err, fault.Invalid, "reference")
}

// A file that is encrypted to a revoked key is not handed over, and who leaves
// takes their key with them.
func TestRevokedKeysOpenNothing(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	version := b.signed(p, application())
	extract := b.produced(p, version)
	if _, err := b.db.ExecContext(b.ctx, `UPDATE recipient_keys SET revoked_at = $1`, b.now); err != nil {
		t.Fatal(err)
	}
	b.key(p)
	_, err := b.ReleaseExtract(b.ctx, p.releaser, extract, "checked")
	b.refusedFor(err, fault.Refused, "recipient-key")

	b.must(b.EndMemberships(b.ctx, system, "rob.recipient@example.org", "example-university", "left"))
	if n := b.rows(`SELECT count(*) FROM recipient_keys WHERE revoked_at IS NULL`); n != 0 {
		t.Errorf("%d keys of a leaver are in use", n)
	}
}

// A hold keeps what its line was, so that it goes along with it.
func TestAHoldKeepsWhatItsLineWas(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.signed(p, application())
	_, err := b.SetHold(b.ctx, p.releaser, release.HoldInput{Stem: b.version(id).Edges.Agreement.Stem, Line: 1, Reason: "a doubt"})
	b.must(err)
	if n := b.rows(`SELECT count(*) FROM holds h JOIN dataset_lines l ON h.datasets ? l.dataset AND l.number = h.line`); n != 1 {
		t.Errorf("%d holds know their dataset", n)
	}
}

// A role of the body's staff is given in the body alone, from the command line
// too.
func TestStaffAreOfTheBody(t *testing.T) {
	b := newBench(t)
	b.as("Olly Operator", "the-body", access.Operator)
	_, err := b.GrantRole(b.ctx, system, release.Grant{Email: "sam@example.org", Name: "Sam", Role: access.AccessOfficer, Organisation: "other-trust"})
	b.refusedFor(err, fault.Refused)
	_, err = b.GrantRole(b.ctx, system, release.Grant{Email: "sam@example.org", Name: "Sam", Role: access.Recipient, Organisation: "other-trust"})
	b.must(err)
}
