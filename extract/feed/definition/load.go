package definition

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"data.release/registrar/extract/feed/strict"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

var (
	codePattern  = regexp.MustCompile(`^[a-z][a-z0-9_]{1,40}$`)
	namePattern  = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)
	rangePattern = regexp.MustCompile(`^(.*)\{(\d\d)-(\d\d)\}$`)
)

// PersonFields are the names that a field of origin "person" may have: what
// the person index holds beside its keys.
var PersonFields = []string{"NHS_NUMBER", "BIRTH_DATE", "POSTCODE"}

// Load reads a definition whose code must be the given one. The error is
// fault.Invalid with every reason.
func Load(code string, data []byte) (Definition, error) {
	var d Definition
	reasons := strict.Decode(data, &d)
	if len(reasons) == 0 {
		c := checker{d: &d}
		c.whole(code)
		reasons = c.reasons
	}
	if len(reasons) > 0 {
		return Definition{}, fault.New(fault.Invalid, "the definition of the dataset %s is wrong", code).With(reasons...)
	}
	return d, nil
}

type checker struct {
	d       *Definition
	reasons []fault.Reason
}

func (c *checker) say(path, code, format string, args ...any) {
	c.reasons = append(c.reasons, fault.Reason{Code: code, Field: path, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) whole(code string) {
	d := c.d
	if d.Code != code || !codePattern.MatchString(d.Code) {
		c.say("code", "code", "%q is not the name of the file in lower case", d.Code)
	}
	for _, must := range []struct{ path, value string }{{"version", d.Version}, {"name", d.Name}, {"family", d.Family}, {"source", d.Source}} {
		if must.value == "" {
			c.say(must.path, "required", "is missing")
		}
	}
	if !slices.Contains([]Kind{Activity, Demographics, OptOuts}, d.Kind) {
		c.say("kind", "kind", "%q is not activity, demographics or opt_outs", d.Kind)
	}
	c.expand()
	seen := map[string]bool{}
	for i := range d.Fields {
		f := &d.Fields[i]
		path := "fields." + f.Name
		if seen[f.Name] {
			c.say(path, "repeated", "the column is defined twice")
		}
		seen[f.Name] = true
		c.field(path, f)
	}
	if len(d.Fields) == 0 {
		c.say("fields", "required", "there are none")
	}
	c.keys()
}

// expand turns ranges of columns into columns.
func (c *checker) expand() {
	var out []Field
	for _, f := range c.d.Fields {
		m := rangePattern.FindStringSubmatch(f.Name)
		if m == nil {
			out = append(out, f)
			continue
		}
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		if from > to {
			c.say("fields."+f.Name, "range", "the range runs backwards")
		}
		title := f.Title
		for n := from; n <= to; n++ {
			f.Name = fmt.Sprintf("%s%02d", m[1], n)
			f.Title = fmt.Sprintf("%s, %d", title, n)
			f.Derivations = slices.Clone(f.Derivations)
			out = append(out, f)
		}
	}
	c.d.Fields = out
}

func (c *checker) field(path string, f *Field) {
	if !namePattern.MatchString(f.Name) {
		c.say(path, "name", "%q is not a name of A-Z, 0-9 and _", f.Name)
	}
	if f.Title == "" {
		c.say(path+".title", "required", "is missing")
	}
	if !slices.Contains([]Type{Text, Integer, Decimal, Date, Time, Timestamp}, f.Type) {
		c.say(path+".type", "type", "%q is not a type", f.Type)
	}
	if !f.Class.Known() {
		c.say(path+".class", "class", "%q is not one of %v", f.Class, f.Class.Values())
	}
	switch f.Origin {
	case "":
		f.Origin = FromFeed
	case FromFeed:
	case FromPerson:
		if c.d.Kind != Activity || !slices.Contains(PersonFields, f.Name) {
			c.say(path+".origin", "origin", "the person index can give %v to an activity dataset, and nothing else", PersonFields)
		}
	default:
		c.say(path+".origin", "origin", "%q is neither feed nor person", f.Origin)
	}
	c.derivations(path+".derivations", f)
}

func (c *checker) derivations(path string, f *Field) {
	isKey := f.Name == c.d.PersonKey
	if len(f.Derivations) == 0 && !isKey && c.d.Kind == Activity {
		f.Derivations = []terms.Derivation{terms.NoDerivation}
		if f.Class == terms.RecordID {
			f.Derivations = []terms.Derivation{terms.RecordPseudonym}
		}
	}
	if len(f.Derivations) > 0 && (isKey || c.d.Kind != Activity) {
		c.say(path, "derivation", "a local person id and the columns of %s are never extracted", c.d.Kind)
		return
	}
	for _, der := range f.Derivations {
		var ok bool
		switch der {
		case terms.NoDerivation:
			// A record id is the same in every extract: as it is, it would
			// line up any two of them.
			ok = f.Class != terms.RecordID
		case terms.RecordPseudonym:
			ok = f.Class == terms.RecordID
		case terms.AgeBand:
			ok = f.Type == Integer || f.Name == "BIRTH_DATE"
		case terms.Month:
			ok = f.Type == Date
		case terms.PostcodeDistrict:
			ok = f.Type == Text && f.Class == terms.DirectIdentifier
		}
		if !ok {
			c.say(path, "derivation", "%q does not suit a %s column of class %s", der, f.Type, f.Class)
		}
	}
}

// keys checks the columns that the definition itself names.
func (c *checker) keys() {
	d := c.d
	find := func(path, name string) Field {
		f, ok := d.Field(name)
		if !ok {
			c.say(path, "unknown", "there is no column %q", name)
		} else if f.Origin != FromFeed {
			c.say(path, "origin", "%s is not a column of the feed", name)
		}
		return f
	}
	if d.PersonKey != "" {
		if f := find("person_key", d.PersonKey); f.Name != "" && f.Class != terms.DirectIdentifier {
			c.say("person_key", "class", "%s names a person, so its class is direct_identifier", f.Name)
		}
	}
	if d.PeriodField != "" {
		if f := find("period_field", d.PeriodField); f.Name != "" && f.Type != Date {
			c.say("period_field", "type", "%s is a %s, not a date", f.Name, f.Type)
		}
	}
	if d.ProviderField != "" {
		find("provider_field", d.ProviderField)
	}
	for i, name := range d.RecordKeys {
		path := fmt.Sprintf("record_keys[%d]", i)
		if f := find(path, name); f.Name != "" && d.Kind == Activity && f.Class != terms.RecordID {
			c.say(path, "class", "%s names a record, so its class is record_id", f.Name)
		}
	}
	for i, name := range d.LocalityFields {
		path := fmt.Sprintf("locality_fields[%d]", i)
		if f := find(path, name); f.Class == terms.DirectIdentifier || f.Class == terms.RecordID {
			c.say(path, "class", "%s tells persons or records apart, not places", name)
		}
	}
	if d.Kind != Activity {
		return
	}
	for _, must := range []struct {
		path    string
		present bool
	}{{"person_key", d.PersonKey != ""}, {"period_field", d.PeriodField != ""}, {"provider_field", d.ProviderField != ""}, {"record_keys", len(d.RecordKeys) > 0}} {
		if !must.present {
			c.say(must.path, "required", "an activity dataset needs it")
		}
	}
}
