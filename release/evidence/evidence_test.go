package evidence_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"data.release/registrar/release/evidence"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func TestHeadingsInAnyOrder(t *testing.T) {
	rows, problems := evidence.Read(evidence.DSPT, []byte("\ufeffExpiry Date,note,ORGANISATION  NAME,Ods_Code,Status,Year,Date Published,Reviewed\r\n"+
		"30/06/2027,x,  Example  Trust ,rx1,25/26 STANDARDS MET,2025-26,2026-06-20,yes\r\n\r\n"+
		",y,Other Trust,RX2,Not Published,,,\n"))
	if len(problems) > 0 || len(rows) != 2 {
		t.Fatalf("%v %v", rows, problems)
	}
	if r := rows[0]; r.Line != 2 || r.Code != "RX1" || r.Name != "Example Trust" || r.Expires != terms.NewDate(2027, 6, 30) ||
		r.Published != terms.NewDate(2026, 6, 20) || r.Edition != "2025-26" || r.Status != "Standards Met" || r.Reviewed == nil || !*r.Reviewed {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.Line != 4 || r.Reviewed != nil || !r.Expires.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		kind    evidence.Kind
		content string
		want    []string // code @ field
	}{
		"no kind":    {"x", "a", []string{"kind @ kind"}},
		"empty":      {evidence.ODS, "\n , \n", []string{"empty @ file"}},
		"no text":    {evidence.ODS, "code,name\n\xff,x", []string{"encoding @ file"}},
		"no CSV":     {evidence.ODS, "code,name\n\"x,y", []string{"csv @ file"}},
		"headings":   {evidence.CAG, "reference,cag ref,title\n", []string{"heading-twice @ row 1", "heading-missing @ row 1", "heading-missing @ row 1", "heading-missing @ row 1"}},
		"cells":      {evidence.ODS, "code,name,open,close\nR1-,A,32/01/2020,\n,,20200101,20190101\n", []string{"cell @ row 2, ods code", "cell @ row 2, open", "missing @ row 3, ods code", "missing @ row 3, organisation name", "order @ row 3, close"}},
		"twice":      {evidence.ODS, "code,name\nR1A,A\nr1a,B\n", []string{"twice @ row 3, code"}},
		"no end":     {evidence.DSPT, "code,name,status,expires\nR1A,A,Standards Met,\n", []string{"missing @ row 2, expires"}},
		"short row":  {evidence.DSPT, "code,name,status,expires\nR1A\n", []string{"missing @ row 2, organisation name", "missing @ row 2, status"}},
		"neither":    {evidence.DSPT, "code,name,status,expires,reviewed\nR1A,A,Not Published,,perhaps\n", []string{"cell @ row 2, reviewed"}},
		"old expiry": {evidence.CAG, "reference,title,regulation,decision date,expiry\n16/CAG/1,T,Regulation 5,2020-01-01,2019-01-01\n", []string{"order @ row 2, expiry"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, problems := evidence.Read(c.kind, []byte(c.content))
			got := map[string]int{}
			for _, p := range problems {
				got[p.Code+" @ "+p.Field]++
			}
			want := map[string]int{}
			for _, w := range c.want {
				want[w]++
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || rows != nil {
				t.Errorf("%v, want %v; rows %v", problems, c.want, rows)
			}
		})
	}
}

// TestPublishedODS reads rows as the Organisation Data Service publishes them,
// without headings.
func TestPublishedODS(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "testdata", "evidence", "ods-ccg.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, problems := evidence.Read(evidence.ODS, content)
	if len(problems) > 0 || len(rows) != 24 {
		t.Fatalf("%d rows, %v", len(rows), problems)
	}
	if r := rows[0]; r.Code != "00C" || r.Name != "NHS DARLINGTON CCG" || r.Opened != terms.NewDate(2013, 4, 1) || r.Closed != terms.NewDate(2020, 3, 31) {
		t.Errorf("%+v", r)
	}
}

// FuzzRead: whatever a file has in it, there are rows or reasons, never both,
// and every row has what its kind asks for.
func FuzzRead(f *testing.F) {
	f.Add("dspt", "code,name,status,expires\nR1A,A,Standards Met,2027-06-30\n")
	f.Add("ods", "close,Name,CODE\n20200101,\"A \"\"B\"\"\",R1A\n")
	f.Add("cag", "reference,title,regulation,decision date,expiry\n16/CAG/1,T,5,1 June 2020,\n")
	f.Add("ods", strings.Repeat(",", 26)+"\n")
	f.Fuzz(func(t *testing.T, kind, content string) {
		rows, problems := evidence.Read(evidence.Kind(kind), []byte(content))
		if rows != nil && problems != nil {
			t.Fatal("rows and reasons")
		}
		seen := map[string]bool{}
		for _, r := range rows {
			key := r.Code + r.Reference
			if r.Line < 1 || key == "" || seen[key] || (r.Reference == "" && (r.Name == "" || len(r.Code) > 8)) {
				t.Fatalf("%+v", r)
			}
			seen[key] = true
		}
		for _, p := range problems {
			if p.Code == "" || p.Field == "" || p.Message == "" {
				t.Fatalf("%+v", fault.New(fault.Invalid, "").With(p))
			}
		}
	})
}
