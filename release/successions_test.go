package release_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func TestSuccessionIsFollowed(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	for _, name := range []string{"Old CCG", "Second CCG", "New ICB", "Public Health", "Trust A", "Trust B", "Gone"} {
		_, err := b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: name})
		b.must(err)
	}
	record := func(in release.SuccessionInput) error {
		_, err := b.RecordSuccession(b.ctx, officer, in)
		return err
	}
	transfer := func(from []string, to string, on *terms.Date, agreements ...string) release.SuccessionInput {
		return release.SuccessionInput{Kind: terms.StatutoryTransfer, From: from, To: to, On: *on, Instrument: "Health and Care Act 2022", Reason: "made-up", Agreements: agreements}
	}
	follows := func(slug, stem string, on *terms.Date, want string, kind terms.SuccessionKind) {
		t.Helper()
		got, how, err := b.SuccessorOf(b.ctx, slug, stem, *on)
		if err != nil || got != want || how != kind {
			t.Errorf("%s in %q on %s: %s by %q, want %s by %q; %v", slug, stem, on, got, how, want, kind, err)
		}
	}
	b.must(record(transfer([]string{"old-ccg", "second-ccg"}, "new-icb", day(2022, 7, 1))))
	follows("old-ccg", "", day(2022, 6, 30), "old-ccg", "")
	follows("old-ccg", "", day(2022, 7, 1), "new-icb", terms.StatutoryTransfer)
	follows("second-ccg", "", day(2026, 1, 1), "new-icb", terms.StatutoryTransfer)

	// One becomes several, agreement by agreement.
	var stems []string
	for range 2 {
		a := application()
		a.Applicant = "public-health"
		id, err := b.LogApplication(b.ctx, officer, a)
		b.must(err)
		stems = append(stems, b.version(id).Edges.Agreement.Stem)
	}
	b.must(record(transfer([]string{"public-health"}, "trust-a", day(2021, 10, 1), stems[0])))
	b.must(record(transfer([]string{"public-health"}, "trust-b", day(2021, 10, 1), stems[1])))
	follows("public-health", stems[0], day(2022, 1, 1), "trust-a", terms.StatutoryTransfer)
	follows("public-health", stems[1], day(2022, 1, 1), "trust-b", terms.StatutoryTransfer)
	follows("public-health", "", day(2022, 1, 1), "public-health", "")

	// A chain: the gravest step is told.
	b.must(record(release.SuccessionInput{Kind: terms.Merger, From: []string{"trust-a"}, To: "trust-b", On: *day(2023, 4, 1), Reason: "made-up"}))
	b.must(record(release.SuccessionInput{Kind: terms.Rename, From: []string{"trust-b"}, NewName: "Trust B and A", On: *day(2024, 4, 1), Reason: "made-up"}))
	follows("public-health", stems[0], day(2023, 3, 31), "trust-a", terms.StatutoryTransfer)
	follows("public-health", stems[0], day(2025, 1, 1), "trust-b", terms.Merger)
	follows("trust-b", "", day(2025, 1, 1), "trust-b", terms.Rename)
	b.must(record(release.SuccessionInput{Kind: terms.Dissolution, From: []string{"gone"}, On: *day(2024, 1, 1), Reason: "made-up"}))
	follows("gone", "", day(2025, 1, 1), "gone", terms.Dissolution)

	// What was recorded wrongly is taken back with its entry: the gate and the
	// register say the same again, and what is right can be recorded.
	takeBack := func(slug string) {
		t.Helper()
		number := int64(b.rows(`SELECT max(id) FROM entries WHERE kind = 'succession' AND organisation = '` + slug + `' AND NOT EXISTS (SELECT FROM entries w WHERE w.about = entries.id)`))
		_, err := b.WithdrawEntry(b.ctx, officer, release.EntryWithdrawal{About: number, Reason: "recorded wrongly"})
		b.must(err)
	}
	takeBack("gone")
	follows("gone", "", day(2025, 1, 1), "gone", "")
	b.must(record(transfer([]string{"gone"}, "new-icb", day(2024, 1, 1))))
	follows("gone", "", day(2025, 1, 1), "new-icb", terms.StatutoryTransfer)
	b.must(record(release.SuccessionInput{Kind: terms.Rename, From: []string{"trust-b"}, NewName: "Trust X", On: *day(2025, 4, 1), Reason: "made-up"}))
	takeBack("trust-b")
	if o := b.organisation("trust-b"); o.Name != "Trust B and A" {
		t.Errorf("after its rename was taken back it is %q", o.Name)
	}
	if public, err := b.PublishedOrganisation(b.ctx, 0, "trust-b", 0, 10); err != nil || public.Name != "Trust B and A" ||
		slices.ContainsFunc(public.Spellings, func(s release.Spelling) bool { return s.Name == "Trust X" }) {
		t.Errorf("the public reads %+v, %v", public, err)
	}

	for name, c := range map[string]struct {
		in    release.SuccessionInput
		codes []string
	}{
		"a name of before": {release.SuccessionInput{Kind: terms.Rename, From: []string{"trust-b"}, NewName: "Next", On: *day(2024, 3, 31), Reason: "x"}, []string{"order"}},
		"a name to come":   {release.SuccessionInput{Kind: terms.Rename, From: []string{"new-icb"}, NewName: "Next", On: *day(2099, 1, 1), Reason: "x"}, []string{"future"}},
		"before the NHS":   {transfer([]string{"new-icb"}, "trust-b", day(1948, 7, 4)), []string{"before"}},
		"second successor": {transfer([]string{"old-ccg"}, "trust-a", day(2023, 1, 1)), []string{"followed"}},
		"circle":           {transfer([]string{"new-icb"}, "second-ccg", day(2023, 1, 1)), []string{"circle"}},
		"itself":           {transfer([]string{"new-icb"}, "new-icb", day(2023, 1, 1)), []string{"circle"}},
		"no party":         {transfer([]string{"new-icb"}, "trust-b", day(2023, 1, 1), stems[0]), []string{"no-party"}},
		"unknown":          {transfer([]string{"x"}, "y", day(2023, 1, 1), "NIC-1"), []string{"organisation-unknown", "agreement-unknown"}},
		"no instrument":    {release.SuccessionInput{Kind: terms.Novation, From: []string{"new-icb"}, To: "trust-b", Reason: "x"}, []string{"required"}},
		"rename to nobody": {release.SuccessionInput{Kind: terms.Rename, From: []string{"new-icb"}, On: *day(2023, 1, 1), Reason: "x"}, []string{"new-name"}},
		"dissolved into":   {release.SuccessionInput{Kind: terms.Dissolution, From: []string{"new-icb"}, To: "trust-b", On: *day(2023, 1, 1), Reason: "x"}, []string{"dissolution"}},
		"new kind":         {release.SuccessionInput{Kind: "eaten", From: []string{"new-icb"}, To: "trust-b", On: *day(2023, 1, 1), Reason: "x"}, []string{"code-unknown"}},
	} {
		t.Run(name, func(t *testing.T) { b.refusedFor(record(c.in), fault.Invalid, c.codes...) })
	}
}

// TestARenameIsNoTransfer: the old name becomes an alias with its end, whether
// the record stays or another has the new name.
func TestARenameIsNoTransfer(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	_, err := b.RecordSuccession(b.ctx, officer, release.SuccessionInput{Kind: terms.Rename, From: []string{"other-trust"}, NewName: "Grand Trust", On: *day(2026, 4, 1), Reason: "made-up"})
	b.must(err)
	o := b.recorded("other-trust")
	if o.Name != "Grand Trust" || len(o.Edges.Aliases) != 1 || o.Edges.Aliases[0].Name != "Other Trust" || o.Edges.Aliases[0].To.String() != "2026-03-31" {
		t.Errorf("%+v %+v", o, o.Edges.Aliases)
	}
	_, err = b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "Example College"})
	b.must(err)
	_, err = b.RecordSuccession(b.ctx, officer, release.SuccessionInput{Kind: terms.Rename, From: []string{"example-college"}, To: "example-university", On: *day(2020, 8, 1), Reason: "made-up"})
	b.must(err)
	if o := b.recorded("example-university"); len(o.Edges.Aliases) != 1 || o.Edges.Aliases[0].Name != "Example College" || o.Edges.Aliases[0].Reason != "former name" {
		t.Errorf("%+v", o.Edges.Aliases)
	}
	if to, kind, err := b.SuccessorOf(b.ctx, "example-college", "", *day(2021, 1, 1)); to != "example-university" || kind != terms.Rename || err != nil {
		t.Errorf("%s by %s: %v", to, kind, err)
	}
}

// TestTwoRecordOneSuccession: of two at once, one is refused; no circle stands.
func TestTwoRecordOneSuccession(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	pairs := [][2]string{{"example-university", "other-trust"}, {"other-trust", "example-university"}}
	errs := make([]error, len(pairs))
	var wait sync.WaitGroup
	for i, pair := range pairs {
		wait.Go(func() {
			_, errs[i] = b.RecordSuccession(b.ctx, officer, release.SuccessionInput{Kind: terms.Merger, From: []string{pair[0]}, To: pair[1], On: *day(2026, 1, 1), Reason: "made-up"})
		})
	}
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v and %v", errs[0], errs[1])
	}
}

// TestSuccessorsAlwaysEnd: whatever is recorded, following ends at somebody who
// is followed by nobody on that day, and a day before all of it changes nobody.
func TestSuccessorsAlwaysEnd(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		var slugs []string
		for i := range 5 {
			slug, err := b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: fmt.Sprintf("Body %d of %d", i, run)})
			if err != nil {
				r.Fatal(err)
			}
			slugs = append(slugs, slug)
		}
		for range rapid.IntRange(1, 8).Draw(r, "successions") {
			in := release.SuccessionInput{Kind: rapid.SampledFrom([]terms.SuccessionKind{terms.Rename, terms.Merger, terms.StatutoryTransfer}).Draw(r, "kind"),
				From: []string{rapid.SampledFrom(slugs).Draw(r, "from")}, To: rapid.SampledFrom(slugs).Draw(r, "to"),
				On: terms.NewDate(rapid.IntRange(2010, 2020).Draw(r, "year"), time.January, 1), Instrument: "made-up", Reason: "made-up"}
			if _, err := b.RecordSuccession(b.ctx, officer, in); err != nil {
				if !errors.Is(err, fault.Invalid) {
					r.Fatal(err)
				}
			}
		}
		for _, slug := range slugs {
			on := terms.NewDate(rapid.IntRange(2009, 2021).Draw(r, "on"), time.June, 1)
			last, _, err := b.SuccessorOf(b.ctx, slug, "", on)
			if err != nil {
				r.Fatal(err)
			}
			if again, how, err := b.SuccessorOf(b.ctx, last, "", on); err != nil || again != last || (how != "" && how != terms.Rename) {
				r.Fatalf("%s is followed by %s, and that by %s (%s): %v", slug, last, again, how, err)
			}
			if before, how, err := b.SuccessorOf(b.ctx, slug, "", terms.NewDate(2009, time.December, 31)); err != nil || before != slug || how != "" {
				r.Fatalf("before all: %s by %s: %v", before, how, err)
			}
		}
	})
}
