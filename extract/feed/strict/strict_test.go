package strict_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"data.release/registrar/extract/feed/strict"
)

type inner struct {
	Name string   `json:"name"`
	Max  int      `json:"max,omitempty"`
	In   []string `json:"in,omitempty"`
}

type outer struct {
	Code  string  `json:"code"`
	Must  bool    `json:"must"`
	List  []inner `json:"list"`
	One   *inner  `json:"one"`
	Own   inner   `json:"own"`
	Quiet string  `json:"-"`
}

func TestEveryFaultAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string // "path code", in order
	}{
		{"right", `{"code":"a","must":true,"list":[{"name":"x","max":3,"in":["p"]}],"one":{"name":"y"}}`, nil},
		{"empty object", `{}`, nil},
		{"not JSON", `{"code":`, []string{" json"}},
		{"two values", `{} {}`, []string{" json"}},
		{"a list at the top", `[1]`, []string{" kind"}},
		{"many", `{"code":1,"must":"yes","list":[{"nmae":"x","max":"3"},{"name":null,"in":"p","max":1.5}],"one":[],"own":7,"Quiet":"q","code":"b"}`,
			[]string{"code kind", "must kind", "list[0].nmae unknown", "list[0].max kind", "list[1].name kind", "list[1].in kind", "list[1].max kind", "one kind", "own kind", "Quiet unknown", "code repeated"}},
		{"nested unknown values are passed over", `{"x":{"y":[{"z":1}]},"must":1}`, []string{"x unknown", "must kind"}},
		{"an object for a text", `{"code":{"a":1}}`, []string{"code kind"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var v outer
			var got []string
			for _, r := range strict.Decode([]byte(tc.in), &v) {
				got = append(got, r.Field+" "+r.Code)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// Whatever it accepts, encoding/json reads the same way, and it never panics.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"code":"a","must":true,"list":[{"name":"x"}]}`))
	f.Add([]byte(`{"one":{"max":1e400}}`))
	f.Add([]byte("[[[[{}]]]]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want outer
		if len(strict.Decode(data, &got)) > 0 {
			if !reflect.DeepEqual(got, outer{}) {
				t.Error("filled in spite of faults")
			}
			return
		}
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("accepted %s: %v", data, err)
		}
	})
}
