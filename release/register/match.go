package register

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"data.release/registrar/release/terms"
)

// Subject says what names are compared with each other.
type Subject string

// The names of a register that may be one and are spelled as two.
const (
	OrganisationNames Subject = "organisation"
	DatasetNamesOf    Subject = "dataset"
	ReferencesOf      Subject = "reference"
)

// Named is a name and the id that it is recorded under.
type Named struct{ ID, Name string }

// Alike is a name that may be another spelling of one that is recorded. It is
// a question to a person, never an answer.
type Alike struct {
	Name, Candidate Named // the candidate has no id where the name itself is doubted
	Why             string
	// Likeness orders the questions: 1 is all but certain. It is a rank, no
	// probability.
	Likeness float64
}

// A likeness is why two names may be one, with its rank.
type likeness struct {
	why  string
	rank float64
}

var (
	sameCode   = likeness{"both carry the same code", 0.95}
	sameWords  = likeness{"the same words but for their order, abbreviations and words such as \"and\"", 0.9}
	sameLetter = likeness{"the same letters, with other spaces between them", 0.9}
	sameForm   = likeness{"the same but for words of its legal form", 0.8}
	sameBefore = likeness{"the same but for a code or brackets at the end", 0.7}
	sameShort  = likeness{"one is the initials of the other", 0.6}
	oneLetter  = likeness{"one letter of one word differs", 0.6}
	oneSign    = likeness{"one character of the reference differs", 0.8}
	aNote      = likeness{"reads like a note, not like a reference", 0.5}
)

// candidatesAtMost keeps one name from filling the list: a name like many
// others says little about any of them. crowd bounds the work likewise: no name
// is compared with more that share one form.
const (
	candidatesAtMost = 5
	crowd            = 100
)

// LookAlikes finds among fresh names those that may be another spelling of a
// recorded one, or of one before them in the list: names whose [NameKey]
// differs and that are one by a rule of this file. Each name has at most five
// candidates, the likeliest first; names come in their order.
//
// The rules err on the side of silence: what differs by a word of its own, such
// as a place, a year or a department, is not alike; nor are names with two
// different codes (sub-locations of one board), or that differ in digits alone
// (a series). Only NIC numbers are compared digit by digit: their suffix makes
// a chance likeness rare.
func LookAlikes(subject Subject, recorded, fresh []Named) []Alike {
	g := grammars[subject]
	index := looks{grammar: g, by: map[string][]*look{}}
	for _, n := range recorded {
		index.add(g.look(n))
	}
	var out []Alike
	for _, n := range fresh {
		l := g.look(n)
		found := index.like(l)
		if len(found) == 0 && subject == ReferencesOf && isNote(n.Name) {
			found = []Alike{{Name: n, Why: aNote.why, Likeness: aNote.rank}}
		}
		out = append(out, found...)
		index.add(l)
	}
	return out
}

// look is a name with what is compared of it, made once.
type look struct {
	Named
	parsed
	signs   []rune // of a reference
	nic     bool   // it is a NIC number
	letters string // without the digits
	digits  string
	forms   []form
}

func (g *grammar) look(n Named) *look {
	l := &look{Named: n}
	if g.reference {
		l.signs = referenceSigns(n.Name)
		ref, err := terms.ParseReference(n.Name)
		l.nic = err == nil && ref.IsNIC()
		l.letters, l.digits = cutDigits(string(l.signs))
		l.forms = referenceForms(l.signs)
		return l
	}
	l.parsed = g.parse(n.Name)
	l.letters, l.digits = cutDigits(NameKey(n.Name))
	l.forms = g.forms(l.parsed)
	return l
}

// cutDigits divides a text into its letters and its digits, and drops the rest.
func cutDigits(text string) (letters, digits string) {
	var l, d strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			d.WriteRune(r)
		case unicode.IsLetter(r):
			l.WriteRune(r)
		}
	}
	return l.String(), d.String()
}

// looks finds names by the forms in which they are equal to others.
type looks struct {
	*grammar
	by map[string][]*look
}

func (l *looks) add(n *look) {
	for _, f := range n.forms {
		if list := l.by[f.text]; len(list) == 0 || len(list) < crowd && list[len(list)-1] != n {
			l.by[f.text] = append(list, n)
		}
	}
}

func (l *looks) like(n *look) []Alike {
	best := map[Named]likeness{}
	for _, f := range n.forms {
		for _, other := range l.by[f.text] {
			if other.ID == n.ID || best[other.Named].rank >= f.rank || l.apart(n, other, f) {
				continue
			}
			best[other.Named] = f.likeness
		}
	}
	out := make([]Alike, 0, len(best))
	for other, why := range best {
		out = append(out, Alike{Name: n.Named, Candidate: other, Why: why.why, Likeness: why.rank})
	}
	slices.SortFunc(out, func(a, b Alike) int {
		return cmp.Or(cmp.Compare(b.Likeness, a.Likeness), cmp.Compare(a.Candidate.Name, b.Candidate.Name), cmp.Compare(a.Candidate.ID, b.Candidate.ID))
	})
	return out[:min(len(out), candidatesAtMost)]
}

// form is a name in a form of which equality means something.
type form struct {
	likeness
	text string // begins with what it is a form of
	word string // of oneLetter: the word that may differ
}

// forms lists the forms of a name.
func (g *grammar) forms(p parsed) []form {
	add := func(out []form, why likeness, kind, text string) []form {
		if text == "" {
			return out
		}
		return append(out, form{likeness: why, text: kind + text})
	}
	var out []form
	out = add(out, sameCode, "c ", p.code)
	if len(p.words) > 0 {
		out = add(out, sameWords, "w ", strings.Join(p.words, " ")+"#"+p.code)
	}
	if len(p.joined) >= 8 {
		out = add(out, sameLetter, "l ", p.joined+"#"+p.code)
	}
	if len(p.core) > 0 && len(g.legal) > 0 {
		out = add(out, sameForm, "f ", strings.Join(p.core, " ")+"#"+p.code)
	}
	if g.bracketed {
		out = add(out, sameBefore, "b ", strings.Join(p.before, " "))
	}
	for _, initials := range p.initials {
		out = add(out, sameShort, "i ", initials)
	}
	for i, w := range p.words {
		if !mayBeMisspelt(w) || g.places[w] {
			continue
		}
		rest := strings.Join(slices.Delete(slices.Clone(p.words), i, i+1), " ")
		for _, d := range deletions(w) {
			out = append(out, form{oneLetter, "s " + rest + "|" + d, w})
		}
	}
	return out
}

// apart says that two names with one form are two all the same.
func (g *grammar) apart(a, b *look, f form) bool {
	if a.digits != b.digits && a.letters == b.letters && !(a.nic && b.nic) {
		return true
	}
	if g.reference {
		return f.why == oneSign.why && !oneEdit(a.signs, b.signs)
	}
	if a.code != "" && b.code != "" && a.code != b.code {
		return true
	}
	switch f.why {
	case sameShort.why: // of two sets of initials, one has to be the name itself
		return !a.short && !b.short
	case oneLetter.why:
		for _, w := range b.words {
			if !slices.Contains(a.words, w) {
				return w[0] != f.word[0] || !oneEdit([]rune(f.word), []rune(w))
			}
		}
	}
	return false
}

// parsed is a name taken apart.
type parsed struct {
	code     string
	words    []string // sorted, once each, abbreviations written out
	core     []string // without words of legal form
	before   []string // without brackets at the end
	joined   string   // the words without the spaces between them
	initials []string
	short    bool // the name is one short word
}

func (g *grammar) parse(name string) parsed {
	var p parsed
	key := NameKey(name)
	if g.codes {
		key, p.code = cutCode(key)
	}
	before, bracket := cutBracket(key)
	said := g.tokens(before)
	if bracket != "" && isInitials(bracket, said) {
		p.initials = append(p.initials, bracket)
		bracket = ""
	}
	all := said
	if bracket != "" {
		all = append(slices.Clone(said), g.tokens(bracket)...)
	}
	p.words, p.before, p.joined = sortedOnce(all), sortedOnce(said), strings.Join(all, "")
	var core []string
	for _, w := range all {
		if !g.legal[w] {
			core = append(core, w)
		}
	}
	p.core = sortedOnce(core)
	switch {
	case len(all) == 1 && len(all[0]) >= 3 && len(all[0]) <= 6:
		p.initials, p.short = append(p.initials, all[0]), true
	case len(said) >= 3:
		p.initials = append(p.initials, initials(said))
	}
	return p
}

// tokens are a text's words in their order, written out, without those that
// tell nothing.
func (g *grammar) tokens(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(g.phrases.Replace(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		long, known := g.short[w]
		if !known {
			long = w
		}
		for _, part := range strings.Fields(long) {
			if g.stem && len(part) > 3 && strings.HasSuffix(part, "s") && !strings.HasSuffix(part, "ss") {
				part = strings.TrimSuffix(part, "s")
			}
			if !g.empty[part] {
				out = append(out, part)
			}
		}
	}
	return out
}

func sortedOnce(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }

// cutCode takes an ODS code from the end of a name: "nhs kent icb-91q".
func cutCode(key string) (name, code string) {
	trimmed := strings.TrimRight(key, ")] ")
	i := strings.LastIndexAny(trimmed, "-([ ")
	if i <= 0 {
		return key, ""
	}
	code = trimmed[i+1:]
	if len(code) < 3 || len(code) > 6 || !strings.ContainsAny(code, "0123456789") || strings.Trim(code, "0123456789") == "" ||
		strings.ContainsFunc(code, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return key, ""
	}
	return strings.TrimRight(trimmed[:i], "-([ "), code
}

// cutBracket takes the brackets from the end of a name.
func cutBracket(key string) (before, inside string) {
	if !strings.HasSuffix(key, ")") {
		return key, ""
	}
	i := strings.LastIndexByte(key, '(')
	if i <= 0 {
		return key, ""
	}
	return strings.TrimSpace(key[:i]), strings.TrimSpace(key[i+1 : len(key)-1])
}

func initials(words []string) string {
	var out strings.Builder
	for _, w := range words {
		r, _ := firstRune(w)
		out.WriteRune(r)
	}
	return out.String()
}

func firstRune(w string) (rune, bool) {
	for _, r := range w {
		return r, true
	}
	return 0, false
}

// isInitials says whether a word is made of the first letters of others, in
// their order; some may be left out, as LSE leaves out Political Science.
func isInitials(word string, of []string) bool {
	if len(word) < 2 || len(word) > 8 || strings.ContainsAny(word, " -") {
		return false
	}
	rest := initials(of)
	for _, r := range word {
		i := strings.IndexRune(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+len(string(r)):]
	}
	return true
}

// mayBeMisspelt says whether a word is long enough for one letter to be a slip.
// Numbers tell things apart, and so do short words.
func mayBeMisspelt(w string) bool {
	return len([]rune(w)) >= 6 && !strings.ContainsFunc(w, unicode.IsDigit)
}

// deletions are a word and what it becomes without one of its letters: two
// words that are one slip apart have one of these in common.
func deletions(w string) []string {
	runes := []rune(w)
	out := make([]string, 0, len(runes)+1)
	out = append(out, w)
	for i := range runes {
		out = append(out, string(runes[:i])+string(runes[i+1:]))
	}
	return out
}

// oneEdit says whether one sign added, left out, changed or swapped with its
// neighbour makes one of the other.
func oneEdit(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 1:
		return slices.Equal(a[i:], b[i+1:])
	case 0:
		if i == len(a) || slices.Equal(a[i+1:], b[i+1:]) {
			return true
		}
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	}
	return false
}

// referenceForms are those of an agreement's stem, by its signs.
func referenceForms(signs []rune) []form {
	out := []form{{likeness{"the same but for case and punctuation", 0.9}, "w " + string(signs), ""}}
	for _, d := range deletions(string(signs)) {
		out = append(out, form{likeness: oneSign, text: "s " + d})
	}
	return out
}

// referenceSigns are the letters and digits of a reference.
func referenceSigns(stem string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, terms.Fold(stem)))
}

// isNote says whether a local name reads like a remark that somebody left in
// the column: the register of March 2022 had "No filters applied" there.
func isNote(name string) bool {
	return len(strings.Fields(name)) >= 2 && strings.ContainsFunc(name, unicode.IsLower)
}
