package terms_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
)

func TestDaysAndMonthsAsPublished(t *testing.T) {
	for raw, want := range map[string]string{
		"Jul-19": "2019-07-01 to 2019-07-31", "Sept-19": "2019-09-01 to 2019-09-30", "SEPTEMBER 2019": "2019-09-01 to 2019-09-30",
		"feb-20": "2020-02-01 to 2020-02-29", "2021-02": "2021-02-01 to 2021-02-28", "02/2021": "2021-02-01 to 2021-02-28",
		"15/07/2019": "2019-07-15 to 2019-07-15", "5/7/19": "2019-07-05 to 2019-07-05", " 2019-10-15 ": "2019-10-15 to 2019-10-15",
		"2019-10-15 00:00:00": "2019-10-15 to 2019-10-15", "2019-10-15T00:00:00.000Z": "2019-10-15 to 2019-10-15",
		"15 October 2019": "2019-10-15 to 2019-10-15", "15-Oct-19": "2019-10-15 to 2019-10-15", "1.4.2014": "2014-04-01 to 2014-04-01",
		"43661": "2019-07-15 to 2019-07-15", "43647": "2019-07-01 to 2019-07-01",
	} {
		if got, ok := terms.ParseDays(raw); !ok || got.String() != want {
			t.Errorf("%q is read as %s, want %s", raw, got, want)
		}
	}
	if got, ok := terms.ParseMonth("43647"); !ok || got.String() != "2019-07-01 to 2019-07-31" {
		t.Errorf("a month as the number of its first day is read as %s", got)
	}
	if got, ok := terms.ParseMonth("43661"); !ok || got.String() != "2019-07-15 to 2019-07-15" {
		t.Errorf("another day is read as %s", got)
	}
	for _, none := range []string{"", " ", "soon", "31/02/2019", "2019-13-01", "7", "99999999", "Jul", "2019", "Not recorded"} {
		if got, ok := terms.ParseDays(none); ok {
			t.Errorf("%q is read as %s", none, got)
		}
	}
}

// Whatever the way in which a day is written, it is that day.
func TestDaysInEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 60*365).Draw(t, "day"))
		form := rapid.SampledFrom([]string{"2006-01-02", "2/1/2006", "02/01/2006", "2 January 2006", "2 Jan 2006", "02-Jan-2006", "2006-01-02T15:04:05"}).Draw(t, "form")
		want := terms.NewDate(day.Year(), day.Month(), day.Day())
		if got, ok := terms.ParseDays(day.Format(form)); !ok || got.From != want || got.To != want {
			t.Fatalf("%s is read as %s", day.Format(form), got)
		}
	})
}

func FuzzParseDays(f *testing.F) {
	for _, seed := range []string{"Jul-19", "15/07/2019", "43647", "Sept-19", "NaN", "1e5", "-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, parse := range []func(string) (terms.Period, bool){terms.ParseDays, terms.ParseMonth} {
			p, ok := parse(raw)
			if ok && (p.From.IsZero() || p.To.Compare(p.From) < 0) {
				t.Errorf("%q is read as %s", raw, p)
			}
		}
	})
}

func TestWordsOfOtherRegisters(t *testing.T) {
	for raw, want := range map[string]terms.TypeOfData{
		"De-Personalised": terms.Pseudonymised, "De-personalised (ICO code of practice compliant)": terms.Pseudonymised,
		"Personally Identifiable": terms.Identifiable, "Anonymised": terms.Anonymised, "Anonymised (k3)": terms.AnonymisedK3,
		"Anonymous (controlled under time-limited licence)": terms.Anonymised, "Anonymised -ICO Code Compliant": terms.Pseudonymised,
	} {
		if got, ok := terms.ParseTypeOfData(raw); !ok || got != want {
			t.Errorf("%q is read as %s, want %s", raw, got, want)
		}
	}
	for raw, want := range map[string]terms.Route{
		"No legal gateway required": terms.RouteNone, "Regulation 5 (s251)": terms.RouteSection251, "Regulation 2 (s251)": terms.RouteSection251,
		"Regulation 3 (s251)": terms.RouteCOPI3, "Direct Care": terms.RouteDirectCare, "Consent": terms.RouteConsent,
	} {
		if got, ok := terms.ParseRoute(raw); !ok || got != want {
			t.Errorf("%q is read as %s, want %s", raw, got, want)
		}
	}
	if got, ok := terms.ParseOptOut("Not Applicable"); !ok || got != terms.OptOutOutOfScope || got.Applied() || !got.PublishedOnly() {
		t.Errorf("not applicable is read as %s", got)
	}
	if got, ok := terms.ParseOptOut("No - not applicable for this dataset"); !ok || got != terms.OptOutNotApplicable {
		t.Errorf("not applicable for this dataset is read as %s", got)
	}
}
