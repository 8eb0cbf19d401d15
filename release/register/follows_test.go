package register

import "testing"

func TestFollows(t *testing.T) {
	f := Follows{"a": {"b", "x"}, "b": {"c"}, "x": {"y"}, "p": {"q"}, "q": {"p"}}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"a", "c", true}, {"a", "y", true}, {"c", "a", false}, {"b", "x", false}, {"a", "a", true}, {"p", "z", false}, {"", "a", false}} {
		if got := f.Leads(c.a, c.b); got != c.want {
			t.Errorf("%q leads to %q: %t, want %t", c.a, c.b, got, c.want)
		}
	}
}
