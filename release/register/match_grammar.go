package register

import "strings"

// The grammars of names. Abbreviations are those that the published registers
// use (domain.md §1, §4.4); a word missing here costs a question that is not
// asked, never a wrong answer.
var grammars = map[Subject]*grammar{
	OrganisationNames: {
		short: map[string]string{
			"ccg": "clinical commissioning group", "ccgs": "clinical commissioning group", "icb": "integrated care board",
			"csu": "commissioning support unit", "lhb": "local health board", "ahsn": "academic health science network",
			"nhsft": "nhs foundation trust", "ft": "foundation trust", "ltd": "limited", "inc": "incorporated", "corp": "corporation",
			"co": "company", "dept": "department", "univ": "university", "uni": "university", "hosp": "hospital", "hosps": "hospitals",
			"mbc": "metropolitan borough council", "mdc": "metropolitan district council", "bc": "borough council", "cc": "council",
			"lb": "london borough", "inst": "institute", "assoc": "association", "saint": "st", "centre": "center",
		},
		empty:   words("the of and at for in on"),
		phrases: strings.NewReplacer(),
		// Places that are one letter apart and two.
		places: words("herefordshire hertfordshire hereford hertford bolton boston"),
		legal:  words("council metropolitan borough district limited plc llp incorporated corporation company gmbh uk foundation"),
		codes:  true, bracketed: true,
	},
	DatasetNamesOf: {
		short: map[string]string{
			"hes": "hospital episode statistics", "sus": "secondary uses service", "pbr": "payment by results", "apc": "admitted patient care",
			"op": "outpatients", "ae": "accident emergency", "did": "diagnostic imaging", "mhsds": "mental health services",
			"mhldds": "mental health learning disabilities", "mhmds": "mental health minimum",
			"msds": "maternity services", "csds": "community services", "ecds": "emergency care", "iapt": "improving access to psychological therapies",
			"proms": "patient reported outcome measures", "covid19": "covid 19", "dataset": "", "datasets": "",
		},
		empty:   words("the of and for in to a by on data set flow extract"),
		phrases: strings.NewReplacer("a & e", "ae", "a&e", "ae", "a and e", "ae"),
		stem:    true,
	},
	ReferencesOf: {reference: true},
}

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// grammar is what is known of how one kind of name is written.
type grammar struct {
	phrases *strings.Replacer // abbreviations that are no words
	short   map[string]string // abbreviations, written out
	empty   map[string]bool   // words that tell nothing
	legal   map[string]bool   // words of a legal form; empty: there are none
	places  map[string]bool   // words that are no slip of another
	stem    bool              // a plural is its singular
	codes   bool              // a code of the NHS may stand at its end
	// bracketed says that what stands in brackets at the end is only a note
	// for readers. In a dataset's name it tells two datasets apart.
	bracketed bool
	reference bool // of agreements, which have no words
}
