package terms

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"io"
	"time"
	_ "time/tzdata" // agreements are dated in London wherever this runs

	"data.release/registrar/release/fault"
)

// London is where agreements are dated.
var London = func() *time.Location {
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return location
}()

// Date is a civil date in Europe/London. The zero Date is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate makes a date; a day that does not exist is normalised as
// [time.Date] does.
func NewDate(year int, month time.Month, day int) Date {
	return dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// Today is the civil date in London at a moment.
func Today(moment time.Time) Date { return dateOf(moment.In(London)) }

// ParseDate reads "2006-01-02"; anything else is fault.Invalid.
func ParseDate(raw string) (Date, error) {
	t, err := time.Parse(time.DateOnly, raw)
	if err != nil {
		return Date{}, fault.New(fault.Invalid, "%q is no date: write it as 2006-01-02", fault.Quoted(raw))
	}
	return dateOf(t), nil
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is "2006-01-02", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Words is "2 January 2006", or "not recorded".
func (d Date) Words() string {
	if d.IsZero() {
		return "not recorded"
	}
	return d.utc().Format("2 January 2006")
}

// Compare is negative if d is before other.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// AddDays moves the date.
func (d Date) AddDays(days int) Date { return dateOf(d.utc().AddDate(0, 0, days)) }

// End is the first moment after the date in London.
func (d Date) End() time.Time { return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, London) }

// Midday is noon of the date in UTC: from it days can be counted.
func (d Date) Midday() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// MarshalText and UnmarshalText are "2006-01-02"; no date is "".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}

// Value is a PostgreSQL date; no date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a PostgreSQL date.
func (d *Date) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*d = Date{}
	case time.Time:
		*d = dateOf(v)
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	default:
		return fmt.Errorf("terms: a %T is no date", value)
	}
	return nil
}

// MarshalGQL writes the scalar Date; no date is null.
func (d Date) MarshalGQL(w io.Writer) { marshalGQL(w, d.String()) }

// UnmarshalGQL reads the scalar Date.
func (d *Date) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok || text == "" {
		return fault.New(fault.Invalid, "%v is no date: write it as \"2006-01-02\"", v)
	}
	return d.UnmarshalText([]byte(text))
}

// Period is a span of days, both ends included. A zero To has no end.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// ParsePeriod reads two dates; a period that ends before it begins is
// fault.Invalid.
func ParsePeriod(from, to string) (p Period, err error) {
	if p.From, err = ParseDate(from); err != nil {
		return Period{}, err
	}
	if p.To, err = ParseDate(to); err != nil {
		return Period{}, err
	}
	if p.To.Compare(p.From) < 0 {
		return Period{}, fault.New(fault.Invalid, "the period %s to %s ends before it begins", from, to)
	}
	return p, nil
}

// Contains says whether the day is in the period.
func (p Period) Contains(d Date) bool {
	return !d.IsZero() && p.From.Compare(d) <= 0 && (p.To.IsZero() || d.Compare(p.To) <= 0)
}

// Within says whether all of p is in outer.
func (p Period) Within(outer Period) bool {
	if p.From.Compare(outer.From) < 0 {
		return false
	}
	return outer.To.IsZero() || (!p.To.IsZero() && p.To.Compare(outer.To) <= 0)
}

// String is "2006-01-02 to 2006-12-31".
func (p Period) String() string {
	if p.To.IsZero() {
		return p.From.String() + " on"
	}
	return p.From.String() + " to " + p.To.String()
}
