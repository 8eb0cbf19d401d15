package words_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"data.release/registrar/release/register/words"
)

// shown writes terms for comparison: -"a phrase", a word, and a reference by
// its canonical spelling.
func shown(list []words.Term) string {
	var out []string
	for _, t := range list {
		text := t.Text
		if t.Phrase {
			text = `"` + text + `"`
		}
		if t.Reference.IsNIC() {
			text = "=" + t.Reference.String()
		}
		if t.Not {
			text = "-" + text
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestWhatPeopleType(t *testing.T) {
	for typed, want := range map[string]string{
		"":                                    "",
		"  - ' “” -- ":                        "",
		"heart failure":                       "heart, failure",
		`"heart failure" -cancer`:             `"heart failure", -cancer`,
		"“heart failure” -\"lung cancer\" x":  `"heart failure", -"lung cancer", x`,
		`"never closed`:                       `"never closed"`,
		"COVID-19 - 2020":                     "COVID-19, 2020",
		"NIC-69431-K1K8R":                     "=DARS-NIC-69431-K1K8R",
		" dars-nic-69431-k1k8r-V1.2 ":         "=DARS-NIC-69431-K1K8R-v1.2",
		"nic 69431 k1k8r v1.2":                "=DARS-NIC-69431-K1K8R-v1.2",
		"NIC – 69431 – K1K8R":                 "=DARS-NIC-69431-K1K8R",
		"NIC69431K1K8R":                       "=DARS-NIC-69431-K1K8R",
		"DARS-NIC-381972-Q5F0V-v11":           "=DARS-NIC-381972-Q5F0V-v11.0",
		"Bristol nic-69431-k1k8r-v1.10 -file": "Bristol, =DARS-NIC-69431-K1K8R-v1.10, -file",
		"NIC":                                 "NIC",
		"CASEMIX_NHSE":                        "CASEMIX_NHSE",
	} {
		if got := shown(words.Parse(typed)); got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
}

func marked(parts []words.Part) string {
	var out strings.Builder
	for _, p := range parts {
		if p.Mark {
			fmt.Fprintf(&out, "[%s]", p.Text)
		} else {
			out.WriteString(p.Text)
		}
	}
	return out.String()
}

func TestNamesAreMarked(t *testing.T) {
	for _, c := range [][3]string{
		{"NHS Leeds CCG", "leeds", "NHS [Leeds] CCG"},
		{"NHS Leeds CCG", "leeds eds -ccg", "NHS [Leeds] CCG"},
		{"DARS-NIC-69431-K1K8R-v1.2", "nic 69431 k1k8r", "DARS-[NIC-69431-K1K8R]-v1.2"},
		{"Tan Tan", "tan", "[Tan] [Tan]"}, {"Monitor", "x", "Monitor"}, {"", "x", ""},
	} {
		if got := marked(words.Mark(c[0], words.Parse(c[1]))); got != c[2] {
			t.Errorf("%q in %q: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

func TestSnippets(t *testing.T) {
	long := strings.Repeat("something else of no interest. ", 20)
	text := long + "A study of heart failure in Leeds. " + long + "Heart disease and diabetes. " + long
	term := func(word string) []words.Place {
		return map[string][]words.Place{"heart": {{Term: 0}}, "diabetes": {{Term: 1}}}[word]
	}
	single := []int{1, 1}
	got := words.Snippets(text, 3, single, term)
	if len(got) != 2 {
		t.Fatalf("%d snippets: %+v", len(got), got)
	}
	if first := marked(got[0].Parts); !strings.Contains(first, "A study of [heart] failure in Leeds") || !got[0].Before || !got[0].After {
		t.Errorf("first: %s", first)
	}
	if second := marked(got[1].Parts); !strings.Contains(second, "[Heart] disease and [diabetes].") {
		t.Errorf("second: %s", second)
	}
	if got := words.Snippets(long, 3, single, term); got != nil {
		t.Errorf("a text without the words has %+v", got)
	}
	if got := words.Words("Studies by students of study design", []string{"studi"}); fmt.Sprint(got) != "[studies students study]" {
		t.Errorf("candidates %v", got)
	}
}

func TestAPhraseIsMarkedWhereItsWordsFollowEachOther(t *testing.T) {
	text := "Heart disease, failure of the heart; heart failure, failure, and failure. Heart without failure."
	phrase := func(word string) []words.Place {
		return map[string][]words.Place{"heart": {{Term: 0, Step: 0}}, "failure": {{Term: 0, Step: 1, After: 1}, {Term: 1}}}[word]
	}
	got := words.Snippets(text, 3, []int{2}, func(word string) []words.Place { return phrase(word)[:min(len(phrase(word)), 1)] })
	if want := "Heart disease, failure of the heart; [heart] [failure], failure, and failure. Heart without failure."; len(got) != 1 || marked(got[0].Parts) != want {
		t.Errorf("%+v", got)
	}
	if got := words.Snippets("failure, then a heart", 3, []int{2, 2}, phrase); got != nil {
		t.Errorf("words in another order are %+v", got)
	}
}

// Whatever the text, marks make it up again and snippets are pieces of it.
func TestNothingIsInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-cÄßİ“ ]{1,9}[ \n]){0,80}`).Draw(t, "text")
		list := words.Parse(rapid.StringMatching(`[a-cÄ" -]{0,12}`).Draw(t, "typed"))
		whole := ""
		for _, p := range words.Mark(text, list) {
			whole += p.Text
		}
		if whole != text {
			t.Fatalf("marked %q, was %q", whole, text)
		}
		snippets := words.Snippets(text, 3, []int{1, 2}, func(word string) []words.Place {
			return map[byte][]words.Place{'a': {{Term: 0}}, 'b': {{Term: 1}}, 'c': {{Term: 1, Step: 1, After: 1}, {Term: 0}}}[word[0]]
		})
		if len(snippets) > 3 {
			t.Fatalf("%d snippets", len(snippets))
		}
		for _, s := range snippets {
			piece, marks := "", 0
			for _, p := range s.Parts {
				piece += p.Text
				if p.Mark {
					marks++
				}
			}
			if !strings.Contains(text, piece) || marks == 0 || !utf8.ValidString(piece) {
				t.Fatalf("%q with %d marks of %q", piece, marks, text)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, typed := range []string{`a "b c" -d`, "NIC-69431-K1K8R-v1.2", "-", `-"`, "“”", "\x00\xff"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, term := range words.Parse(typed) {
			if term.Text == "" || !term.Reference.IsNIC() && !strings.Contains(typed, term.Text) {
				t.Errorf("%q has the term %+v", typed, term)
			}
		}
	})
}
