package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// gaps adds to what its kind needs what a version, read whole, lacks before it
// can be handed in; an answer is asked for once.
func (w *work) gaps(ctx context.Context, full *ent.AgreementVersion, reasons []fault.Reason) ([]fault.Reason, error) {
	if full.Kind == terms.VersionEnquiry {
		reasons = append(reasons, fault.Reason{Code: "enquiry", Message: "an enquiry cannot be submitted; make it an application first"})
	}
	facts, err := completenessFacts(ctx, w.Client, full, w.now)
	if err != nil {
		return nil, err
	}
	asked := slices.Clone(reasons)
	for _, gap := range completeness.Check(facts) {
		if !slices.ContainsFunc(asked, func(r fault.Reason) bool { return r.Field == gap.Field && r.Field != "" }) {
			reasons = append(reasons, gap.Reason())
		}
	}
	return reasons, nil
}

// completenessFacts gathers what completeness is judged by, of a version that
// was read whole.
func completenessFacts(ctx context.Context, c *ent.Client, v *ent.AgreementVersion, now time.Time) (completeness.Facts, error) {
	facts := completeness.Facts{Terms: versionTerms(v), Organisations: map[string]completeness.Organisation{}}
	var ids []uuid.UUID
	for _, p := range v.Edges.Parties {
		ids = append(ids, p.Edges.Organisation.ID)
	}
	honorary, err := c.Membership.Query().Where(membership.BasisEQ(terms.Honorary), membership.EndedAtIsNil(),
		membership.Or(membership.ContractReference(""), membership.ContractToIsNil()),
		membership.HasOrganisationWith(organisation.IDIn(ids...))).WithOrganisation().All(ctx)
	if err != nil {
		return facts, fmt.Errorf("reading honorary contracts: %w", err)
	}
	unproven := map[string]int{}
	for _, m := range honorary {
		if currentMembership(m, terms.Today(now)) {
			unproven[m.Edges.Organisation.Slug]++
		}
	}
	for _, p := range v.Edges.Parties {
		o := p.Edges.Organisation
		facts.Organisations[o.Slug] = completeness.Organisation{Name: o.Name, Placeholder: o.Placeholder, Assurance: o.AssuranceKind, Unproven: unproven[o.Slug]}
	}
	return facts, nil
}
