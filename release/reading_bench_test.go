package release_test

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/privacy"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// BenchmarkReadPolicies measures a page of versions with their agreements and
// stages, as the API reads it: under ent's policies, as an access officer, and
// past them. Its ratio is what the permission checks of a read cost.
func BenchmarkReadPolicies(b *testing.B) {
	d := migrationstest.New(b)
	seedQueue(b, d.DB, 2_000)
	s := release.New(release.Config{DB: d.As(b, migrations.Serve).DB})
	page := func(ctx context.Context) {
		versions, err := s.Read().AgreementVersion.Query().
			WithAgreement(func(q *ent.AgreementQuery) { q.WithApplicant() }).WithStages().Order(agreementversion.ByID()).Limit(50).All(ctx)
		if err != nil || len(versions) != 50 || versions[0].Edges.Agreement == nil {
			b.Fatal(len(versions), err)
		}
	}
	checked := access.WithActor(b.Context(), looker)
	past := privacy.DecisionContext(b.Context(), privacy.Allow)
	b.Run("ratio", func(b *testing.B) {
		// In turns, so that both meet the same machine.
		var with, without time.Duration
		for b.Loop() {
			start := time.Now()
			page(checked)
			between := time.Now()
			page(past)
			with, without = with+between.Sub(start), without+time.Since(between)
		}
		b.ReportMetric(with.Seconds()/without.Seconds(), "with/without")
	})
	b.Run("with", func(b *testing.B) {
		for b.Loop() {
			page(checked)
		}
	})
	b.Run("without", func(b *testing.B) {
		for b.Loop() {
			page(past)
		}
	})
}

// seedDuties gives the agreements of seedQueue a term, so that each has duties.
func seedDuties(t testing.TB, d *migrationstest.DB, agreements int) {
	t.Helper()
	seedQueue(t, d.DB, agreements)
	if _, err := d.DB.ExecContext(t.Context(), `alter table agreement_versions disable trigger user;
		update agreement_versions set starts = date '2022-12-01' + major::int * 365, ends = date '2022-12-01' + (major::int + 1) * 365 - 1 where state = 'signed';
		alter table agreement_versions enable trigger user; analyze`); err != nil {
		t.Fatal(err)
	}
}

// TestDutiesAskTheSameNumberOfStatements, whatever there is to read.
func TestDutiesAskTheSameNumberOfStatements(t *testing.T) {
	var all []int64
	for _, agreements := range []int{2, 150} {
		d := migrationstest.New(t)
		seedDuties(t, d, agreements)
		db, c := counted(t, d)
		s := release.New(release.Config{DB: db, Clock: func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }})
		officer := owner(t, s)
		for _, read := range []func() error{
			func() error { _, err := s.Duties(t.Context(), officer, terms.Date{}); return err },
			func() error { _, err := s.DutiesOn(t.Context(), system, terms.Date{}); return err },
		} {
			before := c.n.Load()
			if err := read(); err != nil {
				t.Fatal(err)
			}
			all = append(all, c.n.Load()-before)
		}
	}
	if all[0] != all[2] || all[1] != all[3] || all[0] > 16 || all[1] > 17 {
		t.Errorf("statements of a person's duties and of everybody's, of 2 agreements and of 150: %v", all)
	}
}

// owner is an access officer who has what nobody owns.
func owner(t testing.TB, s *release.Service) access.Actor {
	t.Helper()
	if _, err := s.GrantRole(t.Context(), system, release.Grant{Email: "officer1@example.org", Name: "Officer 1", Role: access.AccessOfficer, Organisation: "organisation-1"}); err != nil {
		t.Fatal(err)
	}
	actor, err := s.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: "officer 1", Email: "officer1@example.org", EmailVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

// BenchmarkDuties measures everybody's duties over 10,000 agreements of five
// versions, which a process reads once a day.
func BenchmarkDuties(b *testing.B) {
	d := migrationstest.New(b)
	seedDuties(b, d, 10_000)
	now := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	s := release.New(release.Config{DB: d.As(b, migrations.Serve).DB, Clock: func() time.Time { return now }})
	owner(b, s)
	for b.Loop() {
		digests, err := s.DutiesOn(b.Context(), system, terms.Date{})
		if err != nil || len(digests) != 1 {
			b.Fatal(len(digests), err)
		}
		b.ReportMetric(float64(len(digests[0].Duties)), "duties")
	}
}
