package applicant

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page/pagetest"
	"data.release/registrar/web/recipient/recipienttest"
)

func TestPages(t *testing.T) { pagetest.Check(t) }

const ann, olu, sam, dee, rob = "Ann Applicant", "Olu Officer", "Sam Signatory", "Dee Discloser", "Rob Recipient"

// TestFromBeginningToSubmission fills in the form as a browser does, step by
// step, until it is submitted.
func TestFromBeginningToSubmission(t *testing.T) {
	b := newBench(t)
	b.get(ann, Home).shows(t, 200, "Begin an application", "A study", "In force in its term")
	b.get(ann, Home+"/new").shows(t, 200, "Example University", "An enquiry")
	b.post(ann, Home, url.Values{"applicant": {"Example University"}, "title": {" "}}).shows(t, 422, "Title: is missing", "There is a problem")
	at := b.begun(ann)
	b.get(ann, at).shows(t, 200, "Waiting times (made up)", "missing", "Complete and submit it", "Check and submit")
	b.get(ann, at+"/check").shows(t, 200, "say what the data are for", "DARS standard 5a", "name a controller", "name at least one dataset", "say when it ends")
	b.post(ann, at+"/submit", url.Values{}).shows(t, 422, "There is a problem", "say what the data are for")

	want := recipienttest.Application()
	want.Title, want.Objective = "Waiting times (made up)", strings.Repeat("To study waiting times <at length>.\n", 2000) // 72,000 characters
	for _, st := range steps {
		b.get(ann, at+"/"+st.Name).shows(t, 200, st.Title, "Documents")
		if st.Name == release.StepLines {
			b.fillLines(at, want)
			continue
		}
		kept, err := want.Section(st.Name)
		b.must(err)
		values, err := formOf(st.Name, &release.Draft{Application: want}).values(kept)
		b.must(err)
		values.Set("revision", "0")
		if saved := b.post(ann, at+"/"+st.Name, values); saved.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d %.2000s", st.Name, saved.StatusCode, saved.body)
		}
	}
	b.get(ann, at+"/purpose?saved").shows(t, 200, "Saved.", want.Objective)
	b.get(ann, at+"/check").shows(t, 200, "Nothing is missing.", "Submit the application")
	id := uuid.MustParse(strings.TrimPrefix(at, Home+"/"))
	d, err := b.service.ReadApplication(t.Context(), b.People[ann], id)
	b.must(err)
	line, asked := &d.Application.Lines[0], &want.Lines[0]
	slices.Sort(line.Fields)
	slices.Sort(asked.Fields)
	asked.Unchecked, asked.Channel = terms.DropUnchecked, terms.ChannelFile // what no answer stands for
	if d.Application.Objective != want.Objective || fmt.Sprint(d.Application.Lines) != fmt.Sprint(want.Lines) || len(d.Application.Flows) != 1 {
		t.Errorf("kept %d characters, lines %+v", len(d.Application.Objective), d.Application.Lines)
	}
	if a := b.post(ann, at+"/submit", url.Values{}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("submitting: %d %.900s", a.StatusCode, a.body)
	}
	b.get(ann, at).shows(t, 200, "submitted", "The access team has it")
	b.get(ann, at+"/purpose").shows(t, 200, "its answers can be read here, and not changed", "To study waiting times")
	b.post(ann, at+"/term", url.Values{"revision": {"1"}}).shows(t, 409, "cannot be changed now")
	b.get(ann, Home+"?state=submitted&q=WAITING").shows(t, 200, "1 of 2")
	csv := b.get(ann, Home+".csv?state=submitted")
	if csv.Header.Get("Content-Type") != "text/csv; charset=utf-8" || strings.Count(csv.body, "\n") != 2 || !strings.Contains(csv.body, "Waiting times (made up),Example University,New,submitted") {
		t.Errorf("CSV: %s", csv.body)
	}
	if a := b.post(ann, at+"/withdraw", url.Values{"reason": {"Not needed any more."}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("withdrawing: %d %.600s", a.StatusCode, a.body)
	}
	b.get(ann, at).shows(t, 200, "withdrawn")
}

// fillLines adds a line and fills it in.
func (b *bench) fillLines(at string, want release.Application) {
	b.t.Helper()
	added := b.post(ann, at+"/lines", url.Values{"revision": {"0"}, "datasetName": {"hospital episode statistics outpatients"}})
	if added.location() != at+"/lines/1" {
		b.t.Fatalf("adding a line: %d %.900s", added.StatusCode, added.body)
	}
	b.get(ann, at+"/lines/1").shows(b.t, 200, "Dataset line 1", "Direct identifier fields", "APPTDATE", "Periods of the data", "missing here")
	all, err := b.service.Dictionaries(b.t.Context(), b.People[ann])
	b.must(err)
	values, err := lineForm(want.Lines[0], all).values(want.Lines[0])
	b.must(err)
	values.Set("revision", "1")
	bad := url.Values{}
	for name, v := range values {
		bad[name] = slices.Clone(v)
	}
	bad.Set("periods[0].from", "spring")
	b.post(ann, at+"/lines/1", bad).shows(b.t, 422, "From: is no date", "spring", "There is a problem")
	bad.Set("periods[0].from", "2005-01-01")
	b.post(ann, at+"/lines/1", bad).shows(b.t, 422, ": is before the period begins")
	if saved := b.post(ann, at+"/lines/1", values); saved.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("a line: %d %.2000s", saved.StatusCode, saved.body)
	}
	b.post(ann, at+"/lines", url.Values{"revision": {"1"}, "datasetName": {"Another"}}).shows(b.t, 409, "Somebody else", "Another")
	if more := b.post(ann, at+"/lines", url.Values{"revision": {"2"}, "datasetName": {"Another"}}); more.location() != at+"/lines/2" {
		b.t.Fatalf("a second line: %d", more.StatusCode)
	}
	b.post(ann, at+"/lines", url.Values{"revision": {"3"}, "remove": {"3"}}).shows(b.t, 404)
	if less := b.post(ann, at+"/lines", url.Values{"revision": {"3"}, "remove": {"2"}}); less.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("removing: %d", less.StatusCode)
	}
	b.get(ann, at+"/lines").shows(b.t, 200, "Hospital Episode Statistics Outpatients", "Fields: 4", "Nothing")
}

// TestTheSecondEditorSeesWhatChanged: two people open a step; the second to
// save sees the first one's answers beside what they typed, and can save
// knowingly.
func TestTheSecondEditorSeesWhatChanged(t *testing.T) {
	b := newBench(t)
	at := b.begun(ann)
	if a := b.post(olu, at+"/purpose", url.Values{"revision": {"0"}, "title": {"Waiting times (made up)"}, "objective": {"What Olu <b>wrote</b>"}, "then": {"stay"}}); a.location() != at+"/purpose?saved" {
		t.Fatalf("%d %q", a.StatusCode, a.location())
	}
	mine := url.Values{"revision": {"0"}, "title": {"Waiting times (made up)"}, "objective": {"What Ann wrote"}, "funder": {"Nobody"}}
	a := b.post(ann, at+"/purpose", mine)
	a.shows(t, 409, "Nothing is lost", "What Ann wrote", "Saved by somebody else meanwhile:", "What Olu <b>wrote</b>")
	if strings.Contains(a.body, "<b>wrote") {
		t.Error("unescaped")
	}
	var revision string
	for _, field := range input.FindAllStringSubmatch(a.body, -1) {
		if field[1] == "revision" {
			revision = field[2]
		}
	}
	mine.Set("revision", revision)
	if a := b.post(ann, at+"/purpose", mine); revision != "1" || a.StatusCode != http.StatusSeeOther {
		t.Errorf("revision %s: %d", revision, a.StatusCode)
	}
	b.get(olu, at+"/purpose").shows(t, 200, "What Ann wrote")
	if a := b.post(ann, at+"/parties", url.Values{"revision": {"0"}, "parties[0].organisation": {"Nobody Inc"}, "parties[0].role": {""}}); a.StatusCode != 422 || !strings.Contains(a.body, "Nobody Inc") {
		t.Errorf("an unknown party: %d", a.StatusCode)
	}
}

// TestOthersSeeNothing walks the pages of one organisation's application as
// everybody else.
func TestOthersSeeNothing(t *testing.T) {
	b := newBench(t)
	_, err := b.Service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: recipienttest.Email("Otto Other"), Name: "Otto Other", Role: access.Applicant, Organisation: "other-trust"})
	b.must(err)
	_, err = b.Service.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject("Otto Other"), Email: recipienttest.Email("Otto Other"), EmailVerified: true})
	b.must(err)
	at := b.begun(ann)
	if a := b.upload(ann, at+"/documents", "letter.txt", "Dear all", "step", "support"); a.location() != at+"/support#documents" {
		t.Fatalf("%d %.600s", a.StatusCode, a.body)
	}
	d, err := b.service.ReadApplication(t.Context(), b.People[ann], uuid.MustParse(strings.TrimPrefix(at, Home+"/")))
	b.must(err)
	document := at + "/documents/" + d.Attachments[0].ID.String()
	for _, path := range []string{at, at + "/check", at + "/sign", at + "/purpose", at + "/lines", document} {
		for who, status := range map[string]int{ann: 200, olu: 200, "Otto Other": 404, dee: 404, rob: 403} {
			if a := b.get(who, path); a.StatusCode != status {
				t.Errorf("%s as %s: %d", path, who, a.StatusCode)
			}
		}
		if a := b.get("", path); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.location(), "/login?next=") {
			t.Errorf("%s as nobody: %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{at + "/submit", at + "/purpose", at + "/apply", at + "/withdraw", at + "/lines", document + "/withdraw"} {
		for who, status := range map[string]int{"Otto Other": 404, rob: 403, "": 401} {
			if a := b.post(who, path, url.Values{"revision": {"0"}}); a.StatusCode != status {
				t.Errorf("posting to %s as %s: %d", path, who, a.StatusCode)
			}
		}
	}
	for _, path := range []string{Home + "/x", Home + "/" + uuid.NewString(), at + "/nonsense", at + "/lines/1", at + "/documents/x", at + "/terms.json"} {
		if a := b.get(ann, path); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	b.get("Otto Other", Home).shows(t, 200, "None yet.")
}

func TestDocuments(t *testing.T) {
	b := newBench(t)
	at := b.begun(ann)
	if a := b.upload(ann, at+"/documents", `C:\letters\"one".pdf`, "%PDF-1.7\n%%EOF\n", "step", "support"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %.900s", a.StatusCode, a.body)
	}
	b.upload(ann, at+"/documents", "page.txt", "<!DOCTYPE html><script>alert(1)</script>", "step", "support").shows(t, 422, "Document: it is text/html", "Add the document")
	b.upload(ann, at+"/documents", "", "words", "step", "support").shows(t, 422, "choose a file")
	b.upload(ann, at+"/documents", "a.txt", "", "step", "support").shows(t, 422, "not empty")
	b.upload(ann, at+"/documents", strings.Repeat("n", 300)+".txt", "words", "step", "support").shows(t, 422, "Document: its name is longer than 200 characters")
	b.upload(ann, at+"/documents", "a.txt", "words", "step", "nowhere").shows(t, 400)
	b.upload(ann, at+"/documents", "a.txt", "words "+strings.Repeat("x", release.MaxAttachment), "step", "support").shows(t, 413, "at most 20 MiB")
	d, err := b.service.ReadApplication(t.Context(), b.People[ann], uuid.MustParse(strings.TrimPrefix(at, Home+"/")))
	b.must(err)
	first := d.Attachments[0].ID.String()
	if a := b.upload(ann, at+"/documents", "two.pdf", "%PDF-1.7\n2\n%%EOF\n", "step", "support", "replaces", first); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %.900s", a.StatusCode, a.body)
	}
	a := b.get(ann, at+"/support")
	a.shows(t, 200, "two.pdf", "replaced by a later one", d.Attachments[0].SHA256)
	file := b.get(ann, at+"/documents/"+first)
	file.shows(t, 200, "%PDF-1.7")
	if !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") || file.Header.Get("Content-Security-Policy") != "sandbox" || file.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", file.Header)
	}
	if a := b.post(ann, at+"/documents/"+first+"/withdraw", url.Values{"step": {"support"}}); a.location() != at+"/support#documents" {
		t.Errorf("%d %q", a.StatusCode, a.location())
	}
	b.get(ann, at+"/documents/"+first).shows(t, 404, "withdrawn")
}

func TestSigning(t *testing.T) {
	b := newBench(t)
	id, err := b.Service.LogApplication(t.Context(), b.People[ann], recipienttest.Application())
	b.must(err)
	b.must(b.Service.SubmitVersion(t.Context(), b.People[ann], id))
	b.must(b.Service.TakeUp(t.Context(), b.People[olu], id))
	b.must(b.Service.ReviewVersion(t.Context(), b.People["Rita Reviewer"], id, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound, and clear."}))
	at := Home + "/" + id.String()
	b.get(sam, at+"/sign").shows(t, 200, "the terms are not approved yet")
	b.must(b.Service.ApproveVersion(t.Context(), b.People["Abel Approver"], id, "as advised"))
	b.must(b.Service.IssueVersion(t.Context(), b.People[olu], id))
	d, err := b.service.ReadApplication(t.Context(), b.People[sam], id)
	b.must(err)
	b.get(sam, Home).shows(t, 200, "1 to sign", "Read and sign it", at+"/sign")
	b.get(ann, at).shows(t, 200, "Recommended", "Sound, and clear.", "Others sign it")
	b.get(sam, at+"/sign").shows(t, 200, d.TermsSHA256, "Sign for Example University as controller", "1 June 2026", "To study waiting times.", "APPTDATE", ", as discloser: not signed")
	if file := b.get(sam, at+"/terms.json"); file.StatusCode != 200 || recipienttest.Digest([]byte(file.body)) != d.TermsSHA256 {
		t.Errorf("the terms as a file: %d, digest %s", file.StatusCode, recipienttest.Digest([]byte(file.body)))
	}
	b.loggedIn = b.now.Add(-time.Hour)
	a := b.get(sam, at+"/sign")
	a.shows(t, 200, "log in again", "/login?fresh=1&next=")
	if strings.Contains(a.body, "Sign for") {
		t.Error("a stale log-in is offered to sign")
	}
	form := url.Values{"organisation": {"example-university"}, "capacity": {"controller"}, "termsSha256": {d.TermsSHA256}}
	b.post(sam, at+"/sign", form).shows(t, 409, "log in again", "There is a problem")
	b.loggedIn = b.now
	b.post(sam, at+"/sign", url.Values{"organisation": {"example-university"}, "capacity": {"controller"}, "termsSha256": {"0"}}).shows(t, 409, "is not the digest")
	b.post(ann, at+"/sign", form).shows(t, 403)
	if a := b.post(sam, at+"/sign", form); a.location() != at+"/sign" {
		t.Fatalf("%d %.900s", a.StatusCode, a.body)
	}
	b.get(sam, at+"/sign").shows(t, 200, ", as controller: signed")
	if a := b.post(dee, at+"/sign", url.Values{"organisation": {"the-body"}, "capacity": {"discloser"}, "termsSha256": {d.TermsSHA256}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %.900s", a.StatusCode, a.body)
	}
	if d, err = b.service.ReadApplication(t.Context(), b.People[sam], id); err != nil || d.State != terms.Signed {
		t.Errorf("%v, %v", d.State, err)
	}
}

func TestPrecedentsAreShown(t *testing.T) {
	b := newBench(t)
	b.get(ann, Home+"/precedents").shows(t, 200, "Precedents", "HES diabetes s261(2)(b)(ii)")
	a := b.get(ann, Home+"/precedents?q=HES+waiting+s261(2)(b)(ii)")
	a.shows(t, 200, "1 agreement", "Hospital Episode Statistics Outpatients", "Words: <strong>waiting</strong>", "HES (", "/agreements/NIC-")
	if !strings.Contains(a.body, "<mark>waiting</mark>") {
		t.Error("the word that was found is not marked")
	}
	b.get(ann, Home+"/precedents?q=waiting+s251").shows(t, 200, "0 agreements")
	b.get(ann, Home+"/precedents?q="+strings.Repeat("a+", 13)).shows(t, 422, "at most 12 words")
	b.get(rob, Home+"/precedents").shows(t, 403)
}

func TestAnEnquiryBecomesAnApplication(t *testing.T) {
	b := newBench(t)
	a := b.post(ann, Home, url.Values{"applicant": {"example-university"}, "title": {"A question (made up)"}, "kind": {"enquiry"}})
	at := a.location()
	b.get(ann, at).shows(t, 200, "Make it an application", "Enquiry, no application yet")
	b.get(ann, at+"/check").shows(t, 200, "It is an enquiry and cannot be submitted")
	if a := b.post(ann, at+"/apply", url.Values{}); a.location() != at {
		t.Errorf("%d", a.StatusCode)
	}
	b.get(ann, at).shows(t, 200, "Check and submit")
	b.post(ann, at+"/apply", url.Values{}).shows(t, 409)
}
