package rule_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/terms"
)

// holds is what a check promises, said again in plain Go and without a word
// of SQL: the judge of the compiler.
func holds(k rule.Check, v string, day string) bool {
	if k.ValidFrom != "" && day < k.ValidFrom || k.ValidTo != "" && day > k.ValidTo {
		return false
	}
	match := func(p string) bool { return regexp.MustCompile(p).MatchString(v) }
	number, valid, usable := rule.NHSNumber(v)
	switch k.Kind {
	case rule.Length:
		n := len([]rune(v))
		return n >= k.Min && n <= k.Max
	case rule.Values:
		return slices.Contains(k.Values, v)
	case rule.CodeRange:
		return match(`^[A-Z][0-9]{2}$`) && v >= k.From && v <= k.To
	case rule.Regex:
		return match(k.Pattern)
	case rule.IsInteger:
		return match(`^-?\d+$`)
	case rule.IsDecimal:
		return match(`^-?(\d+\.?\d*|\.\d+)$`)
	case rule.IsDate:
		d, err := time.Parse("2006-01-02", v)
		return err == nil && d.Year() >= 1900 && d.Year() <= 2099
	case rule.IsTime:
		_, short := time.Parse("1504", v)
		_, long := time.Parse("15:04:05", v)
		return short == nil && len(v) == 4 || long == nil && len(v) == 8
	case rule.IsNHSNumber:
		return valid
	case rule.NotASentinel:
		return usable || !valid || !slices.Contains(rule.Sentinels, number)
	}
	panic(k.Kind)
}

func TestSQLSaysWhatTheRulesSay(t *testing.T) {
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{Dir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	period, err := terms.ParsePeriod("2001-04-01", "2002-03-31")
	if err != nil {
		t.Fatal(err)
	}
	text := rapid.OneOf(
		rapid.StringMatching(`[A-Z]?[0-9]{0,5}[A-Z]?`),
		rapid.StringMatching(`[A-D][0-9][0-9A-Z]`),
		rapid.StringMatching(`(18|19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]`),
		rapid.StringMatching(`[0-2][0-9]:?[0-6][0-9](:[0-5][0-9])?`),
		rapid.StringMatching(`-?[0-9]{0,3}\.?[0-9]{0,3}`),
		rapid.StringMatching(`99[89] ?[0-9]{3}[ -]?[0-9]{4}`),
		rapid.SampledFrom([]string{"0000000000", "999 999 9999", "9434765919", "it's", "é", "'", "\t", "2004-02-29", "2100-02-29", "24:00:00", "2400", "1e5", "-", "--1", "12.0"}),
		rapid.String().Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }),
	)
	checks := rapid.Custom(func(t *rapid.T) rule.Check {
		k := rule.Check{Kind: rapid.SampledFrom([]string{rule.Length, rule.Values, rule.CodeRange, rule.Regex, rule.IsInteger, rule.IsDecimal, rule.IsDate, rule.IsTime, rule.IsNHSNumber, rule.NotASentinel}).Draw(t, "kind")}
		switch k.Kind {
		case rule.Length:
			k.Min = rapid.IntRange(0, 4).Draw(t, "min")
			k.Max = k.Min + rapid.IntRange(0, 4).Draw(t, "more")
		case rule.Values:
			k.Values = rapid.SliceOfN(text, 1, 3).Draw(t, "values")
		case rule.CodeRange:
			k.From, k.To = "A10", "C49"
		case rule.Regex:
			k.Pattern = rapid.SampledFrom([]string{`^[A-Za-z]\d{2}$`, `^(\d{3}|[A-Z]{2})$`, `^\d{1,3}$`, `^it's$`}).Draw(t, "pattern")
		}
		if rapid.Bool().Draw(t, "dated") {
			k.ValidFrom = "2001-10-01"
		}
		if rapid.Bool().Draw(t, "ending") {
			k.ValidTo = "2002-01-31"
		}
		return k
	})
	rapid.Check(t, func(t *rapid.T) {
		r := rule.Rule{AnyOf: rapid.SliceOfN(checks, 1, 3).Draw(t, "any of")}
		v := text.Draw(t, "value")
		date := rapid.SampledFrom([]string{"2001-04-01", "2001-09-30", "2001-10-01", "2002-01-31", "2002-02-01", "no date", ""}).Draw(t, "date")
		seen := strings.TrimRight(v, " ")
		day := date
		if day == "no date" || day == "" {
			day = period.From.String()
		}
		want := seen != "" && !slices.ContainsFunc(r.AnyOf, func(k rule.Check) bool { return holds(k, seen, day) })
		var got bool
		query := fmt.Sprintf("SELECT %s FROM (SELECT %s AS v, %s AS day FROM (SELECT %s AS c, %s AS d))",
			r.Fails("v", "day", "", period), rule.Value(definition.Field{Type: definition.Text}, "c"), rule.Day("d", period), duck.Literal(v), duck.Literal(date))
		if err := db.QueryRowContext(ctx, query).Scan(&got); err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
		if got != want {
			t.Fatalf("%q on %s against %+v: SQL says fails=%v\n%s", v, date, r.AnyOf, got, query)
		}
	})
}

func TestSQLOfWholeColumnsAndPadding(t *testing.T) {
	db, err := duck.Open(context.Background(), duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	period, _ := terms.ParsePeriod("2001-04-01", "2002-03-31")
	open := terms.Period{From: period.From}
	one := func(kind string) rule.Rule { return rule.Rule{AnyOf: []rule.Check{{Kind: kind}}} }
	if _, err := db.Exec("CREATE TABLE again AS SELECT 'x' AS v"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule   rule.Rule
		typ    definition.Type
		period terms.Period
		value  string // SQL
		want   bool
	}{
		{one(rule.Required), definition.Text, period, "NULL", true},
		{one(rule.Required), definition.Text, period, "''", true},
		{one(rule.Required), definition.Text, period, "'   '", true},
		{one(rule.Required), definition.Text, period, "' x'", false},
		{one(rule.Required), definition.Text, period, "chr(9)", false}, // a tab is no padding
		{one(rule.Unique), definition.Text, period, "'x '", true},
		{one(rule.Unique), definition.Text, period, "'y'", false},
		{one(rule.Unique), definition.Text, period, "NULL", false},
		{one(rule.InPeriod), definition.Date, period, "'2001-04-01'", false},
		{one(rule.InPeriod), definition.Date, period, "'2002-03-31'", false},
		{one(rule.InPeriod), definition.Date, period, "'2002-04-01'", true},
		{one(rule.InPeriod), definition.Date, open, "'2012-04-01'", false},
		{one(rule.InPeriod), definition.Date, open, "'2001-03-31'", true},
		{one(rule.InPeriod), definition.Date, period, "'soon'", true},
		{one(rule.InPeriod), definition.Date, period, "NULL", false},
		{one(rule.IsInteger), definition.Integer, period, "'34.0'", false},
		{one(rule.IsInteger), definition.Integer, period, "'34.5'", true},
		{one(rule.IsInteger), definition.Text, period, "'34.0'", true},
		{one(rule.IsInteger), definition.Integer, period, "'34  '", false},
	} {
		query := fmt.Sprintf("SELECT %s FROM (SELECT %s AS v FROM (SELECT %s::VARCHAR AS c))",
			tc.rule.Fails("v", rule.Day("", tc.period), "again", tc.period), rule.Value(definition.Field{Type: tc.typ}, "c"), tc.value)
		var got bool
		if err := db.QueryRow(query).Scan(&got); err != nil || got != tc.want {
			t.Errorf("%s: %v, %v", query, got, err)
		}
	}
}

func TestSQLOfNHSNumbers(t *testing.T) {
	db, err := duck.Open(context.Background(), duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f, err := os.Open("../../../testdata/hes/nhs_number.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	valid := rule.Rule{AnyOf: []rule.Check{{Kind: rule.IsNHSNumber}}}
	for _, r := range rows[1:] {
		var fails, usable bool
		query := fmt.Sprintf("SELECT %s, %s FROM (SELECT %s AS v)", valid.Fails("v", "", "", terms.Period{}), rule.Usable(rule.Digits("v")), duck.Literal(r[0]))
		if err := db.QueryRow(query).Scan(&fails, &usable); err != nil {
			t.Fatal(err)
		}
		if _, ok, use := rule.NHSNumber(r[0]); fails != !ok || usable != use || fails != (r[1] != "true") {
			t.Errorf("%q: SQL says fails=%v usable=%v", r[0], fails, usable)
		}
	}
}
