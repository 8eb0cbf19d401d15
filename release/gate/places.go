package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// Where the data are stored and used.

var placeRules = []Rule{
	{ID: "places-declared", Title: "Every place, and who runs it, is declared", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard, Processors: storage and processing addresses, also of one who only supplies a building or machines", Remedy: "declare the address of each recipient and processor, and name who runs it as a processor",
		check: checkPlaces},
	{ID: "territory", Title: "Every place lies within the territory", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard, Territory of Use; the territory of section 251 support", Remedy: "move the place, or widen the territory of agreement and support", check: checkTerritory},
}

// territories in the order of their reach.
var territories = []terms.Territory{terms.EnglandWales, terms.UnitedKingdom, terms.EEA, terms.Worldwide}

// reach is the place of a territory in that order; -1 is not recorded.
func reach(t terms.Territory) int { return slices.Index(territories, t) }

// keepers are the parties that hold data, with all their places: processors,
// recipients, and controllers where the version names no recipient.
func (c Case) keepers() map[string][]terms.Place {
	found := map[string][]terms.Place{}
	recipients := slices.ContainsFunc(c.Parties, func(p Party) bool { return p.Role == terms.Recipient })
	for _, p := range c.Parties {
		if p.Role == terms.Processor || p.Role == terms.Recipient || !recipients {
			found[p.Organisation] = nil
		}
	}
	for _, p := range c.Parties {
		if _, keeps := found[p.Organisation]; keeps || len(p.Places) > 0 {
			found[p.Organisation] = append(found[p.Organisation], p.Places...)
		}
	}
	return found
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func checkPlaces(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations may be kept anywhere")
	}
	keepers := c.keepers()
	if len(keepers) == 0 {
		return refuse("parties", "the version names no party that keeps the data")
	}
	var bad []string
	declared := 0
	for _, name := range sortedKeys(keepers) {
		if len(keepers[name]) == 0 {
			bad = append(bad, name+" declares no place")
		}
		for _, place := range keepers[name] {
			declared++
			if strings.TrimSpace(place.Address) == "" {
				bad = append(bad, "a place of "+name+" has no address")
			}
			if place.Provider != "" && place.Provider != name && !c.party(place.Provider) {
				bad = append(bad, fmt.Sprintf("%s runs a place of %s, and is not declared", place.Provider, name))
			}
		}
	}
	if len(bad) > 0 {
		return refuse("parties.places", "%s", strings.Join(bad, "; "))
	}
	return pass("%d places declared", declared)
}

// party says that an organisation is one of the version's, by name or slug.
func (c Case) party(name string) bool {
	return slices.ContainsFunc(c.Parties, func(p Party) bool { return terms.Fold(p.Organisation) == terms.Fold(name) || p.Slug == name })
}

func checkTerritory(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations may be kept anywhere")
	}
	limit, of := c.Version.Territory, "the agreement's territory"
	if reach(limit) < 0 {
		return refuse("version.territory", "the territory of use is not recorded")
	}
	if support := supportTerritory(c); support != "" && reach(support) < reach(limit) {
		limit, of = support, "the territory of the section 251 support"
	}
	var bad []string
	keepers := c.keepers()
	for _, name := range sortedKeys(keepers) {
		for _, place := range keepers[name] {
			switch r := reach(place.Territory); {
			case r < 0:
				bad = append(bad, fmt.Sprintf("where %s of %s lies is not recorded", place.Address, name))
			case r > reach(limit):
				bad = append(bad, fmt.Sprintf("%s of %s (%s) lies beyond %s (%s)", place.Address, name, place.Territory.Label(), of, limit.Label()))
			}
		}
	}
	if len(bad) > 0 {
		return refuse("parties.places", "%s", strings.Join(bad, "; "))
	}
	return pass("all within %s: %s", of, limit.Label())
}

// supportTerritory is that of the widest support in date on which the line
// rests; none where it rests on none.
func supportTerritory(c Case) (widest terms.Territory) {
	if c.Line.Route != terms.RouteSection251 {
		return ""
	}
	for _, a := range c.Approvals {
		if slices.Contains(a.Datasets, c.Line.Dataset) && a.holds(terms.Today(c.At)) && reach(a.Territory) > reach(widest) {
			widest = a.Territory
		}
	}
	return widest
}
