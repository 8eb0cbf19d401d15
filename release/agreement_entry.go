package release

import (
	"encoding/json"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// publishTerms puts into an agreement's entry what the public reads of its
// terms: dates and codes, dataset lines, what the confidentiality routes rest
// on, the organisations with the countries in which they work, and the data
// flows. No person is in it, and no address.
func publishTerms(e *register.Entry, v *ent.AgreementVersion) {
	t := versionTerms(v)
	e.Starts, e.Ends, e.Controllership = t.Starts, t.Ends, t.Controllership
	e.SubLicensing, e.Commercial = terms.AnswerOf(t.Sublicensing), terms.AnswerOf(t.Commercial)
	names := map[string]string{}
	for _, l := range t.Lines {
		names[l.Dataset] = l.DatasetName
		e.Lines = append(e.Lines, register.Line{
			Dataset: l.Dataset, TypeOfData: l.Type, Sensitivity: l.Sensitivity, Power: l.Power, Routes: []terms.Route{l.Route},
			OptOut: l.OptOut, Frequency: l.Frequency, Channel: l.Channel, Article6: l.Article6, Article9: l.Article9,
		})
	}
	for _, a := range t.Approvals {
		for _, route := range supported(a, t.Lines) {
			e.Support = append(e.Support, register.Support{Route: route, Reference: a.Reference, Ends: a.Ends.String()})
		}
	}
	var controllers []string
	var parties []register.Party
	for _, p := range t.Parties {
		if p.Role == terms.Controller {
			controllers = append(controllers, p.Name)
		}
		party := register.Party{Name: p.Name, Organisation: p.Organisation, Role: p.Role}
		for _, place := range p.Places {
			party.Places = append(party.Places, register.PartyPlace{Use: place.Use, Territory: place.Territory})
		}
		parties = append(parties, party)
	}
	e.With(register.Controllers, strings.Join(controllers, "; "))
	e.With(register.Funders, t.Funder)
	for _, list := range []struct {
		field register.Field
		empty bool
		value any
	}{{register.Parties, len(parties) == 0, parties}, {register.Flows, len(t.Flows) == 0, t.Flows}, {register.DatasetNames, len(names) == 0, names}} {
		if list.empty {
			continue
		}
		text, err := json.Marshal(list.value)
		if err != nil {
			panic(err) // texts, codes and dates always marshal
		}
		e.With(list.field, string(text))
	}
}

// supported are the confidentiality routes that an approval supports: those of
// the lines whose datasets it covers, or section 251 support where it covers
// none of them.
func supported(a terms.VersionApproval, lines []terms.DatasetLine) []terms.Route {
	var out []terms.Route
	for _, l := range lines {
		needs := l.Route == terms.RouteSection251 || l.Route == terms.RouteCOPI3
		if needs && slices.Contains(a.Datasets, l.Dataset) && !slices.Contains(out, l.Route) {
			out = append(out, l.Route)
		}
	}
	if len(out) == 0 {
		return []terms.Route{terms.RouteSection251}
	}
	return out
}

// versionKind says in the entry how the version came about.
func versionKind(kind terms.VersionKind) string {
	switch kind {
	case terms.VersionNew:
		return "A new agreement."
	case terms.VersionAmendment:
		return "An amendment."
	case terms.VersionRenewal:
		return "A renewal."
	case terms.VersionExtension:
		return "An extension: its end alone changes."
	case terms.VersionTransfer:
		return "A transfer to another body."
	case terms.VersionCorrection:
		return "A correction of the version before."
	}
	return ""
}
