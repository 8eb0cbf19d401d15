package gate

import (
	"slices"

	"data.release/registrar/release/terms"
)

// PolicyVersion names the rules as they stand: the day of their last change,
// and which change of that day. Whoever changes a rule raises it.
const PolicyVersion = "2026-11-25.4"

// References is the dated reference data that rules look up.
type References struct {
	Unconfidential []exception       `json:"unconfidential"` // M2
	Exemptions     []exemption       `json:"exemptions"`     // M4
	Approvals      []approvalLimit   `json:"approvals"`      // approval-scope
	TermLimits     []termLimit       `json:"term_limits"`    // term
	Article6       []article         `json:"article6"`
	Article9       []article         `json:"article9"`
	Deceased       []string          `json:"deceased"` // article-6, article-9
	HealthPurposes []terms.Purpose   `json:"health_purposes"`
	Clinical       []string          `json:"clinical_fields"` // restricted-rows
	Crown          []string          `json:"crown"`           // framework-contract
	Territories    []terms.Territory `json:"territories"`
}

// PolicyTable is the whole policy: its version, digest, rules and reference
// data.
type PolicyTable struct {
	Version    string     `json:"version"`
	SHA256     string     `json:"sha256"`
	Rules      []Rule     `json:"rules"`
	References References `json:"references"`
}

func references() References {
	return References{unconfidential, optOutExemptions, approvalLimits, termLimits, articles6, articles9, deceased, healthPurposes, clinical, crown, territories}
}

var policyDigest = func() string {
	digest, err := terms.Digest(PolicyTable{Version: PolicyVersion, Rules: rules, References: references()})
	if err != nil {
		panic(err)
	}
	return digest
}()

// PolicyDigest is the SHA-256 of the version, the table and its reference data.
func PolicyDigest() string { return policyDigest }

// WholePolicy is the policy as it stands.
func WholePolicy() PolicyTable {
	return PolicyTable{PolicyVersion, policyDigest, slices.Clone(rules), references()}
}
