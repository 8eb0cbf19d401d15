package release_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// saveAll saves every section of an application, in turn.
func (b *bench) saveAll(actor access.Actor, id uuid.UUID, a release.Application) {
	b.t.Helper()
	for _, section := range a.Sections() {
		d, err := b.ReadApplication(b.ctx, actor, id)
		b.must(err)
		_, err = b.SaveSection(b.ctx, actor, id, d.Revisions[section.Step()], section)
		b.must(err)
	}
}

func codes(err error) (codes []string) {
	var told *fault.Error
	if errors.As(err, &told) {
		for _, r := range told.Reasons {
			codes = append(codes, r.Field)
		}
	}
	return codes
}

func TestApplicationStepByStep(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "Example  University", Title: "A study", Enquiry: true})
	b.must(err)
	err = b.SubmitVersion(b.ctx, p.applicant, id)
	b.refusedFor(err, fault.Invalid, "enquiry", "lines", "controller", "missing")
	for _, field := range []string{"objective", "controllership", "lines", "sublicensing", "starts", "retention"} {
		if !slices.Contains(codes(err), field) {
			t.Errorf("no gap names %s: %v", field, codes(err))
		}
	}
	want := application()
	want.Objective = strings.Repeat("To study, at length. ", 4000) // 84,000 characters, whole
	b.saveAll(p.applicant, id, want)
	b.refusedFor(b.SubmitVersion(b.ctx, p.applicant, id), fault.Invalid, "enquiry")
	b.must(b.ApplyFromEnquiry(b.ctx, p.applicant, id))
	b.refusedFor(b.ApplyFromEnquiry(b.ctx, p.applicant, id), fault.Conflict)
	d, err := b.ReadApplication(b.ctx, p.applicant, id)
	b.must(err)
	if len(d.Gaps) != 0 || !d.MayEdit {
		t.Errorf("gaps %v, may edit %v", d.Gaps, d.MayEdit)
	}
	for i, section := range d.Application.Sections() {
		if again := want.Sections()[i]; section.Step() == release.StepPurpose && !reflect.DeepEqual(section, again) {
			t.Errorf("%s: %+v is not %+v", section.Step(), section, again)
		}
	}
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	_, err = b.SaveSection(b.ctx, p.applicant, id, 1, want.TermSection)
	b.refusedFor(err, fault.Conflict)
}

func TestTwoEditorsNeverOverwriteEachOther(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "example-university", Title: "A study"})
	b.must(err)
	one, two := release.PurposeSection{Title: "A study", Objective: "The first."}, release.PurposeSection{Title: "A study", Objective: "The second.", Funder: "A charity (made up)"}
	if revision, err := b.SaveSection(b.ctx, p.applicant, id, 0, one); err != nil || revision != 1 {
		t.Fatalf("revision %d, %v", revision, err)
	}
	_, err = b.SaveSection(b.ctx, p.officer, id, 0, two)
	b.refusedFor(err, fault.Conflict, "changed")
	if fields := codes(err); !slices.Equal(fields, []string{"funder", "objective"}) || !strings.Contains(err.Error(), "objective: now: The first.") || !strings.Contains(err.Error(), "funder: now: nothing") {
		t.Errorf("%v: %v", fields, err)
	}
	if revision, err := b.SaveSection(b.ctx, p.officer, id, 0, one); err != nil || revision != 1 {
		t.Errorf("the same again: revision %d, %v", revision, err)
	}
	if revision, err := b.SaveSection(b.ctx, p.officer, id, 0, application().TermSection); err != nil || revision != 1 {
		t.Errorf("another step: revision %d, %v", revision, err)
	}
	if revision, err := b.SaveSection(b.ctx, p.officer, id, 1, two); err != nil || revision != 2 {
		t.Errorf("having seen it: revision %d, %v", revision, err)
	}
	// Eight at once: one wins.
	var wait sync.WaitGroup
	won := make([]bool, 8)
	for i := range won {
		wait.Go(func() {
			section := two
			section.Objective = strings.Repeat("x", i+1)
			_, err := b.SaveSection(b.ctx, p.applicant, id, 2, section)
			won[i] = err == nil
			if err != nil && !errors.Is(err, fault.Conflict) {
				t.Errorf("racing: %v", err)
			}
		})
	}
	wait.Wait()
	winner := slices.Index(won, true)
	if winner < 0 || slices.Contains(won[winner+1:], true) {
		t.Fatalf("won: %v", won)
	}
	d, err := b.ReadApplication(b.ctx, p.applicant, id)
	b.must(err)
	if d.Application.Objective != strings.Repeat("x", winner+1) || d.Revisions[release.StepPurpose] != 3 {
		t.Errorf("kept %q at revision %d", d.Application.Objective, d.Revisions[release.StepPurpose])
	}
}

// TestWhoSavedAStepJudgesNothing: an officer who also reviews and approves,
// and wrote part of an applicant's draft, is no independent person.
func TestWhoSavedAStepJudgesNothing(t *testing.T) {
	b := newBench(t)
	p := b.people()
	both := b.as("Bo Both", "the-body", access.AccessOfficer, access.Reviewer, access.Approver)
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	_, err = b.SaveSection(b.ctx, both, id, 0, application().TermSection)
	b.must(err)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	review := release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}
	b.refusedFor(b.ReviewVersion(b.ctx, both, id, review), fault.Refused, "two-persons")
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, review))
	b.refusedFor(b.ApproveVersion(b.ctx, both, id, ""), fault.Refused, "two-persons")
	b.refusedFor(b.DeclineVersion(b.ctx, both, id, "no"), fault.Refused, "two-persons")
	b.must(b.ApproveVersion(b.ctx, p.approver, id, "as advised"))
}

func TestSectionsSayAllThatIsWrong(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "example-university", Title: "A study"})
	b.must(err)
	_, err = b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "other-trust", Title: "A study"})
	b.refusedFor(err, fault.Forbidden)
	_, err = b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "nobody", Title: " "})
	b.refusedFor(err, fault.Invalid, "required")
	for name, c := range map[string]struct {
		section release.Section
		fields  []string
	}{
		"parties": {release.PartiesSection{Controllership: "shared", Parties: []release.PartyInput{{Organisation: "nobody", Role: "friend"},
			{Organisation: "other-trust", Role: terms.Processor, Places: []terms.Place{{Use: "shed", Territory: "moon"}}}, {Organisation: "Other Trust", Role: terms.Processor}}},
			[]string{"controllership", "parties[0].organisation", "parties[0].role", "parties[1].places[0].use", "parties[1].places[0].address", "parties[1].places[0].territory", "parties[2].organisation"}},
		"lines": {release.LinesSection{Lines: []release.LineInput{{DatasetName: "Things", Definition: "hes_op", Power: "might", Route: "by road", Discloser: "nobody",
			Periods: []terms.Period{{To: *day(2026, 1, 1)}}, Population: []terms.Filter{{Field: "SEX"}}, DependsOn: "x y"}}},
			[]string{"lines[0].discloser", "lines[0].power", "lines[0].route", "lines[0].definition", "lines[0].periods[0].from", "lines[0].population[0].in"}},
		"shape":   {release.LinesSection{Lines: []release.LineInput{{Commercial: "perhaps", Discloser: "nobody"}}}, []string{"lines[0].datasetName", "lines[0].commercial", "lines[0].discloser"}},
		"support": {release.SupportSection{SubLicences: []release.SubLicenceInput{{SubLicensee: "A"}}}, []string{"subLicences[0].starts", "subLicences[0].ends"}},
		"flows": {release.FlowsSection{Flows: []release.FlowInput{{Number: 2, State: "lost", From: "a", FromNode: "sea", To: "b", ToNode: terms.NodeOther},
			{State: terms.FlowCurrent, From: "a", FromNode: terms.NodeOther, To: "b", ToNode: terms.NodeOther}},
			Licences: []release.LicenceInput{{System: "s", Holder: "h", Kind: terms.SuperUser}, {System: "s", Holder: "h", Kind: terms.SuperUser}}},
			[]string{"flows[0].state", "flows[0].fromNode", "flows[1].number", "licences[1].holder"}},
		"term": {release.TermSection{Starts: day(2027, 1, 1), Ends: day(2026, 1, 1), Territory: "moon"}, []string{"territory", "ends"}},
	} {
		_, err := b.SaveSection(b.ctx, p.applicant, id, 0, c.section)
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		for _, field := range c.fields {
			if !slices.Contains(codes(err), field) {
				t.Errorf("%s: nothing about %s in %v", name, field, codes(err))
			}
		}
	}
	d, err := b.ReadApplication(b.ctx, p.applicant, id)
	b.must(err)
	if len(d.Revisions) != 0 || len(d.Application.Lines)+len(d.Application.Parties) != 0 {
		t.Error("something that was refused was saved")
	}
}

func TestApplicationsAreOfTheirOrganisations(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.issued(p, application())
	auditor := b.as("Olga Audit", "the-body", access.Auditor)
	other := b.as("Otto Other", "other-trust", access.Applicant, access.Signatory)
	for name, c := range map[string]struct {
		actor access.Actor
		want  error
	}{
		"applicant": {p.applicant, nil}, "signatory": {p.signatory, nil}, "discloser's": {p.discloser, nil}, "staff": {auditor, nil},
		"another's": {other, fault.NotFound}, "recipient": {p.recipient, fault.Forbidden}, "nobody": {access.Actor{}, fault.Unauthenticated},
	} {
		if _, err := b.ReadApplication(b.ctx, c.actor, id); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.ReadApplication(b.ctx, p.applicant, uuid.New()); !errors.Is(err, fault.NotFound) {
		t.Errorf("none: %v", err)
	}
	_, err := b.SaveSection(b.ctx, other, id, 0, application().TermSection)
	b.refusedFor(err, fault.NotFound)
	for name, c := range map[string]struct {
		actor        access.Actor
		rows, toSign int
	}{"applicant": {p.applicant, 1, 0}, "signatory": {p.signatory, 1, 1}, "discloser's": {p.discloser, 1, 1}, "another's": {other, 0, 0}} {
		rows, err := b.ApplicationsOf(b.ctx, c.actor)
		b.must(err)
		toSign := 0
		for _, r := range rows {
			if r.ToSign {
				toSign++
			}
		}
		if len(rows) != c.rows || toSign != c.toSign {
			t.Errorf("%s: %d rows, %d to sign", name, len(rows), toSign)
		}
	}
}

func TestAttachments(t *testing.T) {
	b := newBench(t)
	p := b.people()
	other := b.as("Otto Other", "other-trust", access.Applicant)
	id, err := b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "example-university", Title: "A study"})
	b.must(err)
	pdf := "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
	add := func(actor access.Actor, name, content string, replaces *uuid.UUID) (uuid.UUID, error) {
		return b.AddAttachment(b.ctx, actor, id, release.AttachmentInput{Step: release.StepSupport, Name: name, Replaces: replaces}, strings.NewReader(content))
	}
	first, err := add(p.applicant, `C:\papers\letter.pdf`, pdf, nil)
	b.must(err)
	second, err := add(p.officer, "letter 2.pdf", pdf+"2", &first)
	b.must(err)
	for name, c := range map[string]struct{ file, content string }{
		"a page": {"letter.txt", "<!DOCTYPE html><html><script>1</script></html>"}, "a program": {"letter.pdf", "\x7fELF\x02\x01\x01"},
		"another end": {"letter.pdf", "plain words"}, "none": {"letter.txt", ""},
	} {
		if _, err := add(p.applicant, c.file, c.content, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.AddAttachment(b.ctx, p.applicant, id, release.AttachmentInput{Step: release.StepSupport, Name: "big.txt"},
		io.MultiReader(strings.NewReader("words "), bytes.NewReader(bytes.Repeat([]byte{'x'}, release.MaxAttachment)))); !errors.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	unknown := uuid.New()
	if _, err := add(p.applicant, "a.txt", "words", &unknown); !errors.Is(err, fault.NotFound) {
		t.Errorf("replacing nothing: %v", err)
	}
	if _, err := add(other, "a.txt", "words", nil); !errors.Is(err, fault.NotFound) {
		t.Errorf("a stranger's: %v", err)
	}
	d, err := b.ReadApplication(b.ctx, p.applicant, id)
	b.must(err)
	if len(d.Attachments) != 2 || d.Attachments[0].Name != "letter.pdf" || !d.Attachments[0].Past || d.Attachments[1].Past || d.Attachments[1].MediaType != "application/pdf" {
		t.Errorf("%+v", d.Attachments)
	}
	file, err := b.ReadAttachment(b.ctx, p.applicant, second)
	b.must(err)
	content, err := io.ReadAll(file)
	b.must(err)
	b.must(file.Close())
	if string(content) != pdf+"2" || file.Size != int64(len(content)) || len(file.SHA256) != 64 {
		t.Errorf("%d bytes of %+v", len(content), file.Attachment)
	}
	if _, err := b.ReadAttachment(b.ctx, other, second); !errors.Is(err, fault.NotFound) {
		t.Errorf("a stranger reads: %v", err)
	}
	b.refusedFor(b.WithdrawAttachment(b.ctx, other, second, ""), fault.NotFound)
	b.must(b.WithdrawAttachment(b.ctx, p.applicant, second, "the wrong letter"))
	b.refusedFor(b.WithdrawAttachment(b.ctx, p.applicant, second, ""), fault.Conflict)
	_, err = b.ReadAttachment(b.ctx, p.applicant, second)
	b.refusedFor(err, fault.NotFound)
	if d, err = b.ReadApplication(b.ctx, p.applicant, id); err != nil || d.Attachments[0].Past || !d.Attachments[1].Withdrawn {
		t.Errorf("%+v, %v", d, err)
	}
}
