package definition_test

import (
	"encoding/csv"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func header(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open("../../../testdata/artificial-hes/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := csv.NewReader(f).Read()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func names(fields []definition.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

func TestBuiltInDefinitionsFitTheFiles(t *testing.T) {
	for code, tc := range map[string]struct {
		file    string
		columns int
		period  string
	}{
		"hes_apc": {"artificial_hes_apc_0102_truncated.csv", 193, "EPISTART"},
		"hes_op":  {"artificial_hes_op_0304_truncated.csv", 157, "APPTDATE"},
		"hes_ae":  {"artificial_hes_ae_0708_truncated.csv", 165, "ARRIVALDATE"},
	} {
		t.Run(code, func(t *testing.T) {
			d, ok := definition.Get(code)
			if !ok {
				t.Fatal("not built in")
			}
			want := header(t, tc.file)
			if got := names(d.FeedFields()); len(want) != tc.columns || !reflect.DeepEqual(got, want) {
				t.Errorf("columns\n got %v\nwant %v", got, want)
			}
			if d.PeriodField != tc.period {
				t.Errorf("period field %s", d.PeriodField)
			}
			activity := names(d.ActivityFields())
			for _, never := range []string{"PSEUDO_HESID", "NHS_NUMBER", "BIRTH_DATE", "POSTCODE"} {
				if slices.Contains(activity, never) {
					t.Errorf("%s would stand in an activity part", never)
				}
			}
			if len(activity) != tc.columns-1 {
				t.Errorf("%d activity columns of %d", len(activity), tc.columns)
			}
			for _, f := range d.Extractable() {
				if f.Name == "PSEUDO_HESID" {
					t.Error("the local person id is extractable")
				}
				if f.Class == terms.RecordID && !reflect.DeepEqual(f.Derivations, []terms.Derivation{terms.RecordPseudonym}) {
					t.Errorf("record id %s is given as %v", f.Name, f.Derivations)
				}
			}
		})
	}
}

// The columns that would line up two extracts must be classed as record ids.
func TestRecordIDs(t *testing.T) {
	want := []string{"hes_ae AEKEY", "hes_ae EPIKEY", "hes_apc EPIKEY", "hes_apc AEKEY", "hes_apc SUSRECID", "hes_op ATTENDKEY", "hes_op ATTENDID"}
	var got []string
	for _, d := range definition.All() {
		for _, f := range d.Fields {
			if f.Class == terms.RecordID {
				got = append(got, d.Code+" "+f.Name)
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

const good = `{"code":"x_y","version":"1","name":"X","family":"F","kind":"activity","source":"s",
	"person_key":"PID","provider_field":"PROV","period_field":"D","record_keys":["RID"],"locality_fields":["PROV"],
	"fields":[
	{"name":"PID","title":"t","type":"text","class":"direct_identifier"},
	{"name":"RID","title":"t","type":"text","class":"record_id"},
	{"name":"D","title":"t","type":"date","class":"indirect","derivations":["none","month"]},
	{"name":"PROV","title":"t","type":"text","class":"plain"},
	{"name":"C_{09-11}","title":"Code","type":"text","class":"plain"}]}`

func TestLoad(t *testing.T) {
	d, err := definition.Load("x_y", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(d.Fields); !reflect.DeepEqual(got, []string{"PID", "RID", "D", "PROV", "C_09", "C_10", "C_11"}) {
		t.Errorf("fields %v", got)
	}
	if f, _ := d.Field("C_10"); f.Title != "Code, 10" || !f.Allows(terms.NoDerivation) || f.Allows(terms.Month) || f.Origin != definition.FromFeed {
		t.Errorf("C_10 is %+v", f)
	}
	if _, ok := d.Field("C_12"); ok {
		t.Error("a column past the range")
	}
	if _, ok := definition.Get("x_y"); ok {
		t.Error("not built in, yet there")
	}
}

func TestLoadSaysEverythingThatIsWrong(t *testing.T) {
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"several unknown names", replace(`"family"`, `"famly"`, `"locality_fields"`, `"places"`), []string{"famly unknown", "places unknown"}},
		{"many at once", replace(`"code":"x_y"`, `"code":"X"`, `"source":"s"`, `"source":""`, `"kind":"activity"`, `"kind":"thing"`), []string{"code code", "source required", "kind kind", "fields.D.derivations derivation"}},
		{"keys that are not columns", replace(`"person_key":"PID"`, `"person_key":"QID"`, `["RID"]`, `["RID","SID"]`), []string{"person_key unknown", "record_keys[1] unknown"}},
		{"keys of the wrong class", replace(`"record_keys":["RID"]`, `"record_keys":["PROV"]`, `"locality_fields":["PROV"]`, `"locality_fields":["PID"]`, `"period_field":"D"`, `"period_field":"RID"`), []string{"period_field type", "record_keys[0] class", "locality_fields[0] class"}},
		{"a person key of the wrong class", replace(`"class":"direct_identifier"`, `"class":"plain"`), []string{"person_key class"}},
		{"no keys", replace(`"person_key":"PID","provider_field":"PROV","period_field":"D","record_keys":["RID"],`, ``), []string{"person_key required", "period_field required", "provider_field required", "record_keys required"}},
		{"a record id as it is", replace(`"class":"record_id"`, `"class":"record_id","derivations":["none"]`), []string{"fields.RID.derivations derivation"}},
		{"a person key extracted", replace(`"class":"direct_identifier"`, `"class":"direct_identifier","derivations":["none"]`), []string{"fields.PID.derivations derivation"}},
		{"an unknown derivation and a month of a text", replace(`{"name":"PROV","title":"t","type":"text","class":"plain"}`, `{"name":"PROV","title":"t","type":"text","class":"plain","derivations":["md5","month"]}`), []string{"fields.PROV.derivations derivation", "fields.PROV.derivations derivation"}},
		{"a column twice", replace(`"C_{09-11}"`, `"PROV"`), []string{"fields.PROV repeated"}},
		{"a range backwards", replace(`{09-11}`, `{11-09}`), []string{"fields.C_{11-09} range"}},
		{"bad column", replace(`{"name":"C_{09-11}","title":"Code","type":"text","class":"plain"}`, `{"name":"c 1","title":"","type":"blob","class":"secret","origin":"moon"}`), []string{"fields.c 1 name", "fields.c 1.title required", "fields.c 1.type type", "fields.c 1.class class", "fields.c 1.origin origin"}},
		{"a person's field that the index has not", replace(`{"name":"C_{09-11}","title":"Code","type":"text","class":"plain"}`, `{"name":"SURNAME","title":"S","type":"text","class":"direct_identifier","origin":"person"}`), []string{"fields.SURNAME.origin origin"}},
		{"no fields", `{"code":"x_y","version":"1","name":"X","family":"F","kind":"opt_outs","source":"s","fields":[]}`, []string{"fields required"}},
		{"no JSON", `{`, []string{" json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := definition.Load("x_y", []byte(tc.in))
			var f *fault.Error
			if !errors.Is(err, fault.Invalid) || !errors.As(err, &f) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, r := range f.Reasons {
				got = append(got, r.Field+" "+r.Code)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
