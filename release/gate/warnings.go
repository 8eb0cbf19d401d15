package gate

import (
	"slices"
	"strings"
)

var warningRules = []Rule{
	{ID: "warnings-accepted", Title: "Every warning is accepted by name", Class: Law, From: dawn, Moments: []Moment{MomentRelease},
		Authority: "the discloser's scheme of delegation: nothing is handed over on a warning that nobody answers for", Remedy: "somebody who may accepts each warning as it stands, with a reason", over: checkWarnings},
}

// checkWarnings looks at what the other rules found. A warning that stands on
// other evidence than was accepted asks for another word.
func checkWarnings(c Case, found []Finding) finding {
	var open []string
	warnings := 0
	for _, f := range found {
		if f.Outcome != Warn {
			continue
		}
		warnings++
		if !slices.ContainsFunc(c.Accepted, func(a Acceptance) bool {
			return a.Rule == f.Rule && a.Line == c.Line.Number && a.Evidence == f.Evidence
		}) {
			open = append(open, f.Title+" ("+f.Rule+")")
		}
	}
	switch {
	case warnings == 0:
		return notApplicable("nothing warns")
	case len(open) > 0:
		return refuse("extract.warnings", "not accepted: %s", strings.Join(open, "; "))
	}
	return pass("%d warnings accepted by name", warnings)
}
