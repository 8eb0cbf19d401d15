package release_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// counter counts statements, but not those that begin and end transactions.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	switch verb, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(q.SQL)), " "); verb {
	case "begin", "commit", "rollback", ";":
	default:
		c.n.Add(1)
	}
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// counted is a database whose statements are counted.
func counted(t testing.TB, d *migrationstest.DB) (*sql.DB, *counter) {
	t.Helper()
	config, err := pgx.ParseConfig(d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{}
	config.Tracer = c
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return db, c
}

// seedQueue makes agreements of five versions each, of which the last is open,
// with three stages; some are owned. It is bulk for measuring, not history.
func seedQueue(t testing.TB, db *sql.DB, agreements int) {
	t.Helper()
	for _, statement := range []string{
		`insert into organisations (id, created_at, slug, name) select gen_random_uuid(), now(), 'organisation-' || i, 'Organisation ' || i from generate_series(1, 200) i`,
		`insert into persons (id, created_at, name, email) select gen_random_uuid(), now(), 'Officer ' || i, 'officer' || i || '@example.org' from generate_series(1, 20) i`,
		`insert into agreements (id, created_at, stem, local, agreement_applicant)
			select gen_random_uuid(), now(), 'NIC-' || (100000 + i) || '-AAAAA', false, o.id from generate_series(1, $1) i
			join organisations o on o.slug = 'organisation-' || (1 + i % 200)`,
		`insert into agreement_versions (id, created_at, number, major, minor, kind, state, title, controllership, owner_id, agreement_versions)
			select gen_random_uuid(), now(), 'v' || m || '.0', m, 0, 'renewal',
				case when m < 4 then 'signed' else (array['draft', 'submitted', 'in_review', 'recommended', 'approved', 'issued'])[1 + substring(a.stem, 5, 6)::int % 6] end,
				'Study ' || a.stem, 'sole', case when m = 4 then (select id from persons where name = 'Officer ' || (1 + substring(a.stem, 5, 6)::int % 25)) end, a.id
			from agreements a, generate_series(0, 4) m`,
		`insert into stages (id, created_at, state, at, agreement_version_stages)
			select gen_random_uuid(), now(), s.state, timestamptz '2026-01-01' + (s.n + v.major + substring(v.title, 11, 6)::int % 200) * interval '1 day', v.id
			from agreement_versions v, (values (1, 'draft'), (2, 'submitted'), (3, 'in_review')) s (n, state)`,
		`analyze`,
	} {
		var args []any
		if strings.Contains(statement, "$1") {
			args = append(args, agreements)
		}
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

var looker = access.Actor{PersonID: uuid.MustParse("00000000-0000-7000-8000-000000000001"), Memberships: []access.Membership{{Role: access.AccessOfficer}}}

// TestQueueAsksTheSameNumberOfStatements whatever there is to read.
func TestQueueAsksTheSameNumberOfStatements(t *testing.T) {
	var all []int64
	for _, agreements := range []int{2, 150} {
		d := migrationstest.New(t)
		seedQueue(t, d.DB, agreements)
		db, c := counted(t, d)
		s := release.New(release.Config{DB: db, Clock: func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }})
		for _, read := range []func() error{
			func() error { _, err := s.Queue(t.Context(), looker, release.QueueQuery{}); return err },
			func() error {
				_, err := s.SearchAgreements(t.Context(), looker, release.AgreementQuery{Text: "study"})
				return err
			},
		} {
			if err := read(); err != nil { // also prepares the statements
				t.Fatal(err)
			}
			before := c.n.Load()
			if err := read(); err != nil {
				t.Fatal(err)
			}
			all = append(all, c.n.Load()-before)
		}
	}
	if all[0] != all[2] || all[1] != all[3] || all[0] > 3 || all[1] > 2 {
		t.Errorf("statements of the queue and of the search, of 2 agreements and of 150: %v", all)
	}
}

func TestQueue(t *testing.T) {
	b := newBench(t)
	p := b.people()
	other := b.as("Otis Officer", "the-body", access.AccessOfficer)
	draft, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	b.later(1)
	review := b.inReview(p, application())
	b.must(b.HandOver(b.ctx, p.officer, review, other.PersonID, "knows the field"))
	a := application()
	a.Title = "Waiting 100% times_of"
	issued := b.issued(p, a)
	b.later(8)
	find := func(q release.QueueQuery) (found []uuid.UUID, page *release.QueuePage) {
		t.Helper()
		page, err := b.Queue(b.ctx, other, q)
		b.must(err)
		for _, r := range page.Rows {
			found = append(found, r.Version)
		}
		return found, page
	}
	only := func(name string, q release.QueueQuery, want ...uuid.UUID) {
		t.Helper()
		found, page := find(q)
		if len(found) != len(want) || page.Total != len(want) {
			t.Errorf("%s: %v, want %v", name, found, want)
			return
		}
		for i := range want {
			if found[i] != want[i] {
				t.Errorf("%s: %v, want %v", name, found, want)
			}
		}
	}
	only("all, longest waiting first", release.QueueQuery{}, draft, review, issued)
	only("newest first", release.QueueQuery{Sort: release.ByNewest}, issued, review, draft)
	only("mine", release.QueueQuery{Owner: release.OwnedByMe}, review)
	only("of a person", release.QueueQuery{Owner: p.officer.PersonID.String()}, issued)
	only("unowned", release.QueueQuery{Owner: release.OwnedByNobody}, draft)
	only("by state", release.QueueQuery{States: []terms.VersionState{terms.Issued, terms.Draft}}, draft, issued)
	only("by kind", release.QueueQuery{Kinds: []terms.VersionKind{terms.VersionRenewal}})
	only("by words, any of their signs", release.QueueQuery{Text: "100% times_of"}, issued)
	only("by a sign that is no joker", release.QueueQuery{Text: "_%_"})
	only("by the reference whole", release.QueueQuery{Text: strings.ToLower("DARS-" + b.version(review).Edges.Agreement.Stem + "-v0.1")}, review)
	only("by applicant", release.QueueQuery{Text: "example university"}, draft, review, issued)
	// Drafted on Tuesday 24 November, the others on the 25th; now Thursday 3 December.
	only("waiting seven days", release.QueueQuery{Waiting: 7}, draft)
	only("waiting six days", release.QueueQuery{Waiting: 6}, draft, review, issued)
	only("waiting eight days", release.QueueQuery{Waiting: 8})
	_, page := find(release.QueueQuery{Size: 2, Page: 2})
	if page.Total != 3 || page.Pages != 2 || len(page.Rows) != 1 || page.Rows[0].Version != issued {
		t.Errorf("the second page: %+v", page)
	}
	_, page = find(release.QueueQuery{})
	row := page.Rows[1]
	if row.Owner != "Otis Officer" || row.Applicant != "Example University" || row.Step.Who != "reviewer" || row.Clock.Current().Days != 6 || row.Clock.ToDecision != 6 {
		t.Errorf("the row in review: %+v", row)
	}
	b.now = b.now.AddDate(1, 0, 0)
	_, page = find(release.QueueQuery{States: []terms.VersionState{terms.Issued}})
	if !page.Rows[0].Lapsed || page.Rows[0].Step.Command != "issue_again" {
		t.Errorf("after a year: %+v", page.Rows[0])
	}
}

func TestQueueRefusesWhatItCannotAsk(t *testing.T) {
	b := newBench(t)
	p := b.people()
	_, err := b.Queue(b.ctx, p.applicant, release.QueueQuery{})
	b.refusedFor(err, fault.Forbidden)
	_, err = b.Queue(b.ctx, access.Actor{}, release.QueueQuery{})
	b.refusedFor(err, fault.Unauthenticated)
	bad := release.QueueQuery{Page: -1, Size: 1000, Sort: "'; drop table", Waiting: -1, States: []terms.VersionState{"x"}, Kinds: []terms.VersionKind{"y"}, Owner: "z", Text: "a\x00"}
	_, err = b.Queue(b.ctx, p.officer, bad)
	b.refusedFor(err, fault.Invalid, "queue-limit")
	if n := len(reasons(err)); n != 8 {
		t.Errorf("%d of 8 reasons: %v", n, err)
	}
	_, err = b.SearchAgreements(b.ctx, p.officer, release.AgreementQuery{Page: -1, Size: 1000, Text: strings.Repeat("a ", 13)})
	if n := len(reasons(err)); n != 3 {
		t.Errorf("%d of 3 reasons: %v", n, err)
	}
}

func reasons(err error) []fault.Reason {
	if known, ok := err.(*fault.Error); ok {
		return known.Reasons
	}
	return nil
}

func TestQueueAsCSV(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a := application()
	a.Title = "=1+1"
	b.inReview(p, a)
	_, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	var out strings.Builder
	b.must(b.WriteQueue(b.ctx, p.officer, release.QueueQuery{Size: 1}, &out))
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	b.must(err)
	if len(rows) != 3 || rows[1][2] == "=1+1" || rows[1][6] != "Olu Officer" || rows[2][5] != "draft" {
		t.Errorf("the queue whole, and harmless: %q", rows)
	}
	out.Reset()
	b.refusedFor(b.WriteQueue(b.ctx, p.applicant, release.QueueQuery{}, &out), fault.Forbidden)
	if out.Len() > 0 {
		t.Errorf("something was written for nobody: %q", out.String())
	}
}

func TestSearchAgreements(t *testing.T) {
	b := newBench(t)
	p := b.people()
	signed := b.signed(p, application())
	stem := b.version(signed).Edges.Agreement.Stem
	recorded := application()
	recorded.Reference, recorded.FromRecord, recorded.Provenance = "NIC-69431-K1K8R", true, "the issue's text"
	recorded.Title, recorded.Starts, recorded.Ends = "Commissioning", nil, nil
	_, err := b.LogApplication(b.ctx, p.officer, recorded)
	b.must(err)
	find := func(q release.AgreementQuery) (stems string) {
		t.Helper()
		page, err := b.SearchAgreements(b.ctx, p.reviewer, q)
		b.must(err)
		for _, r := range page.Rows {
			stems += r.Stem + " "
		}
		return strings.TrimSpace(stems)
	}
	for text, want := range map[string]string{
		"nic-69431-k1k8r": "NIC-69431-K1K8R", "69431": "NIC-69431-K1K8R", "DARS-NIC-69431-K1K8R-v2.3": "NIC-69431-K1K8R",
		"commissioning": "NIC-69431-K1K8R", "a study": stem, "the-body": "", "outpatients commissioning": "NIC-69431-K1K8R", "": "NIC-69431-K1K8R " + stem,
	} {
		got := find(release.AgreementQuery{Text: text})
		if text == "" && len(strings.Fields(got)) == 2 {
			continue
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
	if got := find(release.AgreementQuery{States: []terms.VersionState{terms.Signed}}); got != stem {
		t.Errorf("signed: %q", got)
	}
	page, err := b.SearchAgreements(b.ctx, p.reviewer, release.AgreementQuery{Text: stem})
	b.must(err)
	if r := page.Rows[0]; r.Title != "A study" || r.Versions != 1 || r.State != terms.Signed || r.Ends != *day(2027, 10, 31) || r.Holds != 0 {
		t.Errorf("the row: %+v", r)
	}
	var out strings.Builder
	b.must(b.WriteAgreements(b.ctx, p.reviewer, release.AgreementQuery{}, &out))
	if strings.Count(out.String(), "\n") != 3 {
		t.Errorf("as CSV: %q", out.String())
	}
}

// BenchmarkQueue measures the first page over 10,000 agreements of five
// versions beside the same page by one bare statement.
func BenchmarkQueue(b *testing.B) {
	d := migrationstest.New(b)
	seedQueue(b, d.DB, 10_000)
	db, c := counted(b, d.As(b, migrations.Serve))
	now := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	s := release.New(release.Config{DB: db, Clock: func() time.Time { return now }})
	b.Run("page", func(b *testing.B) {
		before := c.n.Load()
		for b.Loop() {
			page, err := s.Queue(b.Context(), looker, release.QueueQuery{})
			if err != nil || len(page.Rows) != 50 || page.Total != 10_000 {
				b.Fatalf("%+v, %v", page, err)
			}
		}
		b.ReportMetric(float64(c.n.Load()-before)/float64(b.N), "statements/op")
	})
	b.Run("filtered", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Queue(b.Context(), looker, release.QueueQuery{Text: "organisation 17", States: []terms.VersionState{terms.InReview}, Waiting: 20}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.SearchAgreements(b.Context(), looker, release.AgreementQuery{Text: "NIC-100777-AAAAA"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			rows, err := db.QueryContext(b.Context(), `select v.id, a.stem, v.number, v.title, o.name, v.kind, v.state, p.name, s.at
				from agreement_versions v join agreements a on a.id = v.agreement_versions
				left join organisations o on o.id = a.agreement_applicant left join persons p on p.id = v.owner_id
				left join lateral (select max(at) as at from stages where agreement_version_stages = v.id) s on true
				where v.state in ('draft', 'submitted', 'in_review', 'returned', 'recommended', 'deferred', 'not_recommended', 'approved', 'issued')
				order by s.at, v.id limit 50`)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if err := rows.Close(); err != nil || n != 50 {
				b.Fatal(n, err)
			}
		}
	})
}

// TestAgreementsOfTheRegisterAreFound by reference and by the published words,
// and have a first stage.
func TestAgreementsOfTheRegisterAreFound(t *testing.T) {
	s, db, _ := imported(t)
	stem := one[string](t, db, `select stem from entries where kind = 'release' order by id limit 1`)
	page, err := s.SearchAgreements(t.Context(), looker, release.AgreementQuery{Text: strings.ToLower(stem)})
	if err != nil || page.Total != 1 || page.Rows[0].Stem != stem || page.Rows[0].State != terms.Recorded || page.Rows[0].Applicant == "" {
		t.Errorf("%s: %+v, %v", stem, page, err)
	}
	if _, err := s.IndexTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page, err = s.SearchAgreements(t.Context(), looker, release.AgreementQuery{Text: "diabetes"}); err != nil || page.Total == 0 {
		t.Errorf("by a word of an objective: %+v, %v", page, err)
	}
	if versions, stages := one[int](t, db, `select count(*) from agreement_versions`), one[int](t, db, `select count(*) from stages where state = 'recorded'`); versions != stages {
		t.Errorf("%d versions, %d stages", versions, stages)
	}
}
