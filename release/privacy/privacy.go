// Package privacy looks for what may say something about single people in a
// free text, before the text is published: NHS numbers, e-mail addresses,
// telephone numbers, titled names, addresses and small counts of persons. It
// decides nothing. A finding holds a text until a person has looked at it, so
// that it errs towards finding too much; what is known to be no person stands
// in lists, each with its reason.
//
// It is a pure function of the text, and linear in it: no rule looks further
// than a few hundred bytes from where it began.
package privacy

import (
	"slices"
	"strings"
)

// Kind is what was found.
type Kind string

// The kinds of finding.
const (
	NHSNumber  Kind = "nhs_number"
	Email      Kind = "email"
	Telephone  Kind = "telephone"
	TitledName Kind = "titled_name"
	Address    Kind = "address"
	SmallCount Kind = "small_count"
	// PersonColumn is a whole cell of a column that names persons, such as the
	// applicants of a project; no scan finds it, the layout knows it.
	PersonColumn Kind = "person_column"
)

// Kinds lists all kinds, the gravest first.
func Kinds() []Kind {
	return []Kind{NHSNumber, Email, Telephone, PersonColumn, TitledName, Address, SmallCount}
}

// Values lists the kinds for the database.
func (Kind) Values() []string {
	var out []string
	for _, k := range Kinds() {
		out = append(out, string(k))
	}
	return out
}

// Label is the kind in words.
func (k Kind) Label() string {
	switch k {
	case NHSNumber:
		return "NHS number"
	case Email:
		return "e-mail address"
	case Telephone:
		return "telephone number"
	case TitledName:
		return "name with a title"
	case Address:
		return "address"
	case SmallCount:
		return "small count of persons"
	case PersonColumn:
		return "column that names persons"
	}
	return string(k)
}

// Finding is one place of a text. It holds no part of the text, so that it can
// be kept, counted and logged where the text cannot.
type Finding struct {
	Kind Kind   `json:"kind"`
	From int    `json:"from"` // the first byte
	To   int    `json:"to"`   // after the last byte
	Why  string `json:"why"`  // which rule, in words
}

// Scan finds everything in a free text, by place. Findings may overlap: digits
// can be an NHS number and the local part of an address at once.
func Scan(text string) []Finding {
	s := scanner{text: text, prose: true}
	return s.run()
}

// ScanName finds what no name of an organisation, dataset or sheet has a use
// for: NHS numbers, e-mail addresses and telephone numbers. A titled name,
// an address or a number of persons is an ordinary part of names ("Dr Foster
// Limited", "10 High Street Surgery"), which the register is about.
func ScanName(text string) []Finding {
	s := scanner{text: text}
	return s.run()
}

// ScanJSON is Scan of the strings in a JSON text, with the places in that text:
// a line end that JSON writes as \n ends a word here too.
func ScanJSON(text string) []Finding {
	if !strings.Contains(text, `\`) {
		return Scan(text)
	}
	plain := []byte(text)
	for i := 0; i+1 < len(plain); i++ {
		if plain[i] != '\\' {
			continue
		}
		end := i + 2
		if plain[i+1] == 'u' {
			end = min(i+6, len(plain))
		}
		blank := byte(' ')
		if plain[i+1] == 'n' || plain[i+1] == 'r' {
			blank = '\n'
		}
		for k := i; k < end; k++ {
			plain[k] = blank
		}
		i = end - 1
	}
	return Scan(string(plain))
}

// KindsOf lists the kinds among findings, each once, the gravest first.
func KindsOf(findings []Finding) []Kind {
	var out []Kind
	for _, k := range Kinds() {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Kind == k }) {
			out = append(out, k)
		}
	}
	return out
}

// scanner goes through a text once, by words and runs of digits.
type scanner struct {
	text     string
	prose    bool
	findings []Finding
	until    [4]int // where the last finding of telephone, titled name, address and small count ended
}

const (
	telephones = iota
	titles
	addresses
	counts
)

func (s *scanner) run() []Finding {
	t := s.text
	for i := 0; i < len(t); {
		c := t[i]
		switch {
		case isDigit(c):
			end := i + 1
			for end < len(t) && isDigit(t[end]) {
				end++
			}
			s.number(i, end)
			i = end
		case isLetter(c):
			end := i + 1
			for end < len(t) && isLetter(t[end]) {
				end++
			}
			if s.prose && end-i <= longestTrigger {
				s.word(i, end)
			}
			i = end
		case c == '@':
			s.email(i)
			i++
		case c == '+' || c == '(':
			s.telephone(i)
			i++
		default:
			i++
		}
	}
	slices.SortStableFunc(s.findings, func(a, b Finding) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return a.To - b.To
	})
	return s.findings
}

// number tries what begins with a run of digits.
func (s *scanner) number(from, end int) {
	s.nhsNumber(from)
	if s.text[from] == '0' {
		s.telephone(from)
	}
	if !s.prose {
		return
	}
	if end-from <= 4 {
		s.street(from, end)
	}
	if end-from <= 2 {
		value := 0
		for _, c := range []byte(s.text[from:end]) {
			value = value*10 + int(c-'0')
		}
		if s.text[from] != '0' && value <= 10 {
			s.count(from, end, value)
		}
	}
}

// longestTrigger is the length of the longest word that begins anything:
// councillor.
const longestTrigger = 10

// word tries what begins with a word.
func (s *scanner) word(from, end int) {
	if from > 0 && isDigit(s.text[from-1]) {
		return
	}
	word := s.text[from:end]
	if end-from <= 3 && isUpper(word[0]) {
		s.postcode(from, end)
	}
	if value := numberWord(word); value > 0 {
		s.count(from, end, value)
		return
	}
	if title := titleOf(word); title != untitled {
		s.titled(from, end, title)
	}
}

func (s *scanner) found(kind Kind, from, to int, why string) {
	s.findings = append(s.findings, Finding{Kind: kind, From: from, To: to, Why: why})
}

// email tries an address around an @.
func (s *scanner) email(at int) {
	t := s.text
	from := at
	for from > 0 && at-from < 64 && isLocal(t[from-1]) {
		from--
	}
	for from < at && (t[from] == '.' || t[from] == '-' || t[from] == '\'') {
		from++
	}
	to, last, dots := at+1, at+1, 0
	for to < len(t) && to-at <= 255 && (isLetter(t[to]) || isDigit(t[to]) || t[to] == '-' || t[to] == '.') {
		if t[to] == '.' {
			if to == last {
				break
			}
			if to+1 >= len(t) || !isLetter(t[to+1]) && !isDigit(t[to+1]) {
				break
			}
			dots++
			last = to + 1
		}
		to++
	}
	for to > last && t[to-1] == '-' {
		to--
	}
	if from == at || dots == 0 || to-last < 2 || !isLetter(t[last]) {
		return
	}
	s.found(Email, from, to, "an address with a name, an @ and a domain")
}

func isLocal(c byte) bool {
	return isLetter(c) || isDigit(c) || c >= 0x80 || strings.IndexByte("._%+'-&=", c) >= 0
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// before is the byte before a place; a space at the start of the text.
func (s *scanner) before(i int) byte {
	if i <= 0 {
		return ' '
	}
	return s.text[i-1]
}

// after is the byte at a place; a space at the end of the text.
func (s *scanner) after(i int) byte {
	if i >= len(s.text) {
		return ' '
	}
	return s.text[i]
}

// space is the length of one space at a place: an ordinary or non-breaking one,
// a tab, or a line end. 0 if there is none.
func (s *scanner) space(i int) int {
	rest := s.text[min(i, len(s.text)):]
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		return 2
	case rest != "" && strings.IndexByte(" \t\n\r", rest[0]) >= 0:
		return 1
	case strings.HasPrefix(rest, "\u00a0"):
		return 2
	case strings.HasPrefix(rest, "\u2007"), strings.HasPrefix(rest, "\u2009"), strings.HasPrefix(rest, "\u202f"):
		return 3
	}
	return 0
}

// spaces is the length of one or two spaces.
func (s *scanner) spaces(i int) int {
	n := s.space(i)
	if n > 0 {
		n += s.space(i + n)
	}
	return n
}

// dash is the length of one dash, of whatever kind.
func (s *scanner) dash(i int) int {
	rest := s.text[min(i, len(s.text)):]
	switch {
	case strings.HasPrefix(rest, "-"):
		return 1
	case strings.HasPrefix(rest, "\u2010"), strings.HasPrefix(rest, "\u2011"), strings.HasPrefix(rest, "\u2012"),
		strings.HasPrefix(rest, "\u2013"), strings.HasPrefix(rest, "\u2212"):
		return 3
	}
	return 0
}

// joint is the length of one space or dash.
func (s *scanner) joint(i int) int {
	if n := s.space(i); n > 0 {
		return n
	}
	return s.dash(i)
}

// wordBefore is the word or number that ends one or two spaces before a place,
// and where it begins; empty if something else stands there.
func (s *scanner) wordBefore(i int) (string, int) {
	t := s.text
	end := i
	for end > 0 && i-end < 3 && (t[end-1] == ' ' || t[end-1] == '\n' || t[end-1] == '\t' || t[end-1] == 0xa0 || t[end-1] == 0xc2) {
		end--
	}
	from := end
	for from > 0 && end-from < 20 && (isLetter(t[from-1]) || isDigit(t[from-1])) {
		from--
	}
	if end == i {
		return "", i
	}
	return strings.ToLower(t[from:end]), from
}

// wordAt is the word that begins at a place, in lower case, and its end.
func (s *scanner) wordAt(i int) (string, int) {
	end := i
	for end < len(s.text) && end-i < 24 && isLetter(s.text[end]) {
		end++
	}
	return strings.ToLower(s.text[min(i, len(s.text)):end]), end
}
