package release_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// releasedOnce takes an application to a release and gives its entry.
func (b *bench) releasedOnce(p people) int64 {
	b.t.Helper()
	b.key(p)
	version := b.signed(p, application())
	numbers, err := b.ReleaseExtract(b.ctx, p.releaser, b.produced(p, version), "checked")
	b.must(err)
	return numbers[0]
}

func (b *bench) published(number int64) *release.PublishedEntry {
	b.t.Helper()
	found, err := b.PublishedEntryAt(b.ctx, 0, number)
	b.must(err)
	return found
}

// foundLate enters late another release like one that was made here.
func (b *bench) foundLate(p people, like int64) int64 {
	b.t.Helper()
	values := map[string]string{}
	for _, c := range register.Amendable(register.Release) {
		values[c.Name] = c.Text(b.published(like).Entry)
	}
	number, err := b.EnterLate(b.ctx, p.officer, release.LateInput{Reason: "Found in a drawer.", Values: values, Another: like})
	b.must(err)
	return number
}

// Of a release that was made here the register says what its files and
// downloads say: neither is put away by words.
func TestTheRegisterContradictsNoRelease(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.releasedOnce(p)
	for _, about := range []int64{number, number - 1} { // the release, and its agreement
		_, err := b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: about, Reason: "x", Values: map[string]string{"title": "Another"}})
		b.refusedFor(err, fault.Refused)
		_, err = b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: about, Reason: "It should not be seen."})
		b.refusedFor(err, fault.Refused)
	}
	if b.published(number).EndedBy != nil {
		t.Error("the entry of a release no longer stands")
	}
}

// Nothing that was published changes: a correction says what it should have
// said, a withdrawal that it no longer stands, and the log has them all.
func TestEntriesAreCorrectedAndWithdrawnByEntries(t *testing.T) {
	b := newBench(t)
	p := b.people()
	made := b.releasedOnce(p)
	number := b.foundLate(p, made)
	before := b.published(number)
	leaf, err := before.Entry.Leaf()
	b.must(err)

	_, err = b.CorrectEntry(b.ctx, p.recipient, release.CorrectionInput{About: number, Reason: "x", Values: map[string]string{"opt_out": "applied"}})
	b.refusedFor(err, fault.Forbidden)
	// Everything that is wrong is told at once, the missing reason with it.
	_, err = b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: number, Reason: " ",
		Values: map[string]string{"opt_out": "perhaps", "organisation_id": "nobody", "dataset": "nothing", "rows_band": "none", "title": "a\u202eb", "reference": "Mrs Nobody 1", "event_to": "2099-01-01"}})
	b.refusedFor(err, fault.Invalid, "required", "value", "organisation-unknown", "dataset-unknown", "column-unknown", "text", "agreement-unknown", "future")
	_, err = b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: 9999, Reason: "x", Values: map[string]string{"opt_out": "applied"}})
	b.refusedFor(err, fault.NotFound)

	first, err := b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: number, Reason: "The form said otherwise.", Values: map[string]string{"sensitivity": "sensitive"}})
	b.must(err)
	second, err := b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: first, Reason: "To the trust's other name.", Values: map[string]string{"organisation_id": "the-body"}})
	b.must(err)
	got := b.published(second).Entry
	if got.About != number || got.Corrects != register.Release || got.Sensitivity != terms.Sensitive || got.Get(register.OrganisationID) != "the-body" || got.Get(register.OrganisationName) != "The Body" {
		t.Errorf("%+v", got)
	}
	again, err := b.published(number).Entry.Leaf()
	b.must(err)
	if string(again) != string(leaf) {
		t.Error("the entry was changed")
	}
	if found := b.published(number); found.EndedBy == nil {
		t.Error("the corrected entry stands beside its correction")
	}

	_, err = b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: second, Reason: "x"})
	b.refusedFor(err, fault.Invalid, "kind")
	withdrawn, err := b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: number, Reason: "It was entered twice."})
	b.must(err)
	_, err = b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: number, Reason: "x"})
	b.refusedFor(err, fault.Conflict)
	_, err = b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: number, Reason: "x", Values: map[string]string{"sensitivity": "non_sensitive"}})
	b.refusedFor(err, fault.Conflict)
	results, err := b.SearchRegister(b.ctx, release.RegisterQuery{Stands: []terms.Answer{terms.Yes}, Kinds: []register.Kind{register.Release}})
	b.must(err)
	if results.Total != 1 || results.Entries[0].Number != made {
		t.Errorf("%d releases stand after the withdrawal %d", results.Total, withdrawn)
	}
	checked, findings, err := b.CheckEntries(b.ctx)
	if err != nil || len(findings) > 0 || int64(checked) != withdrawn {
		t.Errorf("%d entries, %v, %v", checked, findings, err)
	}
}

// A form that was opened before another correction undoes nothing of it: what
// was not touched on it stays as it stands, and where both speak the second is
// told.
func TestACorrectionUndoesNoOther(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.foundLate(p, b.releasedOnce(p))
	form := map[string]string{}
	for _, c := range register.Amendable(register.Release) {
		form[c.Name] = c.Text(b.published(number).Entry)
	}
	correct := func(column, value string) (int64, error) {
		values := map[string]string{}
		for name, text := range form {
			values[name] = text
		}
		values[column] = value
		return b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: number, Reason: "read wrongly", Values: values, BasedOn: number})
	}
	_, err := correct("sensitivity", "sensitive")
	b.must(err)
	_, err = correct("sensitivity", "sensitive") // sent twice
	b.refusedFor(err, fault.Invalid, "unchanged")
	_, err = correct("sensitivity", "not_recorded")
	b.refusedFor(err, fault.Invalid, "changed-since")
	second, err := correct("frequency", "frequent_ad_hoc")
	b.must(err)
	if e := b.published(second).Entry; e.Sensitivity != terms.Sensitive || e.Frequency != terms.FrequentAdHoc {
		t.Errorf("the second correction says %s, %s", e.Sensitivity, e.Frequency)
	}
	_, err = b.CorrectEntry(b.ctx, p.officer, release.CorrectionInput{About: number, Reason: "x", Values: form, BasedOn: number + 100})
	b.refusedFor(err, fault.Invalid, "reading")
}

// Two who withdraw at once: one does, and the other is told.
func TestOneOfTwoWithdraws(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.foundLate(p, b.releasedOnce(p))
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: number, Reason: "twice"})
		})
	}
	wait.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			b.refusedFor(err, fault.Conflict)
		}
	}
	if done != 1 {
		t.Errorf("%d withdrew", done)
	}
}

// A text goes by law, with its salt; a tombstone tells of it, and the log
// verifies.
func TestErasure(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.releasedOnce(p)
	agreement := number - 1
	guardian := b.as("Cal Guardian", "the-body", access.CaldicottGuardian)
	input := release.ErasureInput{Entry: agreement, Fields: []register.Field{register.Objective, register.Outputs}, Reason: "It named a patient.", Law: "UK GDPR, Article 17(1)(d)"}
	_, _, err := b.EraseText(b.ctx, p.officer, input)
	b.refusedFor(err, fault.Forbidden)
	_, _, err = b.EraseText(b.ctx, guardian, release.ErasureInput{Entry: agreement, Fields: []register.Field{"nothing", register.OrganisationID}, Reason: "x", Law: "y"})
	b.refusedFor(err, fault.Invalid, "text-unknown", "text-code")
	_, _, err = b.EraseText(b.ctx, guardian, release.ErasureInput{Entry: agreement, Fields: []register.Field{register.Objective}, Reason: "x"})
	b.refusedFor(err, fault.Invalid)
	if n := b.rows(`SELECT count(*) FROM text_words WHERE entry = $1`, agreement); n == 0 {
		_, err := b.IndexTexts(b.ctx)
		b.must(err)
	}
	tombstone, repeated, err := b.EraseText(b.ctx, guardian, input)
	b.must(err)
	if len(repeated) > 0 {
		t.Errorf("repeated in %v", repeated)
	}
	e := b.published(agreement).Entry
	for _, text := range e.Texts {
		if gone := slices.Contains(input.Fields, text.Field); text.Erased != gone || gone && (text.Text != "" || len(text.Salt) > 0) || text.Withheld {
			t.Errorf("%+v", text)
		}
	}
	if n := b.rows(`SELECT count(*) FROM entry_texts WHERE entry_texts = $1 AND field IN ('objective', 'outputs')`, agreement); n != 0 {
		t.Errorf("%d texts are still there", n)
	}
	stone := b.published(tombstone).Entry
	if stone.Kind != register.Tombstone || stone.About != agreement || !slices.Equal(stone.Fields, input.Fields) || !strings.Contains(stone.Get(register.Reason), "Article 17") {
		t.Errorf("%+v", stone)
	}
	_, _, err = b.EraseText(b.ctx, guardian, input)
	b.refusedFor(err, fault.Conflict)
	if _, findings, err := b.CheckEntries(b.ctx); err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
}

// The files of a release are taken back: nobody downloads them any more, and
// the register tells it.
func TestFilesAreWithdrawn(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	version := b.signed(p, application())
	extract := b.produced(p, version)
	_, err := b.WithdrawExtract(b.ctx, p.releaser, extract, "x")
	b.refusedFor(err, fault.Conflict)
	numbers, err := b.ReleaseExtract(b.ctx, p.releaser, extract, "checked")
	b.must(err)
	_, err = b.WithdrawExtract(b.ctx, p.recipient, extract, "x")
	b.refusedFor(err, fault.Forbidden)
	_, err = b.WithdrawExtract(b.ctx, p.releaser, extract, " ")
	b.refusedFor(err, fault.Invalid)
	entries, err := b.WithdrawExtract(b.ctx, p.releaser, extract, "It was made for another line.")
	b.must(err)
	if len(entries) != 1 || b.published(entries[0]).Entry.Kind != register.Withdrawal || b.published(numbers[0]).EndedBy.Number != entries[0] {
		t.Errorf("entries %v", entries)
	}
	if state := b.extract(extract).State; state != terms.ExtractWithdrawn {
		t.Errorf("the extract is %s", state)
	}
	if n := b.rows(`SELECT count(*) FROM files WHERE withdrawn_at IS NULL`); n != 0 {
		t.Errorf("%d files can still be downloaded", n)
	}
}

// What the body records of agreements and organisations is in the register.
func TestEndsAndSuccessionsAreEntered(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	size := b.rows(`SELECT max(id) FROM entries`)
	b.must(b.TerminateVersion(b.ctx, p.officer, version, "The study was given up."))
	b.must(b.CloseVersion(b.ctx, p.officer, version, "Certificate 7"))
	_, err := b.RecordSuccession(b.ctx, p.officer, release.SuccessionInput{Kind: terms.Rename, From: []string{"example-university"}, NewName: "University of Example",
		On: terms.Today(b.now), Reason: "By its new charter."})
	b.must(err)
	ended, destroyed, renamed := b.published(size+1).Entry, b.published(size+2).Entry, b.published(size+3).Entry
	if ended.Kind != register.Termination || ended.Get(register.Reason) != "The study was given up." || ended.Stem == "" || ended.Get(register.OrganisationID) != "example-university" {
		t.Errorf("%+v", ended)
	}
	if destroyed.Kind != register.Destruction || strings.Contains(destroyed.Get(register.Reason), "Certificate 7") {
		t.Errorf("%+v", destroyed)
	}
	if renamed.Kind != register.Succession || renamed.Relation != terms.RenamedTo || renamed.Get(register.OrganisationName) != "Example University" || renamed.Get(register.Successor) != "University of Example" {
		t.Errorf("%+v", renamed)
	}
	body, err := b.PublishedOrganisation(b.ctx, 0, "example-university", 1, 5)
	if err != nil || body.Name != "University of Example" {
		t.Errorf("%+v, %v", body, err)
	}
	if _, err := ledger.Register.Size(b.ctx, b.DB()); err != nil {
		t.Error(err)
	}
}

// A rename is never into somebody who is one for themselves.
func TestNobodyIsRenamedIntoAnother(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.signed(p, application())
	_, err := b.RecordSuccession(b.ctx, p.officer, release.SuccessionInput{Kind: terms.Rename, From: []string{"example-university"}, To: "the-body", On: terms.Today(b.now), Reason: "because I say so"})
	b.refusedFor(err, fault.Invalid, "rename-other")
}

// rows counts.
func (b *bench) rows(query string, args ...any) (n int64) {
	b.t.Helper()
	b.must(b.DB().QueryRowContext(b.ctx, query, args...).Scan(&n))
	return n
}

// All that a published row said goes by law with it: the file of the edition,
// the entry's page and the flags have none of it, and say why.
func TestErasureOfAPublishedRow(t *testing.T) {
	s, db, report := imported(t)
	number := int64(5000)
	input := release.ErasureInput{Entry: number, Fields: []register.Field{register.AsPublished}, Reason: "A name stood in a cell.", Law: "UK GDPR, Article 17(1)(d)"}
	if _, err := db.DB.Exec(`UPDATE source_rows SET cells = (SELECT jsonb_agg('null'::jsonb) FROM jsonb_array_elements(cells)) WHERE entry_number = $1`, number); err == nil {
		t.Fatal("a row was erased without a tombstone")
	}
	before, err := s.PublishedEntry(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.EraseText(t.Context(), guardian, input); err != nil {
		t.Fatal(err)
	}
	if _, err := db.DB.Exec(`UPDATE source_rows SET cells = jsonb_set(cells, '{0}', '"another"') WHERE entry_number = $1`, number); err == nil {
		t.Error("what was erased was written anew")
	}
	after, err := s.PublishedEntry(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	erased := 0
	for i := range after.Source.Cells {
		if after.Source.Gone[i] == release.GoneErased {
			erased++
		} else if after.Source.Cells[i] != before.Source.Cells[i] {
			t.Errorf("column %d: %q", i+1, after.Source.Cells[i])
		}
	}
	if erased < 6 {
		t.Errorf("%d cells are erased", erased)
	}
	var file bytes.Buffer
	if err := s.ExportEdition(t.Context(), report.SHA256, &file); err != nil {
		t.Fatal(err)
	}
	sheets, err := workbook.Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	sheet := slices.IndexFunc(sheets, func(x register.Sheet) bool { return x.Name == before.Source.Sheet })
	for i, cell := range before.Source.Cells {
		if got := sheets[sheet].Cell(before.Source.Line, i+1); after.Source.Gone[i] == release.GoneErased && got != "" {
			t.Errorf("the file has %q still, which was %q", got, cell)
		}
	}
	var flags []flag.Reason
	for ready := false; !ready; {
		if flags, ready, err = s.FlagsOfEntry(t.Context(), 0, number); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range flags {
		if f.Rule.ID == flag.BlankCell {
			t.Errorf("an erased cell is called blank: %+v", f)
		}
	}
	if _, findings, err := s.CheckEntries(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
}
