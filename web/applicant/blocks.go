package applicant

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// fields are those of a page, for what they are refused for.
type fields = []*page.Field

// Answer is a field of the form, and what it says in words.
type Answer struct {
	*page.Field
	Words string
}

// Block is a part of a form: its answers, and lists of rows.
type Block struct {
	Title   string
	Answers []Answer
	Lists   []List
	Remove  string // the name of the box that removes it; empty: it cannot be
}

// List is the rows of a group, with one that is empty to add another.
type List struct {
	ID, Title, Lead, Row string
	Rows                 []Block
	Spare                Block
}

// block shows values in the form. The fields are also gathered for what they
// are refused for.
func (f form) block(values url.Values, prefix string, gathered *fields) Block {
	var b Block
	for _, a := range f.answers {
		if a.as == classes {
			for i, part := range a.parts {
				part.Name = prefix + a.Name + "-" + strconv.Itoa(i)
				b.add(part, values, gathered)
			}
			continue
		}
		field := a.Field
		field.Name = prefix + a.Name
		b.add(field, values, gathered)
	}
	for _, g := range f.groups {
		path := prefix + g.path
		l := List{ID: page.Field{Name: path}.ID(), Title: g.title, Lead: g.lead, Row: g.row}
		n := rows(values, path)
		for i := range n {
			row := g.block(values, fmt.Sprintf("%s[%d].", path, i), gathered)
			row.quieten()
			row.Title, row.Remove = fmt.Sprintf("%s %d", g.row, i+1), fmt.Sprintf("%s[%d].remove", path, i)
			l.Rows = append(l.Rows, row)
		}
		l.Spare = g.spare(fmt.Sprintf("%s[%d].", path, n))
		b.Lists = append(b.Lists, l)
	}
	return b
}

// spare is an empty row. Its own lists have one empty row each.
func (g group) spare(prefix string) Block {
	b := Block{Title: "Another " + strings.ToLower(g.row[:1]) + g.row[1:]}
	for _, a := range g.answers {
		field := a.Field
		field.Name = prefix + a.Name
		b.Answers = append(b.Answers, Answer{Field: &field})
	}
	for _, inner := range g.groups {
		path := prefix + inner.path
		l := List{ID: page.Field{Name: path}.ID(), Title: inner.title, Lead: inner.lead, Row: inner.row}
		l.Rows = []Block{inner.spare(path + "[0].")}
		l.Rows[0].Title = inner.row + " 1"
		b.Lists = append(b.Lists, l)
	}
	b.quieten()
	return b
}

// quieten names a standard once where answers that it asks for follow each
// other in a row.
func (b *Block) quieten() {
	before := ""
	for _, a := range b.Answers {
		if a.Standard == before {
			a.Field.Standard = ""
			continue
		}
		before = a.Standard
	}
}

func (b *Block) add(field page.Field, values url.Values, gathered *fields) {
	field.Value, field.Values = values.Get(field.Name), values[field.Name]
	f := &field
	*gathered = append(*gathered, f)
	b.Answers = append(b.Answers, Answer{f, words(field, values[field.Name])})
}

// words are an answer as a reader has it.
func words(f page.Field, values []string) string {
	said := make([]string, 0, len(values))
	for _, v := range values {
		if d, err := terms.ParseDate(v); f.Kind == "date" && err == nil {
			v = d.Words()
		}
		if i := slices.IndexFunc(f.Options, func(o page.Option) bool { return o.Value == v }); i >= 0 && v != "" {
			v = f.Options[i].Label
		}
		if strings.TrimSpace(v) != "" {
			said = append(said, v)
		}
	}
	return strings.Join(said, "; ")
}

// meanwhile puts beside each answer what another person has saved there since,
// where it differs from what was typed.
func meanwhile(fields []*page.Field, typed, saved url.Values) {
	for _, f := range fields {
		if slices.Equal(typed[f.Name], saved[f.Name]) || typed.Get(f.Name) == "" && saved.Get(f.Name) == "" {
			continue
		}
		f.Error = "somebody else has changed this meanwhile"
		if f.Now = words(*f, saved[f.Name]); f.Now == "" {
			f.Now = "nothing"
		}
	}
}
