package link_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"data.release/registrar/extract/feed/link"
	"data.release/registrar/extract/feed/synthetic"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
)

func job(t *testing.T) link.Job {
	t.Helper()
	dir := t.TempDir()
	store, err := lake.Open(t.Context(), "file://"+filepath.ToSlash(mkdir(t, dir, "identity")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	root, err := pseudonym.RootFromBytes(make([]byte, pseudonym.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return link.Job{Site: "national", Identity: store, Person: root.Lake().Hasher().Pseudonym, Work: mkdir(t, dir, "work")}
}

func mkdir(t *testing.T, dir, sub string) string {
	t.Helper()
	path := filepath.Join(dir, sub)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIndexIsTheSameEachTime(t *testing.T) {
	dir := "../../../testdata/artificial-hes/"
	out := t.TempDir()
	made, err := synthetic.Generate(out, []synthetic.Feed{{Dataset: "hes_apc", File: dir + "artificial_hes_apc_0102_truncated.csv"},
		{Dataset: "hes_op", File: dir + "artificial_hes_op_0304_truncated.csv"}, {Dataset: "hes_ae", File: dir + "artificial_hes_ae_0708_truncated.csv"}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := job(t), job(t)
	a.Demographics = filepath.Join(out, synthetic.DemographicsFile)
	b.Demographics = a.Demographics
	part, _, report, err := link.Index(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	// Ids of one person without a usable number cannot be known as one.
	if report.IDs != int64(made.IDs) || report.People < int64(made.People) || report.People >= report.IDs || report.Several < 50 || report.NoNumber == 0 || report.Invalid == 0 {
		t.Errorf("made %+v, indexed %+v", made, report)
	}
	again, _, _, err := link.Index(t.Context(), b)
	if err != nil || again.SHA256 != part.SHA256 {
		t.Errorf("another index the second time: %v", err)
	}
	list, _, err := link.OptOuts(t.Context(), a, filepath.Join(out, synthetic.OptOutsFile))
	if err != nil || list.Rows != int64(made.OptedOut) {
		t.Errorf("opt-outs %+v, %v", list, err)
	}
}

func TestClashesAreRefusedByLine(t *testing.T) {
	j := job(t)
	j.Demographics = filepath.Join(j.Work, "demographics.csv")
	text := "FEED,LOCAL_ID,PROVIDER,NHS_NUMBER,BIRTH_DATE,SEX,POSTCODE,SYNTHETIC\n" +
		"hes_apc,A,RAA,9434765919,1950-01-01,1,ZZ1 1AA,made up\n" +
		"hes_apc,A,RAA,4010232137,1950-01-01,1,ZZ1 1AA,made up\n" +
		"hes_xyz,B,RAA,,1950-01-01,1,ZZ1 1AA,made up\n" +
		"hes_op,,RAA,,1950-01-01,1,ZZ1 1AA,made up\n"
	if err := os.WriteFile(j.Demographics, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := link.Index(t.Context(), j)
	if !errors.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"line 3", "line 4", "line 5"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), "4010232137") {
		t.Error("an NHS number stands in an error")
	}
}

func TestABadOptOutListIsRefusedWhole(t *testing.T) {
	j := job(t)
	list := filepath.Join(j.Work, "opt-outs.csv")
	if err := os.WriteFile(list, []byte("NHS_NUMBER,SYNTHETIC\n9434765919,made up\n9434765918,made up\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := link.OptOuts(t.Context(), j, list); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "line 3") {
		t.Fatalf("got %v", err)
	}
}
