package completeness

import (
	"fmt"
	"strings"

	"data.release/registrar/release/privacy"
	"data.release/registrar/release/terms"
)

// Published is the word beside what is asked for because it will be public.
const Published = "The register is public"

// Advise warns of what may say something about single people in the texts that
// the register publishes of an agreement. It holds nothing up here: at approval
// a person has cleared each of these texts, or it no longer says so. The
// description and reason of a flow are published with the agreement too.
func Advise(v terms.Version) []Gap {
	c := &check{v: v}
	for _, t := range []struct{ field, text string }{
		{"title", v.Title}, {"objective", v.Objective}, {"processing", v.Processing}, {"outputs", v.Outputs},
		{"benefits", v.Benefits}, {"yieldedBenefits", v.YieldedBenefits},
	} {
		c.advise("purpose", t.field, t.text)
	}
	for i, f := range v.Flows {
		for _, t := range []struct{ field, text string }{
			{"description", f.Description}, {"basis", f.Basis}, {"why", f.Why}, {"footnotes", strings.Join(f.Footnotes, "\n")},
		} {
			c.advise("flows", fmt.Sprintf("flows[%d].%s", i, t.field), t.text)
		}
	}
	return c.gaps
}

func (c *check) advise(step, field, text string) {
	kinds := privacy.KindsOf(privacy.Scan(text))
	if len(kinds) == 0 {
		return
	}
	labels := make([]string, len(kinds))
	for i, k := range kinds {
		labels[i] = k.Label()
	}
	c.gap(step, field, "privacy", Published, "may have in it: %s. Take it out, or tell the access officer why it may be published", strings.Join(labels, ", "))
}
