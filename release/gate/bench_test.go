package gate_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
)

// BenchmarkEvaluate measures one decision: every rule of a moment over a case
// with everything in it.
func BenchmarkEvaluate(b *testing.B) {
	for _, moment := range gate.Moments() {
		b.Run(string(moment), func(b *testing.B) {
			c := identifiableCase(moment)
			b.ReportAllocs()
			for b.Loop() {
				gate.Evaluate(c)
			}
		})
	}
}

// BenchmarkCheck measures the permission check that stands before every
// command, as a share of the decision that stands behind a download.
func BenchmarkCheck(b *testing.B) {
	c := identifiableCase(gate.MomentDownload)
	started := time.Now()
	const decisions = 1000
	for range decisions {
		gate.Evaluate(c)
	}
	decision := time.Since(started) / decisions
	actor := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{{Role: access.Applicant}, {Role: access.Signatory}, {Role: access.Recipient}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := access.Check(actor, access.DownloadFiles); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(decision), "of-a-decision")
}

// TestADecisionIsQuick: a decision takes less than a millisecond, so that the
// gate can be asked at every request for a file's bytes.
func TestADecisionIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	best := time.Hour
	c := identifiableCase(gate.MomentRelease)
	for range 50 { // the best of many, for the machine has other work
		started := time.Now()
		gate.Evaluate(c)
		best = min(best, time.Since(started))
	}
	if best > time.Millisecond {
		t.Errorf("a decision takes %s", best)
	}
}
