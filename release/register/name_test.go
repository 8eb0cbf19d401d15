package register_test

import (
	"regexp"
	"strings"
	"testing"

	"data.release/registrar/release/register"
)

func TestNamesOfOneOrganisationHaveOneKeyAndSlug(t *testing.T) {
	cases := []struct {
		slug  string
		names []string
	}{
		{"monitor", []string{"MONITOR", "Monitor", "Monitor ", "\u200bMonitor"}},
		{"nhs-england-quarry-house", []string{"NHS ENGLAND (QUARRY HOUSE)", "NHS England (Quarry House)"}},
		{"acute-local-provider-flows", []string{"Acute-Local Provider Flows", "Acute – Local  Provider\u00a0Flows"}},
		{"guys-and-st-thomas-nhs-trust", []string{"Guy's & St Thomas' NHS Trust", "Guy’s & St Thomas’ NHS Trust"}},
		{"cafe-nero-ed", []string{"Café Nero(ed)"}},
		{"and-co", []string{"& Co"}},
		{"name-e3b0c442", []string{"", " ", "--"[:0]}},
	}
	for _, c := range cases {
		for _, name := range c.names {
			if got := register.Slug(name); got != c.slug {
				t.Errorf("Slug(%q) = %q, want %q", name, got, c.slug)
			}
			if register.NameKey(name) != register.NameKey(c.names[0]) {
				t.Errorf("%q and %q have two keys", name, c.names[0])
			}
		}
	}
	long := register.Slug(strings.Repeat("very long name ", 30))
	other := register.Slug(strings.Repeat("very long name ", 31))
	if len(long) > 120 || long == other {
		t.Errorf("long names: %q, %q", long, other)
	}
	if a, b := register.Slug("日本"), register.Slug("中国"); a == b {
		t.Errorf("two names of no ASCII letter share the slug %q", a)
	}
	if a, b := register.Slug("A & B"), register.SlugBeside("A and B"); a == b || !strings.HasPrefix(b, a) {
		t.Errorf("%q beside %q", b, a)
	}
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "NHS Leeds CCG", "– & –", "ŒUVRE", "ﬁ", "İstanbul", "\xff", "a\u0301", strings.Repeat("x", 300)} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	f.Fuzz(func(t *testing.T, name string) {
		for _, slug := range []string{register.Slug(name), register.SlugBeside(name)} {
			if !form.MatchString(slug) || len(slug) > 120 {
				t.Errorf("Slug(%q) = %q", name, slug)
			}
		}
		if key := register.NameKey(name); register.Slug(key) != register.Slug(name) && register.NameKey(key) == key {
			t.Errorf("%q and its key have two slugs", name)
		}
	})
}
