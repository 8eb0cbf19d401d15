package log

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
)

// Whoever kept any checkpoint can prove offline that the log continues it.
func TestConsistencyWithAnyEarlierCheckpoint(t *testing.T) {
	s := serve(t)
	kept := map[int64]string{}
	for _, n := range []int{0, 1, 2, 253, 1, 300} {
		s.append(t, n)
		s.sign(t)
		last, err := ledger.Register.Latest(t.Context(), s.db.DB)
		if err != nil {
			t.Fatal(err)
		}
		kept[last.Size] = last.Note
	}
	verifier := s.key.Verifier()
	ask := func(size string) (proof.Consistency, *http.Response) {
		answer, body := s.get(t, "/log/consistency?from="+size)
		var c proof.Consistency
		if answer.StatusCode == http.StatusOK {
			if err := json.Unmarshal([]byte(body), &c); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
		}
		return c, answer
	}
	for size, note := range kept {
		c, answer := ask(strconv.FormatInt(size, 10))
		if answer.Header.Get("Cache-Control") != momentary || c.From != size || c.To != 557 {
			t.Errorf("from %d: %+v, %q", size, c, answer.Header.Get("Cache-Control"))
		}
		if err := c.Verify(verifier, note); err != nil {
			t.Errorf("from %d: %v", size, proof.Reasons(err))
		}
		if err := c.Verify(verifier, kept[(size+1)%2]); size > 1 && err == nil {
			t.Errorf("from %d: holds for another checkpoint", size)
		}
		if len(c.Proof) > 0 {
			c.Proof[0][0] ^= 1
			if c.Verify(verifier, note) == nil {
				t.Errorf("from %d: a changed proof holds", size)
			}
		}
	}
	other := serve(t)
	other.append(t, 3)
	other.append(t, 600) // a log of its own, signed by its own key
	other.sign(t)
	if c, _ := ask("3"); c.Verify(other.key.Verifier(), kept[3]) == nil {
		t.Error("holds for another log's key")
	}
	for _, wrong := range []string{"558", "-1", "x", "", "1&from=2", "1&to=3", "99999999999999999999"} {
		if _, answer := ask(wrong); answer.StatusCode != http.StatusNotFound {
			t.Errorf("from=%s: %s", wrong, answer.Status)
		}
	}
}
