package change

import (
	"slices"
	"strings"

	"data.release/registrar/release/register"
)

// controllers compares lists of controllers name by name. Names may have
// commas in them ("CITY, UNIVERSITY OF LONDON"), and lists are divided by
// semicolons, line ends or commas: so parts are put together again where the
// register knows the whole as a name, and a list that only has its parts in
// another order says the same.
func (c *comparison) controllers() {
	a, b := c.before[register.Controllers], c.after[register.Controllers]
	if gone(a) || gone(b) || a.Text == b.Text {
		c.text(register.Controllers, "Data controllers", false)
		return
	}
	f := Field{ID: string(register.Controllers), Label: "Data controllers", Before: a.Text, After: b.Text}
	went, came := missing(c.split(a.Text), c.split(b.Text)), missing(c.split(b.Text), c.split(a.Text))
	var renamed, followed []string
	for _, name := range slices.Clone(went) {
		for i, other := range came {
			on, same := c.names.Organisation(c.stem, name, other)
			if !same {
				continue
			}
			if on.Number > 0 {
				renamed = append(renamed, on.words())
			}
			went = slices.DeleteFunc(went, func(n string) bool { return n == name })
			came = slices.Delete(came, i, i+1)
			break
		}
	}
	for _, name := range went {
		for _, other := range came {
			if on, known := c.names.Followed(c.stem, name, other); known {
				followed = append(followed, on.words())
			}
		}
	}
	switch {
	case len(went)+len(came) > 0:
		f.Why = strings.Join(slices.Compact(followed), "; ")
	case len(renamed) > 0:
		f.Cosmetic, f.Why = true, strings.Join(slices.Compact(renamed), "; ")
	default:
		f.Cosmetic, f.Why = true, Typed
		if x, y := c.split(a.Text), c.split(b.Text); !slices.EqualFunc(x, y, func(p, q string) bool { return register.NameKey(p) == register.NameKey(q) }) {
			f.Why = Reorder
		}
	}
	c.add(f)
}

// missing are the names of a that b lacks, each as often as it lacks it.
func missing(a, b []string) []string {
	have := map[string]int{}
	for _, name := range b {
		have[register.NameKey(name)]++
	}
	var out []string
	for _, name := range a {
		if key := register.NameKey(name); have[key] > 0 {
			have[key]--
		} else {
			out = append(out, name)
		}
	}
	return out
}

// split divides a list of names.
func (c *comparison) split(list string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' }) {
		pieces := strings.Split(part, ",")
		for len(pieces) > 0 {
			n := len(pieces)
			for n > 1 && !c.names.lists(register.NameKey(strings.Join(pieces[:n], ","))) {
				n--
			}
			if name := strings.TrimSpace(strings.Join(pieces[:n], ",")); name != "" {
				out = append(out, name)
			}
			pieces = pieces[n:]
		}
	}
	return out
}
