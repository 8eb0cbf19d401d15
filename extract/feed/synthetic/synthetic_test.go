package synthetic

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"data.release/registrar/extract/feed/rule"
)

func feeds() []Feed {
	dir := "../../../testdata/artificial-hes/"
	return []Feed{{"hes_apc", dir + "artificial_hes_apc_0102_truncated.csv"}, {"hes_op", dir + "artificial_hes_op_0304_truncated.csv"}, {"hes_ae", dir + "artificial_hes_ae_0708_truncated.csv"}}
}

func TestPeopleAreMadeUpAndTheSameEachTime(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	made, err := Generate(a, feeds())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(b, feeds()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{DemographicsFile, OptOutsFile} {
		x, _ := os.ReadFile(filepath.Join(a, name))
		y, _ := os.ReadFile(filepath.Join(b, name))
		if !bytes.Equal(x, y) || len(x) == 0 {
			t.Errorf("%s is not the same twice", name)
		}
	}
	if made.IDs != 994+269+672 || made.People >= made.IDs || made.OptedOut == 0 {
		t.Errorf("made %+v", made)
	}
	rows := read1(t, filepath.Join(a, DemographicsFile))
	feedsOf, absent, invalid := map[string]map[string]bool{}, 0, 0
	for _, row := range rows[1:] {
		number := row[3]
		_, valid, _ := rule.NHSNumber(number)
		switch {
		case number == "":
			absent++
		case !valid:
			invalid++
		case !strings.HasPrefix(number, "999"):
			t.Fatalf("%s is outside the range for tests", number)
		default:
			if feedsOf[number] == nil {
				feedsOf[number] = map[string]bool{}
			}
			if feedsOf[number][row[0]] {
				t.Fatalf("%s owns two ids of %s", number, row[0])
			}
			feedsOf[number][row[0]] = true
		}
		if row[7] != label || !strings.HasPrefix(row[6], "ZZ") {
			t.Fatalf("not labelled: %v", row)
		}
	}
	several := 0
	for _, f := range feedsOf {
		if len(f) > 1 {
			several++
		}
	}
	if absent == 0 || invalid == 0 || several < 50 {
		t.Errorf("%d without a number, %d with an invalid one, %d in several feeds", absent, invalid, several)
	}
	for _, row := range read1(t, filepath.Join(a, OptOutsFile))[1:] {
		if feedsOf[row[0]] == nil {
			t.Errorf("%s opted out and is nobody", row[0])
		}
	}
}

func read1(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
