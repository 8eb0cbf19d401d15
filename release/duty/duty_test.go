package duty_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"data.release/registrar/release/duty"
	"data.release/registrar/release/terms"
)

var update = flag.Bool("update", false, "write the golden files anew")

var due = terms.NewDate(2027, 3, 31)

func TestSteps(t *testing.T) {
	fact := duty.Fact{Kind: terms.DutyAgreementEnd, ID: "a", Due: due}
	for _, c := range []struct {
		days  int // before the date
		shown bool
		told  bool
		when  string
	}{
		{91, false, false, ""}, {90, true, true, "in 90 days"}, {89, true, false, "in 89 days"}, {61, true, false, "in 61 days"},
		{60, true, true, "in 60 days"}, {31, true, false, "in 31 days"}, {30, true, true, "in 30 days"}, {8, true, false, "in 8 days"},
		{7, true, true, "in 7 days"}, {6, true, false, "in 6 days"}, {1, true, false, "tomorrow"}, {0, true, false, "today"},
		{-1, true, true, "overdue by 1 day"}, {-2, true, false, "overdue by 2 days"}, {-7, true, false, "overdue by 7 days"},
		{-8, true, true, "overdue by 8 days"}, {-15, true, true, "overdue by 15 days"}, {-400, true, true, "overdue by 400 days"},
	} {
		day := due.AddDays(-c.days)
		got := duty.On([]duty.Fact{fact}, day, day.AddDays(-1))
		if shown := len(got) == 1; shown != c.shown {
			t.Errorf("%d days before: shown %v", c.days, shown)
			continue
		}
		if c.shown && (got[0].New != c.told || got[0].When() != c.when || got[0].Overdue() != (c.days < 0) || got[0].Days != c.days) {
			t.Errorf("%d days before: told %v, %q, %+v", c.days, got[0].New, got[0].When(), got[0])
		}
	}
}

func TestWhatIsNot(t *testing.T) {
	for name, fact := range map[string]duty.Fact{
		"no date":            {},
		"met today":          {Due: due, Done: due.AddDays(-5)},
		"met long ago":       {Due: due, Done: due.AddDays(-300)},
		"does not yet count": {Due: due, Since: due.AddDays(-4)},
	} {
		if got := duty.On([]duty.Fact{fact}, due.AddDays(-5), due.AddDays(-6)); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	prompt := duty.Fact{Due: due, Prompt: true}
	if got := duty.On([]duty.Fact{prompt}, due, due.AddDays(-1)); len(got) != 1 {
		t.Error("a prompt does not stand on its day")
	}
	if got := duty.On([]duty.Fact{prompt}, due.AddDays(1), due); len(got) != 0 {
		t.Error("a prompt is overdue")
	}
	late := duty.On([]duty.Fact{{Due: due, Since: due.AddDays(-20)}}, due.AddDays(-20), due.AddDays(-21))
	if len(late) != 1 || !late[0].New {
		t.Errorf("a date that comes to be known 20 days before it is not told: %+v", late)
	}
}

func TestAnniversary(t *testing.T) {
	day := terms.NewDate
	for _, c := range []struct{ of, on, want terms.Date }{
		{day(2025, 4, 1), day(2025, 4, 1), day(2026, 4, 1)},
		{day(2025, 4, 1), day(2026, 4, 1), day(2026, 4, 1)},
		{day(2025, 4, 1), day(2026, 4, 2), day(2027, 4, 1)},
		{day(2027, 4, 1), day(2026, 4, 2), day(2028, 4, 1)},
		{day(2024, 2, 29), day(2024, 3, 1), day(2025, 3, 1)},
		{day(2024, 2, 29), day(2028, 2, 1), day(2028, 2, 29)},
	} {
		if got := duty.Anniversary(c.of, c.on); got != c.want {
			t.Errorf("of %s on %s: %s, not %s", c.of, c.on, got, c.want)
		}
	}
}

func dates(t *rapid.T, label string) terms.Date {
	return terms.NewDate(2027, 1, 1).AddDays(rapid.IntRange(-200, 200).Draw(t, label))
}

// TestEveryStepOnce: over days of which some are missed (the process was down),
// a date gives each step that was current on a day asked exactly once, whatever
// the days on which its people were told.
func TestEveryStepOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fact := duty.Fact{ID: "x", Due: dates(t, "due")}
		if rapid.Bool().Draw(t, "met") {
			fact.Done = dates(t, "done")
		}
		if rapid.Bool().Draw(t, "late") {
			fact.Since = dates(t, "since")
		}
		first, told := terms.NewDate(2026, 1, 1), map[int]int{}
		last := first
		for i := 1; i < 900; i++ {
			day := first.AddDays(i)
			if i > 2 && rapid.IntRange(0, 9).Draw(t, "down") == 0 {
				continue
			}
			for _, d := range duty.On([]duty.Fact{fact}, day, last) {
				if !fact.Done.IsZero() && fact.Done.Compare(day) <= 0 {
					t.Fatalf("on %s, though it was met on %s", day, fact.Done)
				}
				if !fact.Since.IsZero() && day.Compare(fact.Since) < 0 {
					t.Fatalf("on %s, though it counts from %s", day, fact.Since)
				}
				if d.New {
					told[current(d.Days)]++
				}
			}
			last = day
		}
		for step, times := range told {
			if times != 1 {
				t.Fatalf("step %d was told %d times", step, times)
			}
		}
	})
}

// current is the step by the rule as governance has it, counted in another way
// than the package counts.
func current(days int) int {
	switch {
	case days > 60:
		return 90
	case days > 30:
		return 60
	case days > 7:
		return 30
	case days >= 0:
		return 7
	}
	return -1 - (-days-1)/7
}

// TestConsecutiveDaysMissNoStep: where no day is missed, every step is told,
// on its very day.
func TestConsecutiveDaysMissNoStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fact := duty.Fact{ID: "x", Due: dates(t, "due")}
		weeks := rapid.IntRange(1, 6).Draw(t, "weeks")
		var got []int
		for day := fact.Due.AddDays(-100); day.Compare(fact.Due.AddDays(7*weeks)) <= 0; day = day.AddDays(1) {
			for _, d := range duty.On([]duty.Fact{fact}, day, day.AddDays(-1)) {
				if d.New {
					got = append(got, d.Days)
				}
			}
		}
		want := slices.Clone(duty.Steps)
		for week := range weeks {
			want = append(want, -1-7*week)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("due %s: told at %v, not %v", fact.Due, got, want)
		}
	})
}

func TestOrderIsOfTheDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var facts []duty.Fact
		for i := range rapid.IntRange(0, 12).Draw(t, "facts") {
			facts = append(facts, duty.Fact{ID: string(rune('a' + i)), Kind: terms.DutyKind(rapid.SampledFrom(terms.DutyKind("").Values()).Draw(t, "kind")), Due: dates(t, "due")})
		}
		day := dates(t, "day")
		one := duty.On(facts, day, day.AddDays(-1))
		two := duty.On(rapid.Permutation(facts).Draw(t, "order"), day, day.AddDays(-1))
		if !slices.Equal(one, two) {
			t.Fatal("the order of the facts shows")
		}
		if !slices.IsSortedFunc(one, func(a, b duty.Duty) int { return a.Due.Compare(b.Due) }) {
			t.Fatal("not by date")
		}
	})
}

func TestEveryKindSaysWhatToDo(t *testing.T) {
	for _, kind := range terms.DutyKind("").Values() {
		if terms.DutyKind(kind).Action() == "" || terms.DutyKind(kind).Label() == kind {
			t.Errorf("%s has no words", kind)
		}
	}
}

// TestDigest holds the text of a mail; -update writes it anew.
func TestDigest(t *testing.T) {
	day := terms.NewDate(2027, 1, 31)
	facts := []duty.Fact{
		{Kind: terms.DutyAgreementEnd, ID: "1", Due: day.AddDays(60), About: duty.About{Version: uuid.New(), Reference: "NIC-000001-AAAAA v1.0", Stem: "NIC-000001-AAAAA"}},
		{Kind: terms.DutyCondition, ID: "2", Due: day.AddDays(-1), About: duty.About{Reference: "NIC-000001-AAAAA v1.0", Detail: "condition 3"}},
		{Kind: terms.DutyAssuranceEnd, ID: "3", Due: day.AddDays(7), About: duty.About{Organisation: "Example University", Slug: "example-university", Detail: "DSPT"}},
		{Kind: terms.DutyContractEnd, ID: "4", Due: day.AddDays(50), About: duty.About{Organisation: "Example University", Detail: "CON-1"}},
		{Kind: terms.DutyFeeEnd, ID: "5", Due: day.AddDays(91), About: duty.About{Organisation: "Example University"}},
	}
	digest := duty.Digest{Person: duty.Person{Name: "Olu Officer", Email: "olu.officer@example.org"}, Day: day, Duties: duty.On(facts, day, day.AddDays(-1))}
	got := "Subject: " + digest.Subject() + "\n\n" + digest.Body("https://register.example.org/duties")
	const golden = "testdata/digest.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the digest reads\n%s\nnot\n%s", got, want)
	}
	if strings.Contains(got, "CON-1") {
		t.Error("what came to no step is listed")
	}
}
