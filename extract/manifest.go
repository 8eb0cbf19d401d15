package extract

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/extract/disclosure"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// Manifest says how one line's files came to be. It is signed (C2SP signed
// note) and not public; the recipient gets a copy in which small numbers are
// suppressed, since counts by month tell who joined or left (governance §4.3).
type Manifest struct {
	Version    string         `json:"version"` // registrar/manifest/v1
	Extract    string         `json:"extract"` // id
	Plan       plan.Plan      `json:"plan"`
	PlanSHA256 string         `json:"plan_sha256"`
	Engine     string         `json:"engine"`
	Made       string         `json:"made"`    // RFC 3339
	Counts     map[string]any `json:"counts"`  // read, written, and removed by reason
	Rule       string         `json:"rule"`    // by which counts are shown; empty: exactly
	Outputs    []Output       `json:"outputs"` // digests before and after encryption
	Recipients []string       `json:"recipients"`
}

const manifestVersion = "registrar/manifest/v1"

// recipientRule is how the recipient's copy shows counts.
const recipientRule = disclosure.HES2018

// NewManifest describes a run's result.
func NewManifest(extract string, p plan.Plan, r Result, recipients []string, made time.Time) (Manifest, error) {
	digest, err := p.Digest()
	if err != nil {
		return Manifest{}, err
	}
	counts := map[string]any{"read": r.Counts.Read, "written": r.Counts.Written}
	for reason, n := range r.Counts.Removed {
		counts["removed_"+reason] = n
	}
	return Manifest{Version: manifestVersion, Extract: extract, Plan: p, PlanSHA256: digest, Engine: r.Engine, Made: made.UTC().Format(time.RFC3339),
		Counts: counts, Outputs: r.Outputs, Recipients: recipients}, nil
}

// ForRecipient is the copy in which counts are shown by the rule hes-2018.
// Rows in the files are the recipient's to count, and stay.
func (m Manifest) ForRecipient() (Manifest, error) {
	shown := map[string]any{}
	for name, n := range m.Counts {
		if name == "written" {
			shown[name] = n
			continue
		}
		text, err := recipientRule.Count(n.(int64))
		if err != nil {
			return Manifest{}, fmt.Errorf("suppressing small numbers: %w", err)
		}
		shown[name] = text
	}
	m.Counts, m.Rule = shown, string(recipientRule)
	m.Plan.Snapshot.Rows = 0 // told exactly nowhere
	return m, nil
}

// Sign is the manifest as a signed note: canonical JSON, a line end, and the
// signature's lines.
func (m Manifest) Sign(signer note.Signer) (string, error) {
	text, err := terms.Canonical(m)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: string(text) + "\n"}, signer)
	if err != nil {
		return "", fmt.Errorf("signing the manifest: %w", err)
	}
	return string(signed), nil
}

// OpenManifest checks the signature of a manifest and reads it.
func OpenManifest(signed []byte, key note.Verifier) (Manifest, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return Manifest{}, fmt.Errorf("the manifest's signature does not hold: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal([]byte(opened.Text), &m); err != nil {
		return Manifest{}, fmt.Errorf("reading a manifest: %w", err)
	}
	return m, nil
}
