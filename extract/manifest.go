package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/extract/disclosure"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// Manifest says how one line's files came to be. It is signed (C2SP signed
// note, Ed25519) and not public; the recipient gets a copy in which small
// numbers are suppressed, since counts by month tell who joined or left
// (governance §4.3).
type Manifest struct {
	Version    string            `json:"version"` // registrar/manifest/v1
	Extract    string            `json:"extract"` // id
	Agreement  string            `json:"agreement"`
	Line       int               `json:"line"`
	Dataset    string            `json:"dataset"`
	Type       terms.TypeOfData  `json:"type"`
	PlanSHA256 string            `json:"plan_sha256"`
	Plan       *plan.Plan        `json:"plan,omitempty"` // not in the recipient's copy: it tells the rows of the snapshot
	Columns    []plan.Column     `json:"columns"`
	Counts     map[string]string `json:"counts"` // read, written, and removed_ with each reason; decimal, or as Rule shows them
	Rule       disclosure.Rule   `json:"rule,omitempty"`
	Outputs    []Output          `json:"outputs"` // digests before and after encryption
	Recipients []string          `json:"recipients"`
	Engine     string            `json:"engine"`
	Program    string            `json:"program,omitempty"` // version of Registrar
	Policy     string            `json:"policy_sha256,omitempty"`
	People     []Person          `json:"people,omitempty"` // not in the recipient's copy
	Made       string            `json:"made"`             // RFC 3339, UTC
}

// Person is somebody who had a part in an extract.
type Person struct {
	Role string `json:"role"` // what they were in it: requester, approver
	ID   string `json:"id"`
}

const manifestVersion = "registrar/manifest/v1"

// The counts of a manifest beside those by reason.
const (
	countRead    = "read"
	countWritten = "written"
)

// recipientRule is how the recipient's copy shows counts.
const recipientRule = disclosure.HES2018

// NewManifest describes a run's result. Program, Policy and People are the
// caller's to add.
func NewManifest(extract string, p plan.Plan, r Result, recipients []string, made time.Time) (Manifest, error) {
	digest, err := p.Digest()
	if err != nil {
		return Manifest{}, err
	}
	counts := map[string]string{countRead: strconv.FormatInt(r.Counts.Read, 10), countWritten: strconv.FormatInt(r.Counts.Written, 10)}
	for reason, n := range r.Counts.Removed {
		counts["removed_"+reason] = strconv.FormatInt(n, 10)
	}
	return Manifest{Version: manifestVersion, Extract: extract, Agreement: p.Agreement, Line: p.Line, Dataset: p.Dataset, Type: p.Type,
		PlanSHA256: digest, Plan: &p, Columns: p.Columns, Counts: counts, Outputs: r.Outputs, Recipients: recipients, Engine: r.Engine,
		Made: made.UTC().Format(time.RFC3339)}, nil
}

// ForRecipient is the copy for the recipient: without the people and the plan,
// and with every count of what did not leave shown by the rule hes-2018. The
// rows that left are the recipient's to count, and stay; with them, the total
// would tell some of the hidden counts, so it is left out where there are any.
func (m Manifest) ForRecipient() (Manifest, error) {
	if m.Rule != "" {
		return Manifest{}, fmt.Errorf("the counts of the manifest are shown by %s already", m.Rule)
	}
	shown, hidden := map[string]string{}, false
	for name, text := range m.Counts {
		if name != countWritten {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return Manifest{}, fmt.Errorf("the count %s of the manifest: %w", name, err)
			}
			if text, err = recipientRule.Count(n); err != nil {
				return Manifest{}, fmt.Errorf("suppressing small numbers: %w", err)
			}
		}
		shown[name], hidden = text, hidden || text == disclosure.Hidden
	}
	if hidden {
		delete(shown, countRead)
	}
	m.Counts, m.Rule, m.Plan, m.People = shown, recipientRule, nil, nil
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
	d := json.NewDecoder(bytes.NewReader([]byte(opened.Text)))
	// The same key signs nothing else today; another kind of note must still
	// not be taken for a manifest.
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("the note is no manifest: %w", err)
	}
	if m.Version != manifestVersion {
		return Manifest{}, fmt.Errorf("the note is of version %q, not %s", m.Version, manifestVersion)
	}
	return m, nil
}
