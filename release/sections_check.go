package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// checking gathers what is wrong with sections, and what the names in them
// stand for.
type checking struct {
	ctx           context.Context
	w             *work
	planner       Planner // may be nil
	organisations map[string]*ent.Organisation
	refused       *fault.Error
}

func (w *work) checking(ctx context.Context, s *Service, message string) *checking {
	return &checking{ctx: ctx, w: w, planner: s.planner, organisations: map[string]*ent.Organisation{}, refused: fault.New(fault.Invalid, "%s", message)}
}

func (c *checking) wrong(code, field, format string, args ...any) {
	c.refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
}

// shape adds what valid says of the same section. Where it speaks of an answer
// nothing else need be said of that one.
func (c *checking) shape(err error) error {
	var told *fault.Error
	if err != nil && !errors.As(err, &told) {
		return err
	}
	if told == nil {
		return c.result()
	}
	for _, reason := range c.refused.Reasons {
		if !slices.ContainsFunc(told.Reasons, func(r fault.Reason) bool { return r.Field == reason.Field }) {
			told.With(reason)
		}
	}
	return told
}

// result is everything that is wrong, or nil.
func (c *checking) result() error {
	if len(c.refused.Reasons) > 0 {
		return c.refused
	}
	return nil
}

// organisation finds one by its slug, its name or an alias.
func (c *checking) organisation(name, field string) *ent.Organisation {
	if o, ok := c.organisations[name]; ok {
		return o
	}
	o, err := c.w.Organisation.Query().Where(organisation.Or(organisation.Slug(name), organisation.Slug(register.Slug(name)))).
		Order(ent.Asc(organisation.FieldSlug)).First(c.ctx)
	if ent.IsNotFound(err) {
		o, err = c.w.Organisation.Query().
			Where(organisation.HasAliasesWith(organisationalias.Key(register.NameKey(name)))).First(c.ctx)
	}
	if err != nil {
		c.wrong("organisation-unknown", field, "there is no organisation %q; record it first", name)
		return nil
	}
	c.organisations[name] = o
	return o
}

// slug is that of an organisation that was found; what is no organisation is
// kept as it is.
func (c *checking) slug(name string) string {
	if o := c.organisations[name]; o != nil {
		return o.Slug
	}
	return name
}

// code says that a value is in no list; an empty one is not recorded.
func (c *checking) code(field, value string, known bool) {
	if value != "" && !known {
		c.wrong("code-unknown", field, "%q is not in the list", value)
	}
}

// span says what is wrong with a span of days; both ends are needed.
func (c *checking) span(code, field string, from, to terms.Date) {
	if from.IsZero() {
		c.wrong(code, field+".starts", "is missing")
	}
	if to.IsZero() {
		c.wrong(code, field+".ends", "is missing")
	} else if to.Compare(from) < 0 {
		c.wrong(code, field+".ends", "is before the day from which it holds")
	}
}

func (s PurposeSection) check(*checking) {}

func (s PartiesSection) check(c *checking) {
	c.code("controllership", string(s.Controllership), s.Controllership.Known())
	type part struct {
		slug string
		role terms.PartyRole
	}
	var seen []part
	for i, p := range s.Parties {
		path := fmt.Sprintf("parties[%d]", i)
		o := c.organisation(p.Organisation, path+".organisation")
		if !p.Role.Known() {
			c.wrong("role-unknown", path+".role", "%q is no role of a party", p.Role)
		}
		for j, place := range p.Places {
			at := fmt.Sprintf("%s.places[%d]", path, j)
			if !slices.Contains([]string{"storage", "processing", "both"}, place.Use) {
				c.wrong("place-use", at+".use", "must be storage, processing or both")
			}
			if strings.TrimSpace(place.Address) == "" {
				c.wrong("required", at+".address", "is missing")
			}
			c.code(at+".territory", string(place.Territory), place.Territory.Known())
		}
		if o == nil {
			continue
		}
		if this := (part{o.Slug, p.Role}); slices.Contains(seen, this) {
			c.wrong("party-twice", path+".organisation", "%s is a %s already", o.Name, p.Role.Label())
		} else {
			seen = append(seen, this)
		}
	}
}

func (s LinesSection) check(c *checking) {
	for i, l := range s.Lines {
		path := fmt.Sprintf("lines[%d].", i)
		if l.Discloser != "" {
			c.organisation(l.Discloser, path+"discloser")
		}
		c.code(path+"type", string(l.Type), l.Type.Known())
		c.code(path+"sensitivity", string(l.Sensitivity), l.Sensitivity.Known())
		c.code(path+"power", string(l.Power), l.Power.Known())
		c.code(path+"route", string(l.Route), l.Route.Known())
		c.code(path+"optOut", string(l.OptOut), l.OptOut.Known())
		c.code(path+"frequency", string(l.Frequency), l.Frequency.Known())
		c.code(path+"unchecked", string(l.Unchecked), l.Unchecked.Known())
		c.code(path+"channel", string(l.Channel), l.Channel.Known())
		for j, p := range l.Purposes {
			c.code(fmt.Sprintf("%spurposes[%d]", path, j), string(p), p.Known())
		}
		if l.Definition != "" && (c.planner == nil || register.Slug(c.planner.Dataset(l.Definition)) != register.Slug(l.DatasetName)) {
			c.wrong("definition", path+"definition", "%q is no definition of %s", l.Definition, l.DatasetName)
		}
		for j, p := range l.Periods {
			if p.From.IsZero() {
				c.wrong("period", fmt.Sprintf("%speriods[%d].from", path, j), "is missing")
			} else if !p.To.IsZero() && p.To.Compare(p.From) < 0 {
				c.wrong("period", fmt.Sprintf("%speriods[%d].to", path, j), "is before the period begins")
			}
		}
		for j, f := range l.Population {
			if f.Field == "" {
				c.wrong("population", fmt.Sprintf("%spopulation[%d].field", path, j), "is missing")
			}
			if len(f.In) == 0 {
				c.wrong("population", fmt.Sprintf("%spopulation[%d].in", path, j), "needs one value or more")
			}
		}
		if l.DependsOn != "" {
			if _, err := terms.ParseReference(l.DependsOn); err != nil {
				c.wrong("reference", path+"dependsOn", "%s", err)
			}
		}
	}
}

func (s SupportSection) check(c *checking) {
	for i, a := range s.Approvals {
		path := fmt.Sprintf("approvals[%d]", i)
		c.span("approval-term", path, a.Starts, a.Ends)
		c.code(path+".territory", string(a.Territory), a.Territory.Known())
		for j, name := range a.Controllers {
			c.organisation(name, fmt.Sprintf("%s.controllers[%d]", path, j))
		}
		for j, name := range a.Processors {
			c.organisation(name, fmt.Sprintf("%s.processors[%d]", path, j))
		}
	}
	for i, m := range s.ConsentMaterials {
		if m.UsedFrom != nil && m.UsedTo != nil && m.UsedTo.Compare(*m.UsedFrom) < 0 {
			c.wrong("period", fmt.Sprintf("consentMaterials[%d].usedTo", i), "is before the first day of use")
		}
	}
	for i, l := range s.SubLicences {
		c.span("sub-licence-term", fmt.Sprintf("subLicences[%d]", i), l.Starts, l.Ends)
	}
}

func (s FlowsSection) check(c *checking) {
	numbers := map[int]bool{}
	for i, f := range s.Flows {
		path := fmt.Sprintf("flows[%d].", i)
		c.code(path+"state", string(f.State), f.State.Known())
		c.code(path+"fromNode", string(f.FromNode), f.FromNode.Known())
		c.code(path+"throughNode", string(f.ThroughNode), f.ThroughNode.Known())
		c.code(path+"toNode", string(f.ToNode), f.ToNode.Known())
		c.code(path+"type", string(f.Type), f.Type.Known())
		c.code(path+"route", string(f.Route), f.Route.Known())
		for j, id := range f.Identifiers {
			c.code(fmt.Sprintf("%sidentifiers[%d]", path, j), string(id), id.Known())
		}
		number := f.flow(i + 1).Number
		if numbers[number] {
			c.wrong("flow-number", path+"number", "another step has the number %d", number)
		}
		numbers[number] = true
	}
	type allocation struct {
		system, holder string
		kind           terms.LicenceKind
	}
	seen := map[allocation]bool{}
	for i, l := range s.Licences {
		path := fmt.Sprintf("licences[%d].", i)
		c.code(path+"kind", string(l.Kind), l.Kind.Known())
		this := allocation{l.System, l.Holder, l.Kind}
		if seen[this] {
			c.wrong("licence-twice", path+"holder", "the same holder, system and kind stand above already")
		}
		seen[this] = true
	}
}

func (s TermSection) check(c *checking) {
	c.code("territory", string(s.Territory), s.Territory.Known())
	if s.Starts != nil && s.Ends != nil && s.Ends.Compare(*s.Starts) < 0 {
		c.wrong("term", "ends", "the term ends before it starts")
	}
}
