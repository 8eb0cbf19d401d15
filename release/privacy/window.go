package privacy

import "unicode/utf8"

// Window is a finding in a little of what stands around it, for the person who
// decides; the whole text may be long.
type Window struct {
	Kind                 Kind
	Why                  string
	Before, Found, After string
	CutBefore, CutAfter  bool // the text goes on
}

// Windows shows each finding with at most reach bytes on either side. Findings
// that do not fit the text are left out.
func Windows(text string, findings []Finding, reach int) []Window {
	var out []Window
	for _, f := range findings {
		if f.From < 0 || f.To > len(text) || f.From >= f.To {
			continue
		}
		from, to := max(0, f.From-reach), min(len(text), f.To+reach)
		for from < f.From && !utf8.RuneStart(text[from]) {
			from++
		}
		for to > f.To && to < len(text) && !utf8.RuneStart(text[to]) {
			to--
		}
		out = append(out, Window{Kind: f.Kind, Why: f.Why, Before: text[from:f.From], Found: text[f.From:f.To], After: text[f.To:to],
			CutBefore: from > 0, CutAfter: to < len(text)})
	}
	return out
}
