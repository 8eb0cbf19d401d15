package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// title says how sure a word is to be a title.
type title int

const (
	untitled title = iota
	titleWord
	titleCapitals // as MR SMITH: the name must be in capitals too
	titleSmall    // as mr Smith
)

// titleOf says whether a word is a title. Words that are titles and more often
// something else (sister, father, judge, major) are left out, and so is MS in
// capitals, which is a disease and a company.
func titleOf(word string) title {
	switch word {
	case "Dr", "Drs", "Mr", "Mrs", "Ms", "Miss", "Mx", "Messrs", "Prof", "Profs", "Professor", "Professors", "Sir", "Dame", "Lord",
		"Lady", "Baroness", "Viscount", "Rev", "Revd", "Reverend", "Rabbi", "Cllr", "Councillor":
		return titleWord
	case "DR", "MR", "MRS", "MISS", "PROF", "PROFESSOR", "SIR", "DAME", "LORD", "LADY", "REV", "CLLR":
		return titleCapitals
	case "dr", "mr", "mrs", "prof":
		return titleSmall
	}
	return untitled
}

// titled tries a title with a name after it.
func (s *scanner) titled(from, end int, kind title) {
	if from < s.until[titles] {
		return
	}
	i := end
	if s.after(i) == '.' {
		i++
	}
	i += s.spaces(i)
	if i == end {
		return
	}
	to, words := s.name(i, kind)
	if words == 0 {
		return
	}
	if known := knownBody(s.text[from:to]); known > 0 {
		s.until[titles] = from + known
		return
	}
	s.until[titles] = to
	s.found(TitledName, from, to, "a title with a capitalised name")
}

// name reads up to five words of a name and gives its end, and how many words
// have more than an initial or stand for one.
func (s *scanner) name(i int, kind title) (to, words int) {
	to = i
	particles := 0
	for words < 5 {
		end, upper, letters := s.nameWord(i)
		switch {
		case letters == 0:
			return to, words
		case !upper:
			// de, van, al: part of a name if a capitalised word follows.
			next := end + s.blank(end)
			if !particle(s.text[i:end]) || next == end || particles == 3 {
				return to, words
			}
			i = next
			particles++
			continue
		case kind == titleCapitals && words == 0 && (letters < 3 || strings.ToUpper(s.text[i:end]) != s.text[i:end] || noName[s.text[i:end]]):
			return to, 0
		case kind == titleSmall && words == 0 && letters < 3:
			return to, 0
		}
		words++
		to = end
		if strings.HasSuffix(s.text[i:end], "'s") || strings.HasSuffix(s.text[i:end], "’s") {
			return to, words // what follows is theirs
		}
		if letters == 1 && s.after(end) == '.' {
			end++
		}
		next := end + s.blank(end)
		if next == end && !(letters == 1 && end > to) {
			return to, words
		}
		i = next
	}
	return to, words
}

// blank is the length of one space that ends no line: a name that begins a
// line is another's.
func (s *scanner) blank(i int) int {
	if c := s.after(i); c == '\n' || c == '\r' {
		return 0
	}
	return s.space(i)
}

// nameWord reads one word: letters of any script, with hyphens and
// apostrophes inside.
func (s *scanner) nameWord(i int) (end int, upper bool, letters int) {
	t := s.text
	end = i
	for end < len(t) && end-i < 60 {
		r, n := utf8.DecodeRuneInString(t[end:])
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
			if letters == 0 {
				upper = unicode.IsUpper(r) || unicode.IsTitle(r)
			}
			letters++
		case (r == '-' || r == '\'' || r == '’' || r == '‐') && letters > 0:
			// Kept only if a letter follows.
			if next, _ := utf8.DecodeRuneInString(t[end+n:]); !unicode.IsLetter(next) {
				return end, upper, letters
			}
		default:
			return end, upper, letters
		}
		end += n
	}
	return end, upper, letters
}

func particle(word string) bool {
	switch word {
	case "de", "da", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "ten", "al", "el", "bin", "ibn", "ap", "y":
		return true
	}
	return false
}

// noName are words in capitals after MR or DR that are none: magnetic resonance,
// the register's column of MR numbers, disaster recovery.
var noName = map[string]bool{"NUMBER": true, "NUMBERS": true, "IMAGING": true, "SCAN": true, "SCANS": true, "NHS": true, "SITE": true, "PLAN": true}

// Body is something that is called by a titled name and is no person.
type Body struct {
	Name   string
	Before []string // words that may follow in capitals; another capitalised word makes it a person's name again
	Reason string
}

// Bodies lists the public bodies and offices that a titled name may mean. What
// is not here is held until a person has looked at it.
var Bodies = []Body{
	{"Dr Foster", []string{"Limited", "Ltd", "Intelligence", "Unit", "Analysis", "Analytics", "NHS", "Hospital", "Hosting", "Data", "Dashboard", "Mortality", "Quality", "Global", "Group", "Research", "Tools", "Online"},
		"a company that receives data under several agreements; each of the 300 and more places of the register of February 2021 means it"},
	{"DR FOSTER", []string{"LIMITED", "LTD", "INTELLIGENCE", "UNIT"}, "the same company, in capitals"},
	{"Sir Halley Stewart Trust", nil, "a charity that pays for research"},
	{"Sir Jules Thorn Charitable Trust", nil, "a charity that pays for research"},
	{"Sir Robert Peel Community Hospital", nil, "a hospital"},
	{"Sir William Dunn School", nil, "a department of the University of Oxford"},
	{"Lord Chancellor", nil, "an office"},
	{"Lord Chief Justice", nil, "an office"},
	{"Lord Advocate", nil, "an office"},
	{"Lord Mayor", nil, "an office"},
}

// knownBody is the length of the known body's name that a titled name begins
// with; 0 if it is none, or goes on as a person's would.
func knownBody(name string) int {
	for _, b := range Bodies {
		rest, is := cutName(name, b.Name)
		if !is {
			continue
		}
		word := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(rest, "'s"), "’s"), " ")
		if word == "" {
			return len(name)
		}
		word, _, _ = strings.Cut(word, " ")
		word, _, _ = strings.Cut(word, "'")
		word, _, _ = strings.Cut(word, "’")
		for _, may := range b.Before {
			if word == may || strings.HasPrefix(word, may+"-") {
				return len(name)
			}
		}
	}
	return 0
}

// cutName cuts a body's name off, whether or not the title has a full stop and
// however many spaces are between.
func cutName(name, body string) (rest string, is bool) {
	for i, word := range strings.Fields(body) {
		if i > 0 {
			trimmed := strings.TrimLeft(strings.TrimPrefix(name, "."), " \u00a0\n\t")
			if trimmed == name {
				return "", false
			}
			name = trimmed
		}
		var found bool
		if name, found = strings.CutPrefix(name, word); !found {
			return "", false
		}
	}
	if r, _ := utf8.DecodeRuneInString(name); name != "" && unicode.IsLetter(r) {
		return "", false
	}
	return name, true
}
