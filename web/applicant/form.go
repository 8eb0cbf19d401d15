package applicant

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// A form is described once, by the answers of a section; what a section holds,
// what was posted and what is shown are made from that. All three go through
// url.Values, whose names are the paths of the section's JSON.

// form is the answers of a section, and its repeated groups.
type form struct {
	answers []answer
	groups  []group
}

// group is a list of rows of the same answers.
type group struct {
	path, title, lead, row string // row: what one row is called
	form
}

// shape is how an answer stands in JSON.
type shape int

const (
	text    shape = iota
	yes           // a box to tick: true or false
	yesNo         // true, false, or no answer
	date          // "2006-01-02", or null
	number        // or null
	list          // texts, one a line
	choices       // texts, ticked
	numbers       // ticked
	classes       // texts, ticked in several fieldsets: the names end in -0, -1, …
)

// answer is one answer: the field that asks for it, by its name below the
// group, and its shape.
type answer struct {
	page.Field
	as    shape
	parts []page.Field // of classes
}

// values are the answers of a section under their paths.
func (f form) values(section any) (url.Values, error) {
	raw, err := json.Marshal(section)
	if err != nil {
		return nil, fmt.Errorf("reading the answers: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("reading the answers: %w", err)
	}
	out := url.Values{}
	f.gather(out, "", tree)
	return out, nil
}

func (f form) gather(out url.Values, prefix string, tree map[string]any) {
	for _, a := range f.answers {
		var texts []string
		switch v := tree[a.Name].(type) {
		case string:
			if v != "" && v != "not_recorded" {
				texts = []string{v}
			}
		case bool:
			if v {
				texts = []string{"yes"}
			} else if a.as == yesNo {
				texts = []string{"no"}
			}
		case float64:
			texts = []string{strconv.FormatFloat(v, 'f', -1, 64)}
		case []any:
			for _, member := range v {
				texts = append(texts, fmt.Sprint(member))
			}
			if a.as == list {
				texts = []string{strings.Join(texts, "\n")}
			}
		}
		if a.as == classes {
			for _, t := range texts {
				name := prefix + a.Name + "-" + strconv.Itoa(a.part(t))
				out[name] = append(out[name], t)
			}
		} else if len(texts) > 0 {
			out[prefix+a.Name] = texts
		}
	}
	for _, g := range f.groups {
		rows, _ := tree[g.path].([]any)
		for i, row := range rows {
			if members, ok := row.(map[string]any); ok {
				g.gather(out, fmt.Sprintf("%s%s[%d].", prefix, g.path, i), members)
			}
		}
	}
}

// part is the fieldset that has a value; the last one has those of none.
func (a answer) part(value string) int {
	for i, p := range a.parts {
		if slices.ContainsFunc(p.Options, func(o page.Option) bool { return o.Value == value }) {
			return i
		}
	}
	return max(0, len(a.parts)-1)
}

// rows is how many rows of a group were posted.
func rows(values url.Values, path string) (n int) {
	for name := range values {
		rest, ok := strings.CutPrefix(name, path+"[")
		if !ok {
			continue
		}
		index, _, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(index); err == nil && i >= n && i <= 1_000 {
			n = i + 1
		}
	}
	return n
}

// compact leaves out rows that are to be removed or say nothing, and numbers
// the others anew, so that paths are those of the section.
func (f form) compact(values url.Values) url.Values {
	out := url.Values{}
	f.keep(out, values, "", "")
	return out
}

func (f form) keep(out, values url.Values, from, to string) {
	for _, a := range f.answers {
		if a.as == classes {
			for i := range a.parts {
				part := a.Name + "-" + strconv.Itoa(i)
				if posted := values[from+part]; len(posted) > 0 {
					out[to+part] = posted
				}
			}
			continue
		}
		if posted := values[from+a.Name]; len(posted) > 0 {
			lines := make([]string, len(posted))
			for i, p := range posted {
				lines[i] = strings.ReplaceAll(p, "\r\n", "\n") // as browsers send them
			}
			out[to+a.Name] = lines
		}
	}
	for _, g := range f.groups {
		kept := 0
		for i := range rows(values, from+g.path) {
			row := fmt.Sprintf("%s%s[%d].", from, g.path, i)
			if values.Get(row+"remove") != "" || !g.says(values, row) {
				continue
			}
			g.keep(out, values, row, fmt.Sprintf("%s%s[%d].", to, g.path, kept))
			kept++
		}
	}
}

// says whether a row has any answer. One that is only chosen counts: a filter
// left out for want of its values would widen a line to everyone.
func (f form) says(values url.Values, prefix string) bool {
	for _, a := range f.answers {
		if a.as == classes {
			for i := range a.parts {
				if len(values[prefix+a.Name+"-"+strconv.Itoa(i)]) > 0 {
					return true
				}
			}
		}
		if strings.TrimSpace(values.Get(prefix+a.Name)) != "" {
			return true
		}
	}
	for _, g := range f.groups {
		for i := range rows(values, prefix+g.path) {
			if g.says(values, fmt.Sprintf("%s%s[%d].", prefix, g.path, i)) {
				return true
			}
		}
	}
	return false
}

// read makes a section of compact values. What cannot be read as what it must
// be is fault.Invalid, every answer at once.
func (f form) read(values url.Values, section any) error {
	refused := fault.New(fault.Invalid, "Some answers cannot be read")
	tree := f.assemble(values, "", refused)
	if len(refused.Reasons) > 0 {
		return refused
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return fmt.Errorf("reading the form: %w", err)
	}
	if err := json.Unmarshal(raw, section); err != nil {
		return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
	}
	return nil
}

func (f form) assemble(values url.Values, prefix string, refused *fault.Error) map[string]any {
	tree := map[string]any{}
	for _, a := range f.answers {
		name := prefix + a.Name
		wrong := func(message string) {
			refused.With(fault.Reason{Code: "form", Field: name, Message: message})
		}
		posted := strings.TrimSpace(values.Get(name))
		if strings.ContainsRune(posted, 0) || !utf8.ValidString(posted) {
			wrong("has a character in it that is no text, such as a copy from another program brings; type that place anew")
			continue
		}
		switch a.as {
		case text:
			tree[a.Name] = values.Get(name)
			if a.Kind != "textarea" {
				tree[a.Name] = posted
			}
		case yes:
			tree[a.Name] = posted != ""
		case yesNo:
			if posted != "" {
				tree[a.Name] = posted == "yes"
			}
		case date:
			if posted == "" {
				continue
			}
			if d, err := terms.ParseDate(posted); err != nil {
				wrong("is no date; write it as 2026-11-25")
			} else {
				tree[a.Name] = d
			}
		case number:
			if posted == "" {
				continue
			}
			if n, err := strconv.Atoi(posted); err != nil || n < 0 {
				wrong("is no number")
			} else {
				tree[a.Name] = n
			}
		case list:
			tree[a.Name] = linesOf(values.Get(name))
		case choices:
			tree[a.Name] = values[name]
		case numbers:
			var all []int
			for _, v := range values[name] {
				if n, err := strconv.Atoi(v); err == nil {
					all = append(all, n)
				}
			}
			tree[a.Name] = all
		case classes:
			var all []string
			for i := range a.parts {
				all = append(all, values[name+"-"+strconv.Itoa(i)]...)
			}
			tree[a.Name] = all
		}
	}
	for _, g := range f.groups {
		all := []any{}
		for i := range rows(values, prefix+g.path) {
			all = append(all, g.assemble(values, fmt.Sprintf("%s%s[%d].", prefix, g.path, i), refused))
		}
		tree[g.path] = all
	}
	return tree
}

// linesOf are the lines of a text that say something.
func linesOf(raw string) []string {
	var lines []string
	for line := range strings.Lines(raw) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// named puts names in the place of slugs of organisations, as people know
// them; slugged does the reverse for what was not retyped.
func named(values url.Values, names map[string]string) url.Values {
	return organisations(values, func(slug string) string { return cmp.Or(names[slug], slug) })
}

func slugged(values url.Values, names map[string]string) url.Values {
	return organisations(values, func(name string) string {
		for slug, known := range names {
			if known == name {
				return slug
			}
		}
		return name
	})
}

func organisations(values url.Values, as func(string) string) url.Values {
	for name, v := range values {
		if len(v) == 1 && (name == "discloser" || strings.HasPrefix(name, "parties[") && strings.HasSuffix(name, "].organisation")) {
			values[name] = []string{as(strings.TrimSpace(v[0]))}
		}
	}
	return values
}
