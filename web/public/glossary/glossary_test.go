package glossary_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/public/glossary"
)

// Every code that an entry can have is explained.
func TestEveryCodeOfEveryVocabulary(t *testing.T) {
	vocabularies := map[string][]string{
		glossary.Kinds: register.Kind("").Values(), glossary.Types: terms.TypeOfData("").Values(),
		glossary.OptOuts: terms.OptOut("").Values(), glossary.Powers: terms.Power("").Values(),
		glossary.Routes: terms.Route("").Values(), glossary.Sensitivities: terms.Sensitivity("").Values(),
		glossary.Frequencies: terms.Frequency("").Values(), glossary.Channels: terms.Channel("").Values(),
		glossary.Controllerships: terms.Controllership("").Values(), glossary.Answers: terms.Answer("").Values(),
		glossary.Relations: terms.Relation("").Values(),
	}
	for section, codes := range vocabularies {
		for _, code := range codes {
			term, ok := glossary.Find(section, code)
			if !ok || term.Label == "" || term.Meaning == "" {
				t.Errorf("%s %s: %+v", section, code, term)
			}
			if want := "/glossary#" + section + "-" + code; glossary.Href(section, code) != want {
				t.Errorf("%s %s is at %s", section, code, glossary.Href(section, code))
			}
		}
	}
	if _, ok := glossary.Find(glossary.Types, "secret"); ok || glossary.Href(glossary.Types, "secret") != "/glossary" {
		t.Error("a code that is none was found")
	}
}

// verdicts are words of opinion, which the register has none of.
var verdicts = regexp.MustCompile(`(?i)unlawful|illegal|unsafe|safely|abuse|scandal|secretly|breach`)

func TestTermsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	sentence := regexp.MustCompile(`[.”]$`)
	for _, section := range glossary.Sections() {
		if section.Title == "" || section.About == "" || len(section.Terms) == 0 {
			t.Errorf("section %q", section.ID)
		}
		for _, term := range section.Terms {
			anchor := section.Anchor(term)
			if seen[anchor] || strings.ContainsAny(anchor, " #?") {
				t.Errorf("the anchor %q stands twice, or is none", anchor)
			}
			seen[anchor] = true
			if !sentence.MatchString(term.Meaning) || verdicts.MatchString(term.Meaning) {
				t.Errorf("%s: %q", anchor, term.Meaning)
			}
		}
	}
	words := glossary.Sections()[0].Terms
	if !slices.IsSortedFunc(words, func(a, b glossary.Term) int {
		return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label))
	}) {
		t.Error("the words are not in the order of the alphabet")
	}
}
