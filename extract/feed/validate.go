package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/feed/source"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/fault"
)

// validation judges one file. It compiles the rules into one aggregate query
// over the file, and, for the rules that something failed, one more query for
// the failing records.
type validation struct {
	l    Landing
	file source.File
	// tests are the rules by column, in the order of the set.
	tests []test
	again map[string]bool // columns of unique rules that have repeated values
	conn  *sql.Conn       // temporary tables belong to a connection
}

// test is one rule on one column.
type test struct {
	rule   rule.Rule
	column definition.Field
	failed int64
}

func (t test) unique() bool { return t.rule.AnyOf[0].Kind == rule.Unique }

func newValidation(l Landing, file source.File) *validation {
	v := &validation{l: l, file: file, again: map[string]bool{}}
	for _, r := range l.Rules.Rules {
		for _, c := range r.Columns() {
			v.tests = append(v.tests, test{rule: r, column: c})
		}
	}
	return v
}

func (v *validation) close() {
	if v.conn != nil {
		v.conn.Close()
	}
}

// The names of prepared columns; no column of a feed has a space in its name.
func valueOf(column string) string { return duck.Ident("value " + column) }

func againOf(column string) string { return duck.Ident("again " + column) }

// prepared is the table of the file's columns with their values as the rules
// see them, and the day by which rules are valid. numbered adds the record's
// number.
func (v *validation) prepared(numbered bool) string {
	d := v.l.Definition
	var columns []string
	for _, f := range d.FeedFields() {
		columns = append(columns, rule.Value(f, duck.Ident(f.Name))+" AS "+valueOf(f.Name))
	}
	period := ""
	if f, ok := d.Field(d.PeriodField); ok {
		period = rule.Value(f, duck.Ident(f.Name))
	}
	columns = append(columns, rule.Day(period, v.l.Period)+` AS "the day"`)
	return "(SELECT *, " + strings.Join(columns, ", ") + " FROM " + v.file.SQL(d, numbered) + ")"
}

// fails is the SQL of a test that a record fails.
func (v *validation) fails(t test) string {
	if t.unique() && !v.again[t.column.Name] {
		return "false"
	}
	return t.rule.Fails(valueOf(t.column.Name), `"the day"`, againOf(t.column.Name), v.l.Period)
}

// any is the SQL of a record that fails any test that is chosen.
func (v *validation) any(choose func(test) bool) string {
	var all []string
	for _, t := range v.tests {
		if choose(t) {
			all = append(all, v.fails(t))
		}
	}
	if len(all) == 0 {
		return "false"
	}
	return "(" + strings.Join(all, " OR ") + ")"
}

func rejects(t test) bool { return t.rule.Severity == rule.Reject }

// count fills the report's counts. Unique rules cost a count of distinct
// values in the same pass; only where that finds a repeated value are the
// repeated ones looked up and the pass run again.
func (v *validation) count(ctx context.Context, db *sql.DB, report *Report) error {
	var err error
	if v.conn, err = db.Conn(ctx); err != nil {
		return err
	}
	repeated, err := v.pass(ctx, report)
	if err != nil {
		return v.unreadable(ctx, err)
	}
	if len(repeated) > 0 {
		for _, column := range repeated {
			if err := v.findAgain(ctx, v.conn, column); err != nil {
				return err
			}
			v.again[column] = true
		}
		if _, err := v.pass(ctx, report); err != nil {
			return err
		}
	}
	if report.Rows != v.file.Rows {
		return fmt.Errorf("DuckDB reads %d records where the file has %d", report.Rows, v.file.Rows)
	}
	for i := range v.tests {
		if t := v.tests[i]; t.failed > 0 {
			report.Failures = append(report.Failures, RuleCount{Rule: t.rule.ID, Column: t.column.Name, Severity: t.rule.Severity, Message: t.rule.Message, Failed: t.failed})
		}
	}
	return nil
}

// findAgain makes the table of a column's repeated values.
func (v *validation) findAgain(ctx context.Context, conn *sql.Conn, column string) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT v FROM (SELECT %s AS v FROM %s) WHERE v IS NOT NULL GROUP BY v HAVING count(*) > 1",
		againOf(column), valueOf(column), v.prepared(false)))
	return err
}

// unreadable says that a Parquet file is damaged inside, which no look at its
// footer shows. A CSV file was read to its end before, so there it is a fault
// of ours.
func (v *validation) unreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil || v.file.Format != source.Parquet {
		return err
	}
	return fault.New(fault.Invalid, "the file cannot be taken as %s", v.l.Definition.Name).
		With(fault.Reason{Code: "parquet", Message: "its schema can be read but its values cannot: the file is damaged"}).Because(err)
}

// pass runs the aggregate query and returns the columns of unique rules that
// have repeated values.
func (v *validation) pass(ctx context.Context, report *Report) (repeated []string, err error) {
	var results []string
	var into []any
	add := func(expression string, target any) {
		results = append(results, expression)
		into = append(into, target)
	}
	add("count(*)", &report.Rows)
	add(`count(*) FILTER ("rejected")`, &report.Rejected)
	add(`count(*) FILTER ("warned" AND NOT "rejected")`, &report.Warned)
	report.Columns = make([]ColumnCount, len(v.l.Definition.FeedFields()))
	for i, f := range v.l.Definition.FeedFields() {
		report.Columns[i].Name = f.Name
		add("count("+valueOf(f.Name)+")", &report.Columns[i].Filled)
	}
	distinct := map[string]*int64{}
	inner := []string{"*"}
	var rejected, warned []string
	for i := range v.tests {
		t := &v.tests[i]
		name := duck.Ident(fmt.Sprintf("test %d", i))
		inner = append(inner, v.fails(*t)+" AS "+name)
		add("count(*) FILTER ("+name+")", &t.failed)
		if rejects(*t) {
			rejected = append(rejected, name)
		} else {
			warned = append(warned, name)
		}
		if t.unique() && !v.again[t.column.Name] {
			distinct[t.column.Name] = new(int64)
			add("count("+valueOf(t.column.Name)+") - count(DISTINCT "+valueOf(t.column.Name)+")", distinct[t.column.Name])
		}
	}
	// Each test is computed once, in the inner query, and used twice.
	query := fmt.Sprintf(`SELECT %s FROM (SELECT *, %s AS "rejected", %s AS "warned" FROM (SELECT %s FROM %s))`,
		strings.Join(results, ", "), or(rejected), or(warned), strings.Join(inner, ", "), v.prepared(false))
	if err := v.conn.QueryRowContext(ctx, query).Scan(into...); err != nil {
		return nil, fmt.Errorf("counting what is wrong: %w", err)
	}
	report.Accepted = report.Rows - report.Rejected
	for _, t := range v.tests {
		if n, ok := distinct[t.column.Name]; ok && t.unique() && *n > 0 {
			repeated = append(repeated, t.column.Name)
		}
	}
	return repeated, nil
}

func or(names []string) string {
	if len(names) == 0 {
		return "false"
	}
	return "(" + strings.Join(names, " OR ") + ")"
}

var errCounts = errors.New("the counts do not add up")
