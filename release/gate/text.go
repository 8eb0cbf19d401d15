package gate

import (
	"fmt"
	"strings"

	"data.release/registrar/release/terms"
)

// classWords say what a class means to a reader who is no programmer.
var classWords = map[Class]string{
	Law:    "Nobody can waive these.",
	Policy: "The SIRO alone can waive one, for one agreement and a year at most, with a reason; a second person confirms it, and waivers are counted publicly.",
	Advice: "These only warn. Before a release somebody accepts each warning by name.",
}

// Classes in the order in which a policy is read.
func Classes() []Class { return []Class{Law, Policy, Advice} }

// Words are what a class means.
func (c Class) Words() string { return classWords[c] }

// Validity is the days on which a rule holds, in words.
func (r Rule) Validity() string {
	if r.To.IsZero() {
		return "from " + r.From.Words()
	}
	return "from " + r.From.Words() + " to " + r.To.Words()
}

// MomentWords are the moments at which a rule runs, in words.
func (r Rule) MomentWords() string {
	words := make([]string, len(r.Moments))
	for i, m := range r.Moments {
		words[i] = string(m)
	}
	if len(words) == len(always) {
		return "every moment"
	}
	return strings.Join(words, ", ")
}

// Reference is one line of the dated reference data, in words.
type Reference struct{ List, Entry, Valid, Authority string }

// Lines are the reference data in words, list by list.
func (r References) Lines() (lines []Reference) {
	add := func(list, entry string, term terms.Period, authority string) {
		valid := "always"
		if !term.From.IsZero() {
			valid = "from " + term.From.Words()
			if !term.To.IsZero() {
				valid += " to " + term.To.Words()
			}
		}
		lines = append(lines, Reference{list, entry, valid, authority})
	}
	for _, e := range r.Unconfidential {
		to := "anyone"
		if len(e.Kinds) > 0 {
			to = strings.Join(e.Kinds, ", ")
		}
		add("Identifiable data that need no confidentiality route (M2)", e.Dataset+", to "+to, e.Term, e.Authority)
	}
	for _, e := range r.Exemptions {
		entry := e.OptOut.Label()
		if e.Purpose != "" {
			entry += " (" + strings.ToLower(e.Purpose.Label()) + ")"
		}
		add("Exemptions from opt-outs under section 251 support (M4)", entry, e.Term, e.Authority)
	}
	for _, l := range r.Approvals {
		entry := l.Reference
		if l.Dataset != "" {
			entry += ", " + l.Dataset
		}
		var term terms.Period
		if !l.After.IsZero() {
			term.From = l.After.AddDays(1)
		}
		add("What well-known approvals never cover (approval-scope)", entry, term, l.Words)
	}
	for _, l := range r.TermLimits {
		add("Longest terms (term)", fmt.Sprintf("%s: %d years", l.Sort, l.Years), l.Term, l.Authority)
	}
	for _, list := range [][]article{r.Article6, r.Article9} {
		for _, a := range list {
			add("Conditions of the UK GDPR (article-6, article-9)", a.Condition, a.Term, "UK GDPR")
		}
	}
	add("Datasets about people who have died (article-6, article-9)", strings.Join(r.Deceased, ", "), terms.Period{}, "DPA 2018 s3; UK GDPR recital 27")
	add("Purposes of health, care and health promotion (purpose-test)", purposeWords(r.HealthPurposes), terms.Period{}, "HSCA 2012 s261(1A)")
	add("Beginnings of names of fields with clinical codes (restricted-rows)", strings.Join(r.Clinical, ", "), terms.Period{}, "CDS security issues")
	add("Kinds of organisation with a memorandum in the place of a contract (framework-contract)", strings.Join(r.Crown, ", "), terms.Period{}, "DARS standard 1b")
	reaches := make([]string, len(r.Territories))
	for i, t := range r.Territories {
		reaches[i] = t.Label()
	}
	add("Territories, each reaching further (territory)", strings.Join(reaches, ", "), terms.Period{}, "DARS standard, Territory of Use")
	return lines
}

// Text is the whole policy for a reader who is no programmer, wrapped at a
// width.
func (p PolicyTable) Text(width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "THE GATE'S POLICY, VERSION %s\nSHA-256 %s\n\n", p.Version, p.SHA256)
	b.WriteString(wrap("Data leave only if every rule lets them that holds on the day and is asked at that moment. What a rule cannot decide it refuses. "+
		"Every answer is kept with all that it rests on. The moments are: approval of an agreement, request of an extract, start of its run, release of its files, download.", "", width))
	for _, class := range Classes() {
		fmt.Fprintf(&b, "\n%s\n%s", strings.ToUpper(string(class)), wrap(class.Words(), "", width))
		for _, r := range p.Rules {
			if r.Class != class {
				continue
			}
			b.WriteString("\n" + wrap(fmt.Sprintf("%s (%s)", r.Title, r.ID), "", width))
			b.WriteString(wrap("Asked at "+r.MomentWords()+"; holds "+r.Validity()+historyWords(r)+".", "    ", width))
			b.WriteString(wrap("Rests on: "+r.Authority+".", "    ", width))
			b.WriteString(wrap("If it stops you: "+r.Remedy+".", "    ", width))
		}
	}
	b.WriteString("\nREFERENCE LISTS\n")
	list := ""
	for _, l := range p.References.Lines() {
		if l.List != list {
			list = l.List
			b.WriteString("\n" + wrap(list, "", width))
		}
		b.WriteString(wrap(fmt.Sprintf("- %s (%s; %s)", l.Entry, l.Valid, l.Authority), "    ", width))
	}
	return b.String()
}

func historyWords(r Rule) string {
	if r.History {
		return "; also asked of rows of published registers"
	}
	return ""
}

// wrap breaks a text into lines of a width, each indented.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len([]rune(line))+1+len([]rune(word)) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}
