package gate_test

import (
	"testing"
	"time"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

func TestSigning(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	good := gate.Signing{At: now, State: terms.Issued, IssuedAt: now.AddDate(0, -12, 0), Organisation: "X", Capacity: "controller", Needed: true,
		Signatory: true, TermsSHA256: "d", GivenSHA256: "d", LoggedInAt: now.Add(-gate.FreshLogIn)}
	if against := good.Refusals(); len(against) > 0 {
		t.Fatalf("at its bounds: %v", against)
	}
	for code, spoil := range map[string]func(*gate.Signing){
		"not-issued":    func(s *gate.Signing) { s.State = terms.Signed },
		"issue-lapsed":  func(s *gate.Signing) { s.At = s.At.Add(time.Second); s.LoggedInAt = s.At },
		"terms-digest":  func(s *gate.Signing) { s.GivenSHA256, s.TermsSHA256 = "", "" },
		"not-signatory": func(s *gate.Signing) { s.Signatory = false },
		"not-needed":    func(s *gate.Signing) { s.Needed = false },
		"log-in-stale":  func(s *gate.Signing) { s.LoggedInAt = s.LoggedInAt.Add(-time.Second) },
	} {
		s := good
		spoil(&s)
		if against := s.Refusals(); len(against) != 1 || against[0].Code != code {
			t.Errorf("%s: %v", code, against)
		}
	}
	if against := (gate.Signing{At: now}).Refusals(); len(against) != 5 {
		t.Errorf("not every reason at once: %v", against)
	}
}
