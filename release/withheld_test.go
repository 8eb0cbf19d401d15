package release_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

// guardian decides about withheld texts.
var guardian = access.Actor{PersonID: uuid.MustParse("00000000-0000-7000-8000-0000000000c6"), Memberships: []access.Membership{{Role: access.CaldicottGuardian}}}

func withheldTexts(t *testing.T, s *release.Service, filter release.WithheldFilter) []release.WithheldText {
	t.Helper()
	texts, total, err := s.WithheldTexts(t.Context(), guardian, filter, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if total != len(texts) {
		t.Fatalf("%d texts, %d counted", len(texts), total)
	}
	return texts
}

// fits says whether an entry as readers have it fits its leaf.
func fits(t *testing.T, s *release.Service, db *migrationstest.DB, number int64) proof.Entry {
	t.Helper()
	found, err := s.PublishedEntry(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	public, err := found.Entry.Public()
	if err != nil {
		t.Fatal(err)
	}
	checked := proof.CheckEntry(number-1, one[[]byte](t, db, `SELECT leaf FROM entries WHERE id = $1`, number), public)
	for _, reason := range checked.Reasons {
		t.Errorf("entry %d: %s: %s", number, reason.Field, reason.Message)
	}
	return checked
}

func textOf(t *testing.T, s *release.Service, number int64, field register.Field) register.Text {
	t.Helper()
	found, err := s.PublishedEntry(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found.Entry.Texts, func(x register.Text) bool { return x.Field == field })
	if i < 0 {
		t.Fatalf("entry %d has no %s", number, field)
	}
	return found.Entry.Texts[i]
}

// The real edition: what is held in it, and what becomes of it.
func TestWithheldTextsOfARealEdition(t *testing.T) {
	s, db, report := imported(t)
	waiting := withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting})
	if entries := one[int](t, db, `SELECT count(*) FROM entries`); entries != 5664 {
		t.Fatalf("%d entries: a finding held an entry back", entries)
	}
	for _, held := range waiting {
		if held.Entry > 0 {
			if x := textOf(t, s, held.Entry, held.Field); !x.Withheld || x.Text != "" || x.Salt != nil {
				t.Errorf("the %s of entry %d is given to readers", held.Field, held.Entry)
			}
			if checked := fits(t, s, db, held.Entry); !slices.Contains(checked.Withheld, string(held.Field)) {
				t.Errorf("the proof of entry %d does not say that %s is withheld", held.Entry, held.Field)
			}
		}
		if len(held.Windows) != len(held.Findings) || len(held.Findings) == 0 {
			t.Errorf("%d windows of %d findings", len(held.Windows), len(held.Findings))
		}
	}
	counted := map[privacy.Kind]int{}
	for _, c := range report.Withheld {
		counted[c.Kind] = c.Texts + c.Cells
	}
	byKind := map[privacy.Kind]int{}
	for _, held := range waiting {
		for _, k := range privacy.KindsOf(held.Findings) {
			byKind[k]++
		}
	}
	if want := map[privacy.Kind]int{privacy.Email: 1, privacy.TitledName: 13, privacy.SmallCount: 13}; fmt.Sprint(byKind) != fmt.Sprint(want) || len(waiting) != 27 {
		t.Errorf("%d texts wait: %v, want %v", len(waiting), byKind, want)
	}
	if fmt.Sprint(counted) != fmt.Sprint(byKind) {
		t.Errorf("the report counts %v", counted)
	}

	// Published as a class: what the public reads then fits the log.
	class := release.WithheldFilter{Kind: privacy.SmallCount}
	_, err := s.DecideWithheld(t.Context(), guardian, release.DecideInput{Class: &class, Expect: 99, Decision: release.PublishWithheld, Reason: "x"})
	if !isKind(err, fault.Conflict) {
		t.Errorf("a class of another size: %v", err)
	}
	only := withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting, Kind: privacy.SmallCount, Only: true})
	decided, err := s.DecideWithheld(t.Context(), guardian, release.DecideInput{Class: &class, Expect: len(only), Decision: release.PublishWithheld,
		Reason: "NHS Digital published it in its register of February 2021."})
	if err != nil || decided.Published != len(only) {
		t.Fatalf("%+v, %v", decided, err)
	}
	for _, held := range only {
		if held.Entry == 0 {
			continue
		}
		x := textOf(t, s, held.Entry, held.Field)
		if x.Withheld || len(privacy.Scan(x.Text)) == 0 {
			t.Errorf("the %s of entry %d is not published as it was", held.Field, held.Entry)
		}
		if checked := fits(t, s, db, held.Entry); slices.Contains(checked.Withheld, string(held.Field)) {
			t.Errorf("entry %d: %s is still withheld", held.Entry, held.Field)
		}
	}
	if n, err := s.WithheldCount(t.Context()); err != nil || n != len(waiting)-len(only) {
		t.Errorf("%d wait after it, want %d: %v", n, len(waiting)-len(only), err)
	}
	for _, held := range withheldTexts(t, s, release.WithheldFilter{State: release.WithheldPublished}) {
		if held.Windows != nil || held.DecidedAt == nil || held.Reason == "" {
			t.Errorf("a decided text: %+v", held)
		}
	}

	// Erased: the words are nowhere, a tombstone says so, and the log holds.
	email := withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting, Kind: privacy.Email})[0]
	words := email.Windows[0].Found
	erase := release.DecideInput{IDs: []uuid.UUID{email.ID}, Decision: release.EraseWithheld, Reason: "An address of a help desk that nobody needs."}
	if _, err := s.DecideWithheld(t.Context(), guardian, erase); !isKind(err, fault.Invalid) {
		t.Errorf("an erasure without a law: %v", err)
	}
	erase.Law = "UK GDPR Article 17(1)(d)"
	decided, err = s.DecideWithheld(t.Context(), guardian, erase)
	if err != nil || decided.Erased != 1 || len(decided.Tombstones) != 1 {
		t.Fatalf("%+v, %v", decided, err)
	}
	if x := textOf(t, s, email.Entry, email.Field); !x.Erased || x.Withheld {
		t.Errorf("an erased text: %+v", x)
	}
	fits(t, s, db, email.Entry)
	fits(t, s, db, decided.Tombstones[0])
	stone, err := s.PublishedEntry(t.Context(), decided.Tombstones[0])
	if err != nil {
		t.Fatal(err)
	}
	if e := stone.Entry; e.Kind != register.Tombstone || e.About != email.Entry || !slices.Equal(e.Fields, []register.Field{email.Field}) ||
		!strings.Contains(e.Get(register.Reason), "Article 17(1)(d)") || e.Reference != email.Reference {
		t.Errorf("the tombstone: %+v", e)
	}
	for _, table := range []string{"entry_texts", "withheld_contents", "withheld_texts", "withheld_decisions", "events", "source_cells", "source_rows", "history"} {
		if n := one[int](t, db, `SELECT count(*) FROM `+table+` AS r WHERE r::text ILIKE '%' || $1 || '%'`, words); n > 0 && table != "source_rows" {
			t.Errorf("%d rows of %s still have the words", n, table)
		}
	}
	if _, err := s.DecideWithheld(t.Context(), guardian, erase); !isKind(err, fault.Conflict) {
		t.Errorf("a second decision: %v", err)
	}
	erase.IDs = []uuid.UUID{uuid.New()}
	if _, err := s.DecideWithheld(t.Context(), guardian, erase); !isKind(err, fault.NotFound) {
		t.Errorf("no text: %v", err)
	}
	if found, findings, err := s.CheckEntries(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("%d entries checked: %v, %v", found, findings, err)
	}
}

func isKind(err, kind error) bool {
	return err != nil && strings.EqualFold(fault.Code(err), strings.ReplaceAll(kind.Error(), " ", "_"))
}

// Of two who decide at once the second is told, and one decision stands.
func TestTwoDecideAboutOneText(t *testing.T) {
	s, db, _ := imported(t)
	held := withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting})[0]
	errs := make([]error, 4)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			input := release.DecideInput{IDs: []uuid.UUID{held.ID}, Decision: []string{release.PublishWithheld, release.EraseWithheld}[i%2], Reason: "race", Law: "UK GDPR Article 17"}
			_, errs[i] = s.DecideWithheld(t.Context(), guardian, input)
		})
	}
	wait.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case !isKind(err, fault.Conflict):
			t.Errorf("%v", err)
		}
	}
	if done != 1 || one[int](t, db, `SELECT count(*) FROM withheld_decisions`) != 1 {
		t.Errorf("%d of 4 decided", done)
	}
	fits(t, s, db, held.Entry)
}

func TestOnlyWhoMayDecidesAndSees(t *testing.T) {
	s, _, _ := imported(t)
	auditor := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{{Role: access.Auditor}}}
	texts, _, err := s.WithheldTexts(t.Context(), auditor, release.WithheldFilter{}, 0, 5)
	if err != nil || len(texts) != 5 {
		t.Fatalf("%d texts: %v", len(texts), err)
	}
	for _, held := range texts {
		if held.Windows != nil {
			t.Error("an auditor reads the words")
		}
	}
	input := release.DecideInput{IDs: []uuid.UUID{texts[0].ID}, Decision: release.PublishWithheld, Reason: "x"}
	for who, c := range map[string]struct {
		actor access.Actor
		kind  error
	}{"nobody": {access.Actor{}, fault.Unauthenticated}, "auditor": {auditor, fault.Forbidden}, "importer": {access.Actor{System: "import"}, fault.Unauthenticated}} {
		if _, err := s.DecideWithheld(t.Context(), c.actor, input); !isKind(err, c.kind) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, _, err := s.WithheldTexts(t.Context(), access.Actor{}, release.WithheldFilter{}, 0, 0); !isKind(err, fault.Unauthenticated) {
		t.Errorf("nobody reads: %v", err)
	}
	for name, wrong := range map[string]release.DecideInput{
		"nothing chosen": {Decision: release.PublishWithheld, Reason: "x"},
		"both":           {IDs: input.IDs, Class: &release.WithheldFilter{}, Decision: release.PublishWithheld, Reason: "x"},
		"no reason":      {IDs: input.IDs, Decision: release.PublishWithheld, Reason: " "},
		"no decision":    {IDs: input.IDs, Reason: "x"},
		"another":        {IDs: input.IDs, Decision: "burn", Reason: "x"},
	} {
		if _, err := s.DecideWithheld(t.Context(), guardian, wrong); !isKind(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The classes add up to what the list has.
func TestClassesOfWithheldTexts(t *testing.T) {
	s, _, _ := imported(t)
	classes, err := s.WithheldClasses(t.Context(), guardian)
	if err != nil {
		t.Fatal(err)
	}
	if len(classes) == 0 {
		t.Fatal("no class")
	}
	for _, c := range classes {
		filter := release.WithheldFilter{State: release.WithheldWaiting, Kind: c.Kind, Edition: c.Edition}
		if n := len(withheldTexts(t, s, filter)); n != c.Texts {
			t.Errorf("%s of %s: %d, and the list has %d", c.Kind, c.Title, c.Texts, n)
		}
		filter.Only = true
		if n := len(withheldTexts(t, s, filter)); n != c.Only {
			t.Errorf("only %s of %s: %d, and the list has %d", c.Kind, c.Title, c.Only, n)
		}
	}
	for _, none := range []release.WithheldFilter{{Edition: release.OwnEntries}, {Edition: "x"}, {Kind: "x"}, {Entry: 99999}, {State: release.WithheldErased}, {Field: register.Title}} {
		if n := len(withheldTexts(t, s, none)); n != 0 {
			t.Errorf("%+v finds %d", none, n)
		}
	}
}

// No JSON, CSV or page of the public has a word of what is withheld.
func TestExportsHaveNoWithheldWords(t *testing.T) {
	s, _, report := imported(t)
	var out, file bytes.Buffer
	if err := s.ExportRegister(t.Context(), release.JSON, release.RegisterQuery{}, false, &out); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportRegister(t.Context(), release.CSV, release.RegisterQuery{}, false, &out); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportEdition(t.Context(), report.SHA256, &file); err != nil {
		t.Fatal(err)
	}
	sheets, err := workbook.Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&out).Encode(sheets); err != nil {
		t.Fatal(err)
	}
	for _, held := range withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting}) {
		for _, w := range held.Windows {
			quoted, err := json.Marshal(w.Before + w.Found + w.After)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(out.Bytes(), quoted[1:len(quoted)-1]) {
				t.Errorf("the export has the %s of entry %d", held.Field, held.Entry)
			}
		}
	}
}

// Words that somebody typed here wait for somebody else, and a class is of one
// kind.
func TestNobodyPublishesTheirOwnWithheldWords(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.foundLate(p, b.releasedOnce(p))
	entry, err := b.WithdrawEntry(b.ctx, p.officer, release.EntryWithdrawal{About: number, Reason: "Asked for by nobody@example.org."})
	b.must(err)
	waiting, _, err := b.WithheldTexts(b.ctx, p.officer, release.WithheldFilter{Entry: entry}, 0, 0)
	b.must(err)
	if len(waiting) != 1 {
		t.Fatalf("%d texts wait", len(waiting))
	}
	decide := func(actor access.Actor, input release.DecideInput) error {
		input.Reason, input.Law = "It is its own address.", "UK GDPR, Article 17(1)(d)"
		_, err := b.DecideWithheld(b.ctx, actor, input)
		return err
	}
	own := release.DecideInput{IDs: []uuid.UUID{waiting[0].ID}, Decision: release.PublishWithheld}
	b.refusedFor(decide(p.officer, own), fault.Refused)
	b.refusedFor(decide(p.officer, release.DecideInput{Class: &release.WithheldFilter{Kind: privacy.Email}, Expect: 1, Decision: release.PublishWithheld}), fault.Refused)
	b.refusedFor(decide(guardian, release.DecideInput{Class: &release.WithheldFilter{}, Expect: 1, Decision: release.PublishWithheld}), fault.Invalid, "required")
	if !textOf(t, b.Service, entry, register.Reason).Withheld {
		t.Error("it was published")
	}
	b.must(decide(guardian, own))
	if text := textOf(t, b.Service, entry, register.Reason); text.Withheld || text.Text == "" {
		t.Errorf("%+v", text)
	}
}
