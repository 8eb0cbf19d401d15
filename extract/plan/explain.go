package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/terms"
)

// Explain prints a plan for people: what is read, who and what is left out,
// every column with what is done to it, and the SQL. It holds no key and no
// data.
func Explain(w io.Writer, p Plan) error {
	digest, err := p.Digest()
	if err != nil {
		return err
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	say := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	say("Plan", "%s", digest)
	say("Agreement", "%s, line %d: %s at %s", p.Agreement, p.Line, p.Dataset, orNone(p.Site, "any site"))
	say("Type of data", "%s", p.Type.Label())
	say("Key domain", "%s", p.KeyDomain)
	say("Reads", "%d rows in %d parts, snapshot %s", p.Snapshot.Rows, p.Snapshot.Parts, p.Snapshot.Activity)
	say("Persons", "index snapshot %s", p.Snapshot.Index)
	if p.OptOuts == nil {
		say("Opt-outs", "not applied on this line")
	} else {
		say("Opt-outs", "applied, list of %s (%s)", p.OptOuts.List.AsOf, p.OptOuts.List.SHA256)
		if p.OptOuts.Unchecked == terms.KeepUnchecked {
			say("", "rows without an NHS number are kept, rows with an invalid one dropped")
		} else {
			say("", "rows without a valid NHS number are dropped")
		}
	}
	say("Period", "%s is in %s", p.PeriodField, periodWords(p.Periods))
	for _, f := range p.Population {
		say("Population", "%s is one of %s", f.Field, strings.Join(f.In, ", "))
	}
	if len(p.Population) == 0 {
		say("Population", "everyone")
	}
	say("Order", "%s", p.orderWords())
	say("Files", "%s, of some %d rows", p.Format, p.FileRows)
	fmt.Fprintf(t, "\nColumn\tFrom\tForm\n")
	for _, c := range p.Columns {
		from := c.Field
		if c.Origin == definition.FromPerson && c.Field != "" {
			from += " (person index)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.Name, orNone(from, "person"), c.Derivation.Label())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	s := p.SQL()
	fmt.Fprintf(&b, "\nRows, by what becomes of them:\n\n%s\n\nRows that leave:\n\n%s\n", s.Count, s.Select)
	_, err = io.WriteString(w, b.String())
	return err
}

func (p Plan) orderWords() string {
	if p.Pseudonymous() {
		return "pseudonym, then re-keyed " + strings.Join(p.RecordKeys, ", ")
	}
	return "re-keyed " + strings.Join(p.RecordKeys, ", ")
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
