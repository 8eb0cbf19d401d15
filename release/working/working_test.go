package working_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
)

// The bank holidays of England and Wales as gov.uk published them, year by
// year; where a fixed one fell on a weekend, its substitute.
var published = map[int][]string{
	2014: {"01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"},
	2015: {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"},
	2016: {"01-01", "03-25", "03-28", "05-02", "05-30", "08-29", "12-26", "12-27"},
	2017: {"01-02", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"},
	2018: {"01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"},
	2019: {"01-01", "04-19", "04-22", "05-06", "05-27", "08-26", "12-25", "12-26"},
	2020: {"01-01", "04-10", "04-13", "05-08", "05-25", "08-31", "12-25", "12-28"},
	2021: {"01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"},
	2022: {"01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"},
	2023: {"01-02", "04-07", "04-10", "05-01", "05-08", "05-29", "08-28", "12-25", "12-26"},
	2024: {"01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"},
	2025: {"01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"},
	2026: {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"},
	2027: {"01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"},
}

func TestHolidaysAreThoseThatWerePublished(t *testing.T) {
	for year, days := range published {
		want := map[terms.Date]bool{}
		for _, d := range days {
			date, err := terms.ParseDate(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-") + d)
			if err != nil {
				t.Fatal(err)
			}
			want[date] = true
		}
		for d := terms.NewDate(year, 1, 1); d.Year == year; d = d.AddDays(1) {
			if working.Holiday(d) != want[d] {
				t.Errorf("%s: a bank holiday %v, published %v", d, working.Holiday(d), want[d])
			}
		}
	}
}

func TestWorkingDaysBetween(t *testing.T) {
	at := func(raw string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", raw, terms.London)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct {
		name, from, to string
		want           int
	}{
		{"the same day", "2026-11-24 09:00", "2026-11-24 17:00", 0},
		{"over a weekend", "2026-11-20 17:00", "2026-11-23 09:00", 1},
		{"on a weekend", "2026-11-21 10:00", "2026-11-22 10:00", 0},
		{"over Easter 2021", "2021-04-01 12:00", "2021-04-06 12:00", 1},
		{"Christmas 2020 with its substitute", "2020-12-24 12:00", "2020-12-31 12:00", 3},
		{"28 to 31 December 2021", "2021-12-24 12:00", "2021-12-31 12:00", 3},
		{"both jubilee days of 2022", "2022-06-01 12:00", "2022-06-06 12:00", 1},
		{"the funeral of 2022", "2022-09-16 12:00", "2022-09-20 12:00", 1},
		{"the coronation of 2023", "2023-05-05 12:00", "2023-05-09 12:00", 1},
		{"the clocks go forward", "2026-03-27 23:30", "2026-03-30 00:30", 1},
		{"backwards", "2026-11-24 09:00", "2026-11-20 09:00", 0},
	} {
		if got := working.Between(at(c.from), at(c.to)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	// The day is London's: half past eleven in the evening of 1 July in UTC is
	// the next day there.
	from := time.Date(2026, 7, 1, 23, 30, 0, 0, time.UTC)
	if got := working.Between(from, from.Add(time.Hour)); got != 0 {
		t.Errorf("over midnight in UTC: %d", got)
	}
}

func moments(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.Int64Range(1388534400, 1830297600).Draw(t, label), 0)
}

func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := moments(t, "a"), moments(t, "b"), moments(t, "c")
		if b.Before(a) {
			a, b = b, a
		}
		if c.Before(b) {
			b, c = c, b
		}
		if b.Before(a) {
			a, b = b, a
		}
		if whole, parts := working.Between(a, c), working.Between(a, b)+working.Between(b, c); whole != parts {
			t.Fatalf("%s to %s is %d, by way of %s %d", a, c, whole, b, parts)
		}
		if days := int(c.Sub(a).Hours()/24) + 1; working.Between(a, c) > days {
			t.Fatalf("more working days than days")
		}
	})
}

func TestBeforeIsTheLastDayThatWaitedSoLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, days := moments(t, "now"), rapid.IntRange(1, 60).Draw(t, "days")
		d := working.Before(now, days)
		noon := func(d terms.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, terms.London) }
		if got := working.Between(noon(d), now); got < days {
			t.Fatalf("what came on %s waited %d of %d at %s", d, got, days, now)
		}
		if got := working.Between(noon(d.AddDays(1)), now); got >= days {
			t.Fatalf("what came a day later waited %d too", got)
		}
	})
}

func TestClock(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 10, 0, 0, 0, terms.London) }
	stages := []working.Stage{
		{terms.Draft, day(2)}, {terms.Submitted, day(4)}, {terms.InReview, day(5)}, {terms.Returned, day(9)},
		{terms.Submitted, day(16)}, {terms.InReview, day(17)}, {terms.Recommended, day(18)}, {terms.VersionApproved, day(20)},
		{terms.Issued, day(23)}, {terms.Signed, day(26)},
	}
	c := working.Read(stages, day(30))
	// With the body: 4-9 (3), 16-20 (4); with the applicant: 2-4 (2), 9-16 (5).
	if c.ToDecision != 7 || !c.Decided || c.Applicant != 7 || c.Body != 8 || c.Signatures != 3 || c.Current().Turn != working.Over || c.Current().Days != 0 {
		t.Errorf("%+v", c)
	}
	c = working.Read(stages, day(10))
	if c.ToDecision != 3 || c.Decided || c.Current().State != terms.Returned || c.Current().Days != 1 || !c.Current().Now {
		t.Errorf("while the applicant has it: %+v", c)
	}
	if c := working.Read(nil, day(1)); c.Current() != (working.Spell{}) {
		t.Errorf("without stages: %+v", c)
	}
}

// TestClockStops: the days to a decision never grow while the applicant has
// it, nor after the decision, and the turns add up to the whole.
func TestClockStops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, state := time.Unix(1700000000, 0), terms.Draft
		stages := []working.Stage{{State: state, At: at}}
		for range rapid.IntRange(0, 12).Draw(t, "moves") {
			var next []terms.VersionState
			for _, tr := range terms.VersionTransitions {
				if tr.From == state {
					next = append(next, tr.To)
				}
			}
			if len(next) == 0 {
				break
			}
			state = rapid.SampledFrom(next).Draw(t, "state")
			at = at.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "hours")) * time.Hour)
			stages = append(stages, working.Stage{State: state, At: at})
		}
		now, later := working.Read(stages, at), working.Read(stages, at.Add(1000*time.Hour))
		if (working.TurnOf(state) != working.Body || now.Decided) && now.ToDecision != later.ToDecision {
			t.Fatalf("the clock runs on in %s: %d, then %d", state, now.ToDecision, later.ToDecision)
		}
		sum := 0
		for _, s := range later.Spells {
			sum += s.Days
		}
		if sum != later.Applicant+later.Body+later.Signatures || later.ToDecision > later.Body {
			t.Fatalf("the turns do not add up: %+v", later)
		}
	})
}
