package release_test

import (
	"sync"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

func TestCohortsAreListsInOrder(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	id, err := b.LogApplication(b.ctx, officer, application())
	b.must(err)
	list := release.CohortInput{Stem: b.version(id).Edges.Agreement.Stem, Name: "Births of 1958", Supplier: "Example University", AsOf: *day(2026, 3, 1), People: 9000, DestroyBy: day(2030, 1, 1)}
	record := func(change func(*release.CohortInput)) (int, error) {
		in := list
		change(&in)
		return b.RecordCohort(b.ctx, officer, in)
	}
	b.refusedFor(b.RecordWithdrawal(b.ctx, officer, release.WithdrawalInput{Stem: list.Stem, Name: list.Name, On: *day(2026, 4, 1), People: 1}), fault.Invalid, "withdrawal")
	if n, err := record(func(*release.CohortInput) {}); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	b.must(b.RecordWithdrawal(b.ctx, officer, release.WithdrawalInput{Stem: list.Stem, Name: list.Name, On: *day(2026, 4, 1), People: 1}))
	_, err = record(func(in *release.CohortInput) { in.AsOf = *day(2026, 2, 1) })
	b.refusedFor(err, fault.Invalid, "cohort")
	_, err = record(func(in *release.CohortInput) { in.AsOf, in.DestroyBy = *day(2027, 2, 1), day(2020, 1, 1) })
	b.refusedFor(err, fault.Invalid, "cohort")
	_, err = record(func(in *release.CohortInput) { in.Stem = "NIC-1-AAAAA" })
	b.refusedFor(err, fault.NotFound)
	b.refusedFor(b.RecordWithdrawal(b.ctx, officer, release.WithdrawalInput{Stem: list.Stem, Name: list.Name, On: *day(2028, 4, 1), People: 1}), fault.Invalid, "withdrawal")
	b.refusedFor(b.RecordWithdrawal(b.ctx, officer, release.WithdrawalInput{Stem: list.Stem, Name: list.Name, On: *day(2026, 4, 1)}), fault.Invalid, "required")

	// Two lists at once have two numbers.
	var wait sync.WaitGroup
	numbers := make([]int, 4)
	for i := range numbers {
		wait.Go(func() {
			n, err := record(func(in *release.CohortInput) { in.AsOf = *day(2026, 5, 1) })
			if err != nil {
				t.Error(err)
			}
			numbers[i] = n
		})
	}
	wait.Wait()
	seen := map[int]bool{}
	for _, n := range numbers {
		if n < 2 || n > 5 || seen[n] {
			t.Errorf("numbers %v", numbers)
		}
		seen[n] = true
	}
}
