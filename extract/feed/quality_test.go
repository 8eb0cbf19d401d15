package feed_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"data.release/registrar/extract/feed"
)

// The artificial files fail only where something is wrong with them: a filler
// "-" in diagnoses, codes that no list has, a tab in procedure codes, site
// codes cut short, three-character codes in two-character columns.
func TestKnownFaultsOfTheArtificialFiles(t *testing.T) {
	want := map[string]map[string]int64{
		"hes_apc": {"apc.diag_3.value": 781, "apc.diag_4.value": 781, "apc.disdest.value": 4, "apc.epistart.period": 40, "apc.opertn_3.value": 1, "apc.opertn_4.value": 1, "apc.sitetret.value": 211},
		"hes_op":  {"op.opertn_3.value": 968, "op.opertn_4.value": 968, "op.sitetret.value": 48},
	}
	for _, f := range files[:2] {
		report, err := feed.Land(t.Context(), landing(t, f.dataset, f.file, f.from, f.to))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, r := range report.Failures {
			got[r.Rule] += r.Failed
		}
		for id := range want[f.dataset] {
			if got[id] != want[f.dataset][id] {
				t.Errorf("%s: %d failures of %s, want %d", f.dataset, got[id], id, want[f.dataset][id])
			}
		}
		if len(got) != len(want[f.dataset]) || report.Outcome != feed.AcceptWithWarnings {
			t.Errorf("%s: %s, %v", f.dataset, report.Outcome, got)
		}
	}
}

// A record number on two records rejects both; their lines are told to the
// supplier alone, and too many of them refuse the file.
func TestRejectsAndRefusal(t *testing.T) {
	whole, err := os.ReadFile(hes + "artificial_hes_op_0304_truncated.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	land := func(text string) (feed.Landing, feed.Report) {
		path := filepath.Join(t.TempDir(), "op.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l := landing(t, "hes_op", path, "2003-04-01", "2004-03-31")
		l.Rejects = []age.Recipient{key.Recipient()}
		report, err := feed.Land(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(l.Work); len(left) != 0 {
			t.Errorf("left in the work directory: %v", left)
		}
		return l, report
	}
	l, report := land(string(whole) + lines[1])
	if report.Rows != 1001 || report.Rejected != 2 || report.Accepted != 999 || report.Outcome != feed.AcceptWithWarnings {
		t.Errorf("%d rows, %d rejected, %d accepted, %s", report.Rows, report.Rejected, report.Accepted, report.Outcome)
	}
	r, err := l.Identity.Open(t.Context(), report.Rejects.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	plain, err := age.Decrypt(r, key)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var repeated []string
	for _, row := range rows[1:] {
		if row[4] == "op.attendkey.unique" {
			repeated = append(repeated, row[0])
		}
	}
	if !slices.Equal(repeated, []string{"2", "1002"}) || int64(len(rows)-1) != report.Rejects.Failures {
		t.Errorf("repeated on lines %v, %d failures of %d", repeated, len(rows)-1, report.Rejects.Failures)
	}
	l, report = land(string(whole) + strings.Join(lines[1:41], ""))
	if report.Outcome != feed.Refuse || len(report.Parts) != 0 || report.Rejects == nil {
		t.Errorf("%s with %d parts", report.Outcome, len(report.Parts))
	}
	if left, _ := os.ReadDir(l.Activity.Root()); len(left) != 0 {
		t.Errorf("stored of a refused file: %v", left)
	}
}
