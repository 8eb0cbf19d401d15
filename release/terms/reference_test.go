package terms_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func TestParseReference(t *testing.T) {
	for _, c := range []struct{ raw, canonical, stem, version string }{
		{"DARS-NIC-110660-G9W6M-v2.2", "DARS-NIC-110660-G9W6M-v2.2", "NIC-110660-G9W6M", "v2.2"},
		{"NIC-69431-K1K8R", "DARS-NIC-69431-K1K8R", "NIC-69431-K1K8R", ""},
		{" NIC-154590-YG6QH ", "DARS-NIC-154590-YG6QH", "NIC-154590-YG6QH", ""},
		{"DARS-NIC-148198-8KJMN-v0.0", "DARS-NIC-148198-8KJMN-v0.0", "NIC-148198-8KJMN", "v0.0"},
		{"DARS-NIC-05934-M7V9K-v11.5", "DARS-NIC-05934-M7V9K-v11.5", "NIC-05934-M7V9K", "v11.5"},
		{"DARS-NIC-17875-X7K1V-v1", "DARS-NIC-17875-X7K1V-v1.0", "NIC-17875-X7K1V", "v1.0"},
		{"PHECancerReg", "PHECancerReg", "PHECancerReg", ""},
		{"ODR1617_278", "ODR1617_278", "ODR1617_278", ""},
	} {
		r, err := terms.ParseReference(c.raw)
		if err != nil {
			t.Errorf("%q: %v", c.raw, err)
			continue
		}
		if r.String() != c.canonical || r.Stem() != c.stem || r.Version() != c.version {
			t.Errorf("%q: %q %q %q, want %q %q %q", c.raw, r.String(), r.Stem(), r.Version(), c.canonical, c.stem, c.version)
		}
	}
	for _, raw := range []string{"", "  ", "NIC-1-ABCDE", "NIC-12345678-ABCDE", "NIC-69431-K1K8R-v", "NIC-69431-K1K8R-v1.2.3",
		"DARS-NIC-69431", "nic-69431-k1k8r-x", "CON-369360-Z5R7D v2.01", "a\nb", "<script>", strings.Repeat("x", 101), "-", "\x00"} {
		if r, err := terms.ParseReference(raw); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q was read as %+v, %v", raw, r, err)
		}
	}
}

// TestReferencesSortAsNumbers: v1.10 is later than v1.9, and v11 than v2.
func TestReferencesSortAsNumbers(t *testing.T) {
	want := []string{"DARS-NIC-05934-M7V9K", "DARS-NIC-05934-M7V9K-v0.13", "DARS-NIC-05934-M7V9K-v1.9", "DARS-NIC-05934-M7V9K-v1.10",
		"DARS-NIC-05934-M7V9K-v2.0", "DARS-NIC-05934-M7V9K-v11.5", "DARS-NIC-05935-AAAAA-v0.1"}
	refs := make([]terms.Reference, len(want))
	for i, raw := range want {
		refs[i], _ = terms.ParseReference(raw)
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
	slices.SortFunc(refs, terms.Reference.Compare)
	for i, r := range refs {
		if r.String() != want[i] {
			t.Errorf("%d: %s, want %s", i, r, want[i])
		}
	}
}

// FuzzParseReference: what is read has one canonical spelling, which reads
// back as the same reference.
func FuzzParseReference(f *testing.F) {
	for _, seed := range []string{"DARS-NIC-110660-G9W6M-v2.2", "NIC-154590-YG6QH ", "CASEMIX_NHSE", "NIC-1-ABCDE", "DARS-NIC-05934-M7V9K-v01.002", "", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := terms.ParseReference(raw)
		if err != nil {
			if !errors.Is(err, fault.Invalid) || r != (terms.Reference{}) {
				t.Fatalf("%q: %+v, %v", raw, r, err)
			}
			return
		}
		if r.Stem() == "" || strings.ContainsAny(r.String(), "\n\r\x00<>\"") {
			t.Fatalf("%q became %q", raw, r.String())
		}
		again, err := terms.ParseReference(r.String())
		if err != nil || again != r || again.Compare(r) != 0 {
			t.Fatalf("%q became %q, which reads as %+v, %v", raw, r.String(), again, err)
		}
	})
}
