package terms_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// TestTodayIsLondons: the civil date follows British Summer Time, wherever
// the moment was written down.
func TestTodayIsLondons(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[string]string{
		"2026-06-30T22:59:59Z": "2026-06-30", "2026-06-30T23:00:00Z": "2026-07-01", // summer: an hour ahead
		"2026-12-31T23:59:59Z": "2026-12-31", "2027-01-01T00:00:00Z": "2027-01-01",
		"2026-03-29T00:59:59Z": "2026-03-29", "2026-10-25T00:30:00Z": "2026-10-25",
	} {
		at, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []time.Time{at, at.In(kolkata)} {
			if got := terms.Today(m).String(); got != want {
				t.Errorf("%s: %s, want %s", m, got, want)
			}
		}
	}
	end, _ := terms.ParseDate("2026-06-30")
	if got := end.End().UTC().Format(time.RFC3339); got != "2026-06-30T23:00:00Z" {
		t.Errorf("30 June ends at %s", got)
	}
}

func TestParseDate(t *testing.T) {
	for _, raw := range []string{"", "2026-02-30", "2026-1-1", "01/02/2026", "2026-02-29", "2026-01-01T00:00:00Z"} {
		if d, err := terms.ParseDate(raw); !errors.Is(err, fault.Invalid) || !d.IsZero() {
			t.Errorf("%q: %v %v", raw, d, err)
		}
	}
	if _, err := terms.ParsePeriod("2026-02-01", "2026-01-31"); !errors.Is(err, fault.Invalid) {
		t.Errorf("a period backwards: %v", err)
	}
}

var dates = rapid.Custom(func(t *rapid.T) terms.Date {
	return terms.NewDate(2020, 1, 1).AddDays(rapid.IntRange(-1000, 3000).Draw(t, "day"))
})

// TestDatesKeepTheirValue through text, JSON and a PostgreSQL date; the zero
// date is "" and NULL.
func TestDatesKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dates.Draw(t, "date")
		if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
			d = terms.Date{}
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var read terms.Date
		if err := json.Unmarshal(written, &read); err != nil || read != d {
			t.Fatalf("%s: %v %v", written, read, err)
		}
		value, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		var scanned terms.Date
		if err := scanned.Scan(value); err != nil || scanned != d {
			t.Fatalf("%v: %v %v", value, scanned, err)
		}
		if !d.IsZero() {
			at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
			if err := scanned.Scan(at); err != nil || scanned != d {
				t.Fatalf("%v: %v %v", at, scanned, err)
			}
		}
		n := rapid.IntRange(-400, 400).Draw(t, "n")
		if moved := d.AddDays(n); !d.IsZero() && (moved.AddDays(-n) != d || (moved.Compare(d) > 0) != (n > 0)) {
			t.Fatalf("%s moved by %d is %s", d, n, moved)
		}
	})
}

// TestPeriodsHoldTheirDays: Within is what Contains says of every day.
func TestPeriodsHoldTheirDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string) terms.Period {
			from := terms.NewDate(2020, 1, 1).AddDays(rapid.IntRange(0, 20).Draw(t, name))
			return terms.Period{From: from, To: from.AddDays(rapid.IntRange(0, 20).Draw(t, name+" length"))}
		}
		inner, outer := span("inner"), span("outer")
		every := true
		for d := inner.From; d.Compare(inner.To) <= 0; d = d.AddDays(1) {
			every = every && outer.Contains(d)
		}
		if inner.Within(outer) != every {
			t.Fatalf("%s within %s: %v, day by day %v", inner, outer, inner.Within(outer), every)
		}
		open := terms.Period{From: outer.From}
		if !inner.Within(outer) && inner.From.Compare(outer.From) >= 0 && !inner.Within(open) {
			t.Fatalf("%s is not within %s", inner, open)
		}
		if open.Within(outer) {
			t.Fatalf("%s is within %s", open, outer)
		}
	})
}

func TestFilters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]string{"H", "J", "K", "Y"}), 0, 5)
		a, b := terms.NewFilter("RESGOR", values.Draw(t, "a")...), terms.NewFilter("RESGOR", values.Draw(t, "b")...)
		every := true
		for _, v := range a.In {
			found := false
			for _, w := range b.In {
				found = found || v == w
			}
			every = every && found
		}
		if a.SubsetOf(b) != every {
			t.Fatalf("%v subset of %v: %v", a, b, a.SubsetOf(b))
		}
		for i := 1; i < len(a.In); i++ {
			if a.In[i-1] >= a.In[i] {
				t.Fatalf("%v is not sorted without repeats", a)
			}
		}
		if other := terms.NewFilter("SEX", a.In...); other.SubsetOf(b) {
			t.Fatal("a filter of another field is a subset")
		}
	})
}

// TestKeyDomains: another agreement, segregated purpose or type is another
// domain; the rest of the line does not matter.
func TestKeyDomains(t *testing.T) {
	line := terms.DatasetLine{Number: 1, Dataset: "hes-apc", Segment: "analysis", Type: terms.Pseudonymised}
	base := line.KeyDomain("NIC-1000-AAAAA")
	if base != "NIC-1000-AAAAA/analysis/pseudonymised" {
		t.Errorf("key domain %q", base)
	}
	same := line
	same.Number, same.Dataset, same.OptOut = 2, "hes-op", terms.OptOutApplied
	if same.KeyDomain("NIC-1000-AAAAA") != base {
		t.Error("another dataset of the purpose has another domain: they could not be linked")
	}
	segment, typ := line, line
	segment.Segment, typ.Type = "billing", terms.Identifiable
	for _, other := range []string{line.KeyDomain("NIC-1001-AAAAA"), segment.KeyDomain("NIC-1000-AAAAA"), typ.KeyDomain("NIC-1000-AAAAA")} {
		if other == base {
			t.Errorf("%q twice", base)
		}
	}
}

// TestCanonical holds examples of RFC 8785, sections 3.2.2 and 3.2.3, and that
// equal values have one digest.
func TestCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"literals":[null,true,false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}`,
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","1":"One","\u00f6":"o"}`:                                       "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"ö\":\"o\",\"€\":\"Euro Sign\"}",
		`{"html":"<a href='x'>&</a>"}`: `{"html":"<a href='x'>&</a>"}`,
	} {
		got, err := terms.Canonical(json.RawMessage(raw))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", raw, got, err, want)
		}
	}
	if _, err := terms.Canonical(make(chan int)); err == nil {
		t.Error("a channel has canonical JSON")
	}
	a, _ := terms.Digest(map[string]int{"x": 1, "y": 2})
	b, _ := terms.Digest(struct {
		Y int `json:"y"`
		X int `json:"x"`
	}{2, 1})
	// printf '{"x":1,"y":2}' | sha256sum
	if want := "689a8f1db95402580476e38c264278ce7b1e664320cfb4e9ae8d3a908cf09964"; a != want || b != want {
		t.Errorf("digests %s and %s", a, b)
	}
}
