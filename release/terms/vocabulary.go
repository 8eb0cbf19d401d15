// Package terms has the words that agreements, extracts and the register are
// written in: NIC references, vocabularies, dates, dataset lines and the two
// lifecycles. Pure: values in, values out.
package terms

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"data.release/registrar/release/fault"
)

// Fold is how spellings are compared: NFKC, every dash a hyphen, no quotes or
// trailing stops, spaces only between words, none around dashes, lower case.
func Fold(raw string) string {
	s := strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '−':
			return '-'
		case '‘', '’', '“', '”', '"', '\'':
			return -1
		case '\u200b', '\ufeff':
			return -1
		}
		return r
	}, norm.NFKC.String(raw))
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	s = strings.ReplaceAll(strings.ReplaceAll(s, " -", "-"), "- ", "-")
	return strings.TrimRight(s, ". ")
}

// Count writes a number with commas between thousands: 5,079.
func Count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Lower is a label within a sentence: its first letter is small, unless its
// first word is an acronym, such as COPI or GP.
func Lower(label string) string {
	if len(label) > 1 && label[1] != ' ' && !(label[1] >= 'a' && label[1] <= 'z') {
		return label
	}
	return strings.ToLower(label[:min(1, len(label))]) + label[min(1, len(label)):]
}

type codeLine[T ~string] struct {
	code    T
	label   string
	aliases []string
}

func code[T ~string](c T, label string, aliases ...string) codeLine[T] {
	return codeLine[T]{c, label, aliases}
}

// vocabulary is one code list.
type vocabulary[T ~string] struct {
	name    string
	values  []string
	labels  map[T]string
	written map[T]string
	folded  map[string]T
}

func newVocabulary[T ~string](name string, lines ...codeLine[T]) vocabulary[T] {
	v := vocabulary[T]{name: name, labels: map[T]string{}, written: map[T]string{}, folded: map[string]T{}}
	for _, line := range lines {
		v.values = append(v.values, string(line.code))
		v.labels[line.code] = line.label
		v.written[line.code] = append(line.aliases, line.label)[0]
		for _, spelling := range append([]string{string(line.code), line.label}, line.aliases...) {
			key := Fold(spelling)
			if other, taken := v.folded[key]; taken && other != line.code {
				panic(fmt.Sprintf("terms: %s: %q is %s and %s", name, spelling, other, line.code))
			}
			v.folded[key] = line.code
		}
	}
	return v
}

func (v vocabulary[T]) known(c T) bool { _, ok := v.labels[c]; return ok }

func (v vocabulary[T]) label(c T) string {
	if label, ok := v.labels[c]; ok {
		return label
	}
	return string(c)
}

// spelling is how the published registers write a code: the first of the
// spellings that they have for it, else its label; nothing for what is not
// recorded. It parses to the code.
func (v vocabulary[T]) spelling(c T) string {
	if written, ok := v.written[c]; ok {
		return written
	}
	return string(c)
}

func (v vocabulary[T]) parse(raw string) (T, bool) {
	c, ok := v.folded[Fold(raw)]
	return c, ok
}

func (v vocabulary[T]) unmarshalGQL(into *T, value any) error {
	text, ok := value.(string)
	if ok {
		if c := T(text); v.known(c) {
			*into = c
			return nil
		}
	}
	return fault.New(fault.Invalid, "%v is no %s; it is one of %s", value, v.name, strings.Join(v.values, ", "))
}

// marshalGQL writes a code; no code is null.
func marshalGQL(w io.Writer, c string) {
	if c == "" {
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = io.WriteString(w, strconv.Quote(c))
}
