package privacy

import "strings"

// numberWord is the value of a number in words up to ten; 0 for other words.
func numberWord(word string) int {
	if len(word) < 3 || len(word) > 5 {
		return 0
	}
	switch word {
	case "one", "One":
		return 1
	case "two", "Two":
		return 2
	case "three", "Three":
		return 3
	case "four", "Four":
		return 4
	case "five", "Five":
		return 5
	case "six", "Six":
		return 6
	case "seven", "Seven":
		return 7
	case "eight", "Eight":
		return 8
	case "nine", "Nine":
		return 9
	case "ten", "Ten":
		return 10
	}
	return 0
}

// count tries a small number of persons: one below ten, or an upper bound of at
// most ten ("fewer than ten people"), and then a word for persons, with at most
// three words between them that only say which persons.
func (s *scanner) count(from, end, value int) {
	if from < s.until[counts] {
		return
	}
	begin, bounded, small := s.quantity(from)
	if !small || value == 10 && !bounded {
		return
	}
	i := s.repeated(end)
	n := s.joint(i)
	if n == 0 {
		return
	}
	i += n
	for between := 0; ; between++ {
		word, to := s.wordAt(i)
		if one, many := persons(word); one && value == 1 || many {
			if one && !many && s.attributive(to) {
				return
			}
			s.until[counts] = to
			s.found(SmallCount, begin, to, "a number of persons below ten")
			return
		}
		if between == 3 || !qualifies(word, value) {
			return
		}
		n := s.joint(to)
		if n == 0 {
			return
		}
		i = to + n
	}
}

// quantity looks at what stands before a number: whether it can be a count at
// all, whether it is an upper bound, and where the bound begins. A number that
// is a lower bound, a share ("one in five people") or a part of a name ("phase
// 2 participants", "type 1 patients") is no small count.
func (s *scanner) quantity(from int) (begin int, bounded, small bool) {
	c := s.before(from)
	switch {
	case isLetter(c), c == '.', c == '/', c == '_', c == '$', c == 0xa3, c == ',' && isDigit(s.before(from-1)):
		return from, false, false
	case c == '<':
		return from - 1, true, true
	case c == '-' || c == 0x93 || c == 0x90 || c == 0x91:
		// 3-5 patients is a count; 2019-5 and COVID-9 are none.
		at := from - 1
		if c != '-' {
			at = from - 3
		}
		if c == '-' && strings.IndexByte(" \n\t", s.before(at)) >= 0 { // a bullet
			return from, false, true
		}
		return from, false, isDigit(s.before(at)) && !isDigit(s.before(at-1)) && !isLetter(s.before(at-1)) && s.before(at-1) != '-'
	}
	first, at := s.wordBefore(from)
	switch first {
	case "than":
		second, at := s.wordBefore(at)
		third, _ := s.wordBefore(at)
		if second == "fewer" || second == "less" || second == "smaller" {
			return at, true, third != "no" && third != "not"
		}
		return from, false, false
	case "under", "below":
		return at, true, true
	case "to":
		if second, at := s.wordBefore(at); second == "up" {
			return at, true, true
		}
	case "in", "every":
		if second, _ := s.wordBefore(at); first == "every" || isNumber(second) {
			return from, false, false
		}
	case "of":
		// three out of five people: the first number is the count.
		if second, _ := s.wordBefore(at); second == "out" {
			return from, false, false
		}
	}
	return from, false, !labels[first]
}

func isNumber(word string) bool {
	return word != "" && (isDigit(word[0]) || numberWord(word) > 0)
}

// labels are words that name a number, or make it a lower bound.
var labels = set(`phase phases wave waves cohort cohorts type types level levels year years tier tiers stage stages group groups
	category categories grade grades band bands sweep sweeps section sections table figure part parts class version arm point
	objective objectives question aim item step annex appendix schedule chapter note page round sample study step day week month
	service site model output outcome purpose strand workstream package covid and/or
	least over exceeding minimum above per each any no another age aged`)

// persons says whether a word is one person, or persons. Words for those who
// handle data (users, analysts, staff, researchers) are left out: how many they
// are says nothing of anybody in the data.
func persons(word string) (one, many bool) {
	switch word {
	case "patient", "person", "participant", "individual", "child", "woman", "man", "baby", "infant", "resident", "mother", "father",
		"girl", "boy", "adult", "pupil", "carer", "donor", "twin", "death", "suicide", "victim", "survivor", "respondent", "volunteer":
		return true, false
	case "patients", "persons", "people", "participants", "individuals", "children", "women", "men", "babies", "infants", "residents", "mothers",
		"fathers", "girls", "boys", "adults", "pupils", "carers", "donors", "twins", "deaths", "suicides", "victims", "survivors", "respondents", "volunteers":
		return false, true
	}
	return false, false
}

// qualifies says whether a word between a number and persons only says which
// persons they are.
func qualifies(word string, value int) bool {
	switch word {
	case "of", "the", "these", "those", "such", "our":
		return value != 1 // "one of the patients" says no number
	}
	return adjectives[word]
}

var adjectives = set(`individual deceased dead living live female male adult elderly older young younger vulnerable identifiable identified
	unique different separate distinct new eligible recruited consented consenting enrolled registered study trial cancer dementia
	named disabled pregnant hospital ventilated diabetic recorded known affected infected admitted treated sick ill local additional other
	further surviving unrelated nhs service`)

// attributive says that a singular goes on as a part of another word: "one
// patient record", "one patient-level file".
func (s *scanner) attributive(end int) bool {
	if s.dash(end) > 0 {
		return true
	}
	word, _ := s.wordAt(end + s.spaces(end))
	return attributes[word]
}

var attributes = set(`level record records identifier identifiers id ids index group groups cohort cohorts pathway pathways database databases dataset
	datasets data file files table experience safety outcome outcomes list lists information registry journey survey representative
	representatives contact population episode episodes event events certificate certificates registration registrations rate rates`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[word] = true
	}
	return out
}

// repeated skips a number given again in brackets: three (3) patients.
func (s *scanner) repeated(end int) int {
	i := end + s.space(end)
	if s.after(i) != '(' {
		return end
	}
	for k := i + 1; k < i+8; k++ {
		switch c := s.after(k); {
		case c == ')' && k > i+1:
			return k + 1
		case !isLetter(c) && !isDigit(c):
			return end
		}
	}
	return end
}
