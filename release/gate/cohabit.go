package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// What must not come together in one hand.

var cohabitRules = []Rule{
	{ID: "segregation", Title: "Lines that list the objectors together stay apart", Class: Policy, From: dawn, Moments: granting,
		Authority: "agreements' own segregation condition (122 of 585 texts of February 2021)", Remedy: "give the lines separate segments and holders, and set a special condition with the code separate_holders that names them",
		check: checkSegregation},
	{ID: "returned-key", Title: "Who gets pseudonymised data holds no key to them", Class: Law, From: dawn, Moments: granting,
		Authority: "UK GDPR Article 4(5), recital 26; ICO anonymisation guidance: pseudonymised only in hands that cannot tell who it is", Remedy: "separate who holds the identifiers from who uses the data by a special condition with the code bridge_holder or separate_holders, or make the line identifiable",
		check: checkReturnedKey},
}

// checkSegregation looks at the other lines of the version, and at lines of
// other live versions and agreements of the same controllers.
func checkSegregation(c Case) finding {
	if !slices.ContainsFunc(c.Siblings, func(s Sibling) bool { return s.own() && s.Number == c.Line.Number }) {
		return refuse("line.segment", "the lines of the agreement are not known")
	}
	held := hasCondition(c, "separate_holders")
	var clashes []string
	for _, s := range c.Siblings {
		mixed := (s.Type == terms.Identifiable) != identifiable(c) || s.OptOut.Applied() != c.Line.OptOut.Applied()
		if !mixed || (s.own() && s.Number == c.Line.Number) || s.Type == terms.AggregateSuppressed {
			continue
		}
		if clash := c.clash(s, held); clash != "" {
			clashes = append(clashes, clash)
		}
	}
	if len(clashes) > 0 {
		return refuse("line.segment", "identifiable beside pseudonymised data, or with beside without opt-outs, would list the objectors: %s", strings.Join(clashes, "; "))
	}
	return pass("no other line can be joined to this one by its holder")
}

// own says that the line is one of the version itself.
func (s Sibling) own() bool { return s.Reference == "" && s.Stem == "" }

// clash says why a line of another kind can be joined to this one.
func (c Case) clash(s Sibling, held bool) string {
	same := c.Recipient != nil && slices.Contains(s.Recipients, c.Recipient.Organisation)
	if s.Stem != "" { // of another agreement: another key domain, so only the rows can be joined
		if same && !held && s.Dataset == c.Line.Dataset {
			return fmt.Sprintf("%s receives line %d of %s as well", c.Recipient.Organisation, s.Number, s.Reference)
		}
		return ""
	}
	of := ""
	if s.Reference != "" {
		of = " of " + s.Reference
	}
	switch {
	case s.Segment == c.Line.Segment:
		return fmt.Sprintf("line %d%s has the same segregated purpose %q", s.Number, of, s.Segment)
	case same:
		return fmt.Sprintf("%s receives line %d%s as well", c.Recipient.Organisation, s.Number, of)
	case !held:
		return fmt.Sprintf("no condition names separate holders for line %d%s", s.Number, of)
	}
	return ""
}

// checkReturnedKey: what the holder can turn back into persons is not
// pseudonymised in that hand (governance §2, rule 14).
func checkReturnedKey(c Case) finding {
	if c.Line.Type != terms.Pseudonymised {
		return notApplicable("the line is not pseudonymised")
	}
	if len(c.Parties) == 0 {
		return refuse("parties", "what the parties hold is not known")
	}
	var keys []string
	if c.Line.StudyID {
		keys = append(keys, "the output carries an id that the cohort's holder gave")
	}
	for _, p := range c.Parties {
		if p.HoldsIdentifiers != "" {
			keys = append(keys, fmt.Sprintf("%s holds %s", p.Organisation, p.HoldsIdentifiers))
		}
	}
	for _, l := range c.Licences {
		if l.OtherAccess != "" {
			keys = append(keys, fmt.Sprintf("%s, with a licence of %s, can see %s", l.Holder, l.System, l.OtherAccess))
		}
	}
	switch {
	case len(keys) == 0:
		return pass("no party is recorded as holding what makes persons known again")
	case hasCondition(c, "bridge_holder") || hasCondition(c, "separate_holders"):
		return pass("a special condition separates who can tell who it is from who uses the data: %s", strings.Join(keys, "; "))
	}
	return refuse("line.type", "the data are not pseudonymised in the hands that get them: %s", strings.Join(keys, "; "))
}
