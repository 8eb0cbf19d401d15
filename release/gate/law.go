package gate

import (
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// Data protection law's conditions, and the recipient's function.

var lawRules = []Rule{
	{ID: "article-6", Title: "The line names a valid condition of UK GDPR Article 6", Class: Law, From: ukGDPR, Moments: always,
		Authority: "UK GDPR Article 6(1); Article 6(1)(ea) from 5 February 2026 (SI 2026/82)",
		Remedy:    "name the condition that holds for the controllers, and for Article 6(1)(f) how the interest is met", check: checkArticle6},
	{ID: "article-9", Title: "The line names a valid condition of UK GDPR Article 9", Class: Law, From: ukGDPR, Moments: always,
		Authority: "UK GDPR Article 9(2); DPA 2018 Schedule 1", Remedy: "name the condition that lets health data be processed", check: checkArticle9},
	{ID: "function", Title: "The recipient's function is named", Class: Law, From: dawn, Moments: always,
		Authority: "HSCA 2012 s261(5)(d): necessary or expedient for a function conferred by an enactment", Remedy: "name the Act and section that confer the function on the recipient",
		check: checkFunction},
}

// article is a dated reference datum: a condition that a line may name.
type article struct {
	Condition string       `json:"condition"`
	Term      terms.Period `json:"term"`
}

// articles6 and articles9 are the conditions of the UK GDPR with their dates.
var (
	articles6 = []article{
		{"6(1)(a)", terms.Period{From: ukGDPR}}, {"6(1)(b)", terms.Period{From: ukGDPR}}, {"6(1)(c)", terms.Period{From: ukGDPR}},
		{"6(1)(d)", terms.Period{From: ukGDPR}}, {"6(1)(e)", terms.Period{From: ukGDPR}},
		{"6(1)(ea)", terms.Period{From: terms.NewDate(2026, 2, 5)}}, {"6(1)(f)", terms.Period{From: ukGDPR}},
	}
	articles9 = []article{
		{"9(2)(a)", terms.Period{From: ukGDPR}}, {"9(2)(b)", terms.Period{From: ukGDPR}}, {"9(2)(c)", terms.Period{From: ukGDPR}},
		{"9(2)(d)", terms.Period{From: ukGDPR}}, {"9(2)(e)", terms.Period{From: ukGDPR}}, {"9(2)(f)", terms.Period{From: ukGDPR}},
		{"9(2)(g)", terms.Period{From: ukGDPR}}, {"9(2)(h)", terms.Period{From: ukGDPR}}, {"9(2)(i)", terms.Period{From: ukGDPR}},
		{"9(2)(j)", terms.Period{From: ukGDPR}},
	}
)

// deceased are folded parts of names of datasets whose subjects are dead: the
// UK GDPR is about living people (recital 27; DPA 2018 s3).
var deceased = []string{"civil registration-deaths", "civil registration deaths", "civil registrations of death", "primary care mortality", "mortality data"}

// living says that data protection law applies to the line, and if not why.
func living(c Case) (bool, string) {
	if c.Line.Type == terms.AggregateSuppressed {
		return false, "suppressed tabulations are not personal data"
	}
	name := terms.Fold(c.Line.DatasetName)
	if containsAny(name, deceased) {
		return false, "the dataset is about people who have died"
	}
	return true, ""
}

// conditionOf is a condition as the list spells it: "Article 6 (1) (e)" is
// 6(1)(e).
func conditionOf(raw string) string {
	folded := strings.ReplaceAll(terms.Fold(raw), " ", "")
	for _, word := range []string{"ukgdpr", "gdpr", "article", "art."} {
		folded = strings.ReplaceAll(folded, word, "")
	}
	return folded
}

// named checks the conditions that a line names against a list, on a day.
func named(raw []string, list []article, day terms.Date) (valid, wrong []string) {
	for _, r := range raw {
		condition := conditionOf(r)
		i := slices.IndexFunc(list, func(a article) bool { return a.Condition == condition })
		switch {
		case i < 0:
			wrong = append(wrong, r+" is no condition")
		case !list[i].Term.Contains(day):
			wrong = append(wrong, r+" holds from "+list[i].Term.From.Words())
		default:
			valid = append(valid, condition)
		}
	}
	return valid, wrong
}

func checkArticle6(c Case) finding {
	if applies, why := living(c); !applies {
		return notApplicable("%s", why)
	}
	valid, wrong := named(c.Line.Article6, articles6, terms.Today(c.At))
	switch {
	case len(wrong) > 0:
		return refuse("line.article6", "%s", strings.Join(wrong, "; "))
	case len(valid) == 0:
		return refuse("line.article6", "no condition of Article 6 is named")
	case slices.Contains(valid, "6(1)(f)") && !c.Version.Interest:
		return refuse("version.legitimateInterest", "Article 6(1)(f) is named, and how the legitimate interest is met is not recorded")
	case len(valid) == 1 && valid[0] == "6(1)(a)":
		return warn("Article 6(1)(a) alone: consent under data protection law is another thing than consent that lifts the duty of confidence")
	}
	return pass("%s", strings.Join(valid, ", "))
}

func checkArticle9(c Case) finding {
	if applies, why := living(c); !applies {
		return notApplicable("%s", why)
	}
	if strings.Contains(terms.Fold(c.Line.DatasetName), "list of gps") {
		return notApplicable("the dataset is about staff, not about anybody's health")
	}
	valid, wrong := named(c.Line.Article9, articles9, terms.Today(c.At))
	switch {
	case len(wrong) > 0:
		return refuse("line.article9", "%s", strings.Join(wrong, "; "))
	case len(valid) == 0:
		return refuse("line.article9", "no condition of Article 9 is named, and the data are about health")
	}
	return pass("%s", strings.Join(valid, ", "))
}

func checkFunction(c Case) finding {
	if c.Line.Power != terms.S261_5d {
		return notApplicable("the power is not s261(5)(d)")
	}
	if strings.TrimSpace(c.Line.Function) == "" {
		return refuse("line.function", "the power is s261(5)(d), and the recipient's function (Act, section) is not named")
	}
	return pass("%s", c.Line.Function)
}
