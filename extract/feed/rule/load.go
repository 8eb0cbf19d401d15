package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/strict"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

var (
	codePattern  = regexp.MustCompile(`^[A-Z0-9]+$`)
	idPattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	rangePattern = regexp.MustCompile(`^(.*)\{(\d\d)-(\d\d)\}$`)
)

// Load reads the rules for a dataset. The error is fault.Invalid with every
// reason.
func Load(d definition.Definition, data []byte) (Set, error) {
	var s Set
	reasons := strict.Decode(data, &s)
	if len(reasons) == 0 {
		c := checker{d: d}
		c.set(&s)
		reasons = c.reasons
	}
	if len(reasons) > 0 {
		return Set{}, fault.New(fault.Invalid, "the rules of the dataset %q are wrong", d.Code).With(reasons...)
	}
	return s, nil
}

type checker struct {
	d       definition.Definition
	reasons []fault.Reason
}

func (c *checker) say(path, code, format string, args ...any) {
	c.reasons = append(c.reasons, fault.Reason{Code: code, Field: path, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) set(s *Set) {
	if s.Dataset != c.d.Code || s.Dataset == "" {
		c.say("dataset", "dataset", "%q is not the dataset %q", s.Dataset, c.d.Code)
	}
	if s.Version == "" {
		c.say("version", "required", "is missing")
	}
	if s.Source == "" {
		c.say("source", "required", "is missing")
	}
	if s.RefuseOverPercent < 0 || s.RefuseOverPercent > 100 {
		c.say("refuse_over_percent", "range", "%d is no percentage", s.RefuseOverPercent)
	}
	seen := map[string]bool{}
	for i := range s.Rules {
		r := &s.Rules[i]
		path := "rules." + r.ID
		if !idPattern.MatchString(r.ID) {
			path = fmt.Sprintf("rules[%d]", i)
			c.say(path+".id", "id", "%q is not lower-case words with dots between", r.ID)
		}
		if seen[r.ID] {
			c.say(path+".id", "repeated", "the id is used twice")
		}
		seen[r.ID] = true
		c.rule(path, r)
	}
}

func (c *checker) rule(path string, r *Rule) {
	r.columns = c.columns(r.Field)
	if len(r.columns) == 0 {
		c.say(path+".field", "unknown", "the feed has no column %q", r.Field)
	}
	if r.Severity != Warn && r.Severity != Reject {
		c.say(path+".severity", "severity", "%q is neither warn nor reject", r.Severity)
	}
	if r.Message == "" {
		c.say(path+".message", "required", "is missing")
	}
	if len(r.AnyOf) == 0 {
		c.say(path+".any_of", "required", "there is no check")
	}
	for i, k := range r.AnyOf {
		p := fmt.Sprintf("%s.any_of[%d]", path, i)
		c.check(p, k)
		if alone := k.Kind == Required || k.Kind == Unique || k.Kind == InPeriod; alone && len(r.AnyOf) > 1 {
			c.say(p, "alone", "%s can be no alternative", k.Kind)
		}
		if k.Kind == InPeriod && r.Field != c.d.PeriodField {
			c.say(p, "kind", "in_period is about the period field %q", c.d.PeriodField)
		}
	}
}

// columns resolves a name or a range of names.
func (c *checker) columns(name string) []definition.Field {
	var out []definition.Field
	m := rangePattern.FindStringSubmatch(name)
	for _, f := range c.d.FeedFields() {
		if f.Name == name {
			out = append(out, f)
		} else if m != nil {
			number, ok := strings.CutPrefix(f.Name, m[1])
			if ok && len(number) == 2 && number >= m[2] && number <= m[3] {
				out = append(out, f)
			}
		}
	}
	return out
}

// arguments that a kind must have; any other is a mistake.
var arguments = map[string][]string{
	Required: {}, Unique: {}, InPeriod: {}, IsInteger: {}, IsDecimal: {}, IsDate: {}, IsTime: {}, IsNHSNumber: {}, NotASentinel: {},
	Length: {"max"}, Values: {"values"}, CodeRange: {"from", "to"}, Regex: {"pattern"},
}

func (c *checker) check(path string, k Check) {
	must, ok := arguments[k.Kind]
	if !ok {
		c.say(path+".kind", "kind", "there is no kind %q", k.Kind)
		return
	}
	given := map[string]bool{"values": k.Values != nil, "pattern": k.Pattern != "", "min": k.Min != 0, "max": k.Max != 0, "from": k.From != "", "to": k.To != ""}
	for _, name := range []string{"values", "pattern", "min", "max", "from", "to"} {
		switch want := slices.Contains(must, name); {
		case want && !given[name]:
			c.say(path+"."+name, "required", "%s needs it", k.Kind)
		case !want && given[name] && !(k.Kind == Length && name == "min"):
			c.say(path+"."+name, "unknown", "%s has no use for it", k.Kind)
		}
	}
	c.arguments(path, k)
	for _, day := range []struct{ name, value string }{{"valid_from", k.ValidFrom}, {"valid_to", k.ValidTo}} {
		if day.value == "" {
			continue
		}
		if _, err := terms.ParseDate(day.value); err != nil {
			c.say(path+"."+day.name, "date", "%q is no date YYYY-MM-DD", day.value)
		}
	}
	if k.ValidFrom != "" && k.ValidTo != "" && k.ValidFrom > k.ValidTo {
		c.say(path+".valid_to", "range", "it ends before it begins")
	}
}

func (c *checker) arguments(path string, k Check) {
	switch k.Kind {
	case Length:
		if k.Min < 0 || k.Max < k.Min {
			c.say(path+".max", "range", "%d to %d characters is no range", k.Min, k.Max)
		}
	case CodeRange:
		if !codePattern.MatchString(k.From) || !codePattern.MatchString(k.To) || form(k.From) != form(k.To) || k.From > k.To {
			c.say(path+".to", "range", "%q to %q is no range of codes of one form", k.From, k.To)
		}
	case Values:
		for i, v := range k.Values {
			if v == "" || strings.HasSuffix(v, " ") {
				c.say(fmt.Sprintf("%s.values[%d]", path, i), "value", "%q is empty or ends in a space, so no value can be it", v)
			}
			if slices.Contains(k.Values[:i], v) {
				c.say(fmt.Sprintf("%s.values[%d]", path, i), "repeated", "%q is listed twice", v)
			}
		}
	case Regex:
		if _, err := regexp.Compile(k.Pattern); err != nil {
			c.say(path+".pattern", "pattern", "%v", err)
		} else if !strings.HasPrefix(k.Pattern, "^") || !strings.HasSuffix(k.Pattern, "$") {
			c.say(path+".pattern", "pattern", "%q does not begin with ^ and end with $", k.Pattern)
		}
	}
}
