package extract_test

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/extract"
	"data.release/registrar/extract/disclosure"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

func keys(t *testing.T, name string) (note.Signer, note.Verifier) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestManifest(t *testing.T) {
	w := small(t)
	p := w.plan(nil)
	result, err := w.run(t, p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := extract.NewManifest("e1", p, result, []string{w.recipient.Recipient().String()}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("IST", 19800)))
	if err != nil {
		t.Fatal(err)
	}
	m.People = []extract.Person{{Role: "approver", ID: "p1"}}
	signer, verifier := keys(t, "manifests.example")
	text, err := m.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.Sign(signer); err != nil || again != text {
		t.Errorf("signing again makes another note: %v", err)
	}
	back, err := extract.OpenManifest([]byte(text), verifier)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := p.Digest()
	if got, err := back.Plan.Digest(); err != nil || got != digest || back.PlanSHA256 != digest || back.Made != "2026-01-01T21:34:05Z" {
		t.Errorf("read back %+v (%v)", back, err)
	}
	if back.Counts["read"] != strconv.FormatInt(result.Counts.Read, 10) || back.Outputs[0].SHA256 != result.Outputs[0].SHA256 {
		t.Errorf("read back %+v", back)
	}
	if strings.Contains(text, result.Outputs[0].Key) {
		t.Error("the manifest tells the name in the delivery store")
	}

	shown, err := back.ForRecipient()
	if err != nil {
		t.Fatal(err)
	}
	copied, err := shown.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"p1", `"plan":`, `"rows":66`, w.optOuts.SHA256} {
		if strings.Contains(copied, secret) {
			t.Errorf("the recipient's copy tells %s", secret)
		}
	}
	if !strings.Contains(copied, result.Outputs[0].PlaintextSHA256) || !strings.Contains(copied, `"rule":"hes-2018"`) {
		t.Errorf("the recipient's copy lacks the digest or the rule: %s", copied)
	}
	if _, err := shown.ForRecipient(); err == nil {
		t.Error("numbers are shown by a rule twice")
	}

	_, stranger := keys(t, "manifests.example")
	for name, bad := range map[string]string{
		"changed":  strings.Replace(text, `"line":1`, `"line":2`, 1),
		"unsigned": text[:strings.Index(text, "\n\n")+2],
		"empty":    "",
	} {
		if bad == text {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := extract.OpenManifest([]byte(bad), verifier); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := extract.OpenManifest([]byte(text), stranger); err == nil {
		t.Error("accepted by another key of that name")
	}
	foreign, err := note.Sign(&note.Note{Text: "{\"version\":\"registrar/receipt/v1\"}\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := extract.OpenManifest(foreign, verifier); err == nil {
		t.Error("another note of the same key passes for a manifest")
	}
}

// No hidden number follows from the others: with every count shown by the rule
// and the rows of the files counted, each hidden one may still have been more
// than one number. Over every combination of small counts.
func TestHiddenCountsDoNotFollow(t *testing.T) {
	values := []int64{0, 1, 2, 3, 5, 7, 8, 12, 13}
	for _, written := range []int64{0, 1, 7, 40, 41, 42, 43, 44} {
		for _, a := range values {
			for _, b := range values {
				for _, c := range values {
					follow(t, written, []int64{a, b, c})
				}
			}
		}
	}
}

func follow(t *testing.T, written int64, removed []int64) {
	reasons := []string{plan.OptedOut, plan.Unchecked, plan.OutsidePeriod}
	counts := engine.Counts{Read: written, Written: written, Removed: map[string]int64{}}
	for i, n := range removed {
		counts.Read += n
		counts.Removed[reasons[i]] = n
	}
	m, err := extract.NewManifest("e", plan.Plan{}, extract.Result{Counts: counts}, nil, time.Now())
	if err == nil {
		m, err = m.ForRecipient()
	}
	if err != nil {
		t.Fatal(err)
	}
	interval := func(name string) (int64, int64) {
		lo, hi, err := disclosure.HES2018.Interval(m.Counts[name])
		if err != nil {
			t.Fatal(err)
		}
		return lo, hi
	}
	_, total := m.Counts["read"]
	if hides := slices.Contains(slices.Collect(maps.Values(m.Counts)), disclosure.Hidden); total == hides && counts.Read > 7 {
		t.Errorf("%v: the total is shown: %t", m.Counts, total)
	}
	low, high := int64(0), int64(1<<40)
	if total {
		low, high = interval("read")
	}
	var lo, hi [3]int64
	for i, r := range reasons {
		lo[i], hi[i] = interval("removed_" + r)
	}
	for i := range reasons {
		if m.Counts["removed_"+reasons[i]] != disclosure.Hidden {
			continue
		}
		// What the others leave for it.
		from, to := low-written, high-written
		for j := range reasons {
			if j != i {
				from, to = from-hi[j], to-lo[j]
			}
		}
		if max(from, lo[i]) >= min(to, hi[i]) {
			t.Errorf("written %d, removed %v shown as %v: %s is %d", written, removed, m.Counts, reasons[i], max(from, lo[i]))
		}
	}
}

// The linking worker's SQL makes districts as published.
func TestDistrictsAsPublished(t *testing.T) {
	raw, err := os.ReadFile("engine/enginetest/testdata/postcode.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Op, Input string
		Expected  any
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	want := map[string]string{} // row number, as the sex column, to district
	var rows []row
	for _, v := range vectors {
		district, ok := v.Expected.(string)
		if !ok && v.Expected != false {
			continue // a valid one whose district is not said
		}
		n := strconv.Itoa(len(w.ids))
		w.ids = append(w.ids, id{local: n, indexed: true, person: n, postcode: v.Input})
		rows = append(rows, row{id: len(w.ids) - 1, epikey: n, start: "2001-05-01", sex: n})
		want[n] = district
	}
	w.rows = [][]row{rows}
	w.land(t)
	p := w.plan(func(l *terms.DatasetLine, r *plan.Request) {
		l.OptOut = terms.OptOutConsent
		r.Columns = []plan.Wanted{{Field: "SEX"}, {Field: "POSTCODE"}}
	})
	result, err := w.run(t, p)
	if err != nil {
		t.Fatal(err)
	}
	cells := w.cells(t, result)
	if len(cells) != len(want) || len(want) < 15 {
		t.Fatalf("%d rows for %d vectors", len(cells), len(want))
	}
	for _, line := range cells {
		if line[2] != want[line[1]] {
			t.Errorf("vector %s: %q, want %q", line[1], line[2], want[line[1]])
		}
	}
}
