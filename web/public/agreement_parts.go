package public

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/flow"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// agreementFacts are what the newest statement says of the agreement as a
// whole, and what its entries say of its end.
func agreementFacts(a *release.PublishedAgreement, newest *register.Entry, today terms.Date) []NamedTerms {
	organisations := NamedTerms{Name: "Organisation"}
	for _, o := range a.Organisations {
		organisations.Values = append(organisations.Values, Term{Label: called(o.Name), Href: organisationHref(o.ID)})
	}
	if len(a.Organisations) > 1 {
		organisations.Name = "Organisations"
		organisations.Values[len(organisations.Values)-1].Note = "Each is named in some of its entries: the agreement passed from one to another, they share it, or the source has them so."
	}
	facts := []NamedTerms{organisations, typesOf(a), controllersOf(newest)}
	if a.Local {
		facts = append(facts, NamedTerms{Name: "Kind of reference", Values: []Term{{Label: "A local name", Note: "not a NIC number: used where an agreement predates the system that issues them"}}})
	}
	facts = append(facts, answerFact("For a commercial purpose", newest, func(e register.Entry) terms.Answer { return e.Commercial }, "what the agreement says, not a judgement on the organisation"),
		answerFact("Sub-licensing allowed", newest, func(e register.Entry) terms.Answer { return e.SubLicensing }, "what is passed on so is not in this register"),
		termOf(newest), endOf(a, newest, today), destructionOf(a, newest, today))
	if newest != nil {
		for _, known := range []struct {
			name  string
			field register.Field
		}{{"Funders and sponsors", register.Funders}, {"How it was approved", register.Reason}} {
			if text := strings.TrimSpace(newest.Get(known.field)); text != "" {
				facts = append(facts, NamedTerms{Name: known.name, Values: []Term{{Label: text}}})
			}
		}
	}
	for i := range facts {
		if len(facts[i].Values) == 0 {
			facts[i].Values = []Term{{Label: "Not recorded"}}
		}
	}
	return facts
}

// typesOf are the types of organisation that its statements give.
func typesOf(a *release.PublishedAgreement) NamedTerms {
	out := NamedTerms{Name: "Organisation type"}
	var seen []string
	for _, v := range a.Versions {
		for _, e := range v.Statements {
			if text := strings.TrimSpace(e.Get(register.OrganisationType)); text != "" && !slices.Contains(seen, text) {
				seen = append(seen, text)
				out.Values = append(out.Values, Term{Label: text})
			}
		}
	}
	return out
}

// controllersOf are the data controllers as the newest statement names them.
func controllersOf(newest *register.Entry) NamedTerms {
	out := NamedTerms{Name: "Data controllers"}
	if newest == nil {
		return out
	}
	if text := strings.TrimSpace(newest.Get(register.Controllers)); text != "" {
		for name := range strings.SplitSeq(text, ";") {
			if name = strings.TrimSpace(name); name != "" {
				out.Values = append(out.Values, Term{Label: name})
			}
		}
	} else {
		out.Values = []Term{{Label: absent(*newest, register.Controllers)}}
	}
	if c := newest.Controllership; c != "" && c != terms.ControllershipNotRecorded {
		out.Values[len(out.Values)-1].Note = terms.Lower(c.Label())
	}
	return out
}

func answerFact(name string, newest *register.Entry, of func(register.Entry) terms.Answer, note string) NamedTerms {
	if newest == nil || of(*newest) == "" {
		return NamedTerms{Name: name}
	}
	term := Term{Label: of(*newest).Label()}
	if of(*newest) == terms.Yes {
		term.Note = note
	}
	return NamedTerms{Name: name, Values: []Term{term}}
}

func termOf(newest *register.Entry) NamedTerms {
	out := NamedTerms{Name: "Term"}
	if newest != nil && (!newest.Starts.IsZero() || !newest.Ends.IsZero()) {
		out.Values = []Term{{Label: term(newest.Starts, newest.Ends), Note: versionWords(*newest)}}
	} else {
		out.Values = []Term{{Label: "Not recorded", Note: "Registers before July 2021 do not give the term of an agreement."}}
	}
	return out
}

// endOf says whether the agreement has ended, as far as its entries tell.
func endOf(a *release.PublishedAgreement, newest *register.Entry, today terms.Date) NamedTerms {
	out := NamedTerms{Name: "Ended"}
	for _, e := range a.Endings {
		if e.Kind == register.Termination {
			out.Values = append(out.Values, Term{Label: "Terminated, " + span(e.EventFrom, e.EventTo), Note: orAbsent(e, register.Reason), Href: entryHref(e.Number)})
		}
	}
	if newest != nil && !newest.Ends.IsZero() {
		if newest.Ends.Compare(today) < 0 {
			out.Values = append(out.Values, Term{Label: "The term of " + versionWords(*newest) + " ended on " + newest.Ends.Words()})
		} else if len(out.Values) == 0 {
			out.Values = append(out.Values, Term{Label: "No: the term of " + versionWords(*newest) + " runs to " + newest.Ends.Words()})
		}
	}
	return out
}

// destructionOf says whether the data are certified destroyed, or when that is
// due by the term.
func destructionOf(a *release.PublishedAgreement, newest *register.Entry, today terms.Date) NamedTerms {
	out := NamedTerms{Name: "Data destroyed"}
	for _, e := range a.Endings {
		if e.Kind == register.Destruction {
			out.Values = append(out.Values, Term{Label: "Certified, " + span(e.EventFrom, e.EventTo), Note: orAbsent(e, register.Reason), Href: entryHref(e.Number)})
		}
	}
	if len(out.Values) > 0 {
		return out
	}
	out.Values = []Term{{Label: "Not recorded"}}
	switch {
	case newest == nil || newest.Ends.IsZero():
	case newest.Ends.Compare(today) < 0:
		out.Values[0].Note = "No certificate is recorded. The data are due to be destroyed after " + newest.Ends.Words() + ", unless another agreement covers them."
	default:
		out.Values[0].Note = "Not due before the term ends on " + newest.Ends.Words() + "."
	}
	return out
}

// datasetLines are the lines of a statement; none where its layout has none.
func datasetLines(e register.Entry) []DatasetLine {
	var out []DatasetLine
	for _, l := range e.Lines {
		line := DatasetLine{
			Dataset: linked(strings.TrimSpace(e.DatasetNamed(l.Dataset)), l.Dataset, datasetHref(l.Dataset)),
			Type:    short(l.TypeOfData), OptOut: optOut(l.OptOut), Power: l.Power.Label(), Sensitive: sensitivity(l.Sensitivity), HowOften: l.Frequency.Label(),
			Routes: routeLabels(l.Routes), Channel: channelLabel(l.Channel),
		}
		var articles []string
		for _, article := range append(slices.Clone(l.Article6), l.Article9...) {
			articles = append(articles, "Article "+article)
		}
		line.Articles = strings.Join(articles, "; ")
		out = append(out, line)
	}
	slices.SortStableFunc(out, func(a, b DatasetLine) int {
		return strings.Compare(register.NameKey(a.Dataset.Text), register.NameKey(b.Dataset.Text))
	})
	return out
}

func routeLabels(list []terms.Route) []string {
	if len(list) == 0 {
		return []string{terms.RouteNotRecorded.Label()}
	}
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.Label()
	}
	return out
}

func channelLabel(c terms.Channel) string {
	if c == "" {
		return "Not recorded"
	}
	return c.Label()
}

// releaseLine is a line of releases; base is the search for all of them.
func releaseLine(l release.PublishedLine, base url.Values) ReleaseLine {
	query := url.Values{"kind": {"release"}, "dataset": {l.Dataset}}
	for name, values := range base {
		query[name] = values
	}
	for name, value := range map[string]string{"type": string(l.TypeOfData), "opt_outs": string(l.OptOut), "power": string(l.Power), "frequency": string(l.Frequency)} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for _, route := range l.RouteList() {
		query.Add("route", string(route))
	}
	return ReleaseLine{
		DatasetLine: DatasetLine{
			Dataset: linked(strings.TrimSpace(l.DatasetName), l.Dataset, datasetHref(l.Dataset)),
			Type:    short(l.TypeOfData), OptOut: optOut(l.OptOut), Power: l.Power.Label(), Sensitive: sensitivity(l.Sensitivity), HowOften: l.Frequency.Label(),
			Routes: routeLabels(l.RouteList()), Channel: channelLabel(l.Channel),
		},
		When: span(l.From, l.To), Count: l.Releases, Href: standing(register.Release, query),
	}
}

func parties(e register.Entry) []PartyLine {
	list, err := e.PartyList()
	if err != nil {
		return nil // it was written as JSON; the entry's page shows the text as it is
	}
	var out []PartyLine
	for _, p := range list {
		var places []string
		for _, place := range p.Places {
			places = append(places, place.Use+": "+place.Territory.Label())
		}
		if len(places) == 0 {
			places = []string{"Not recorded"}
		}
		slices.Sort(places)
		out = append(out, PartyLine{Organisation: linked(p.Name, p.Organisation, organisationHref(p.Organisation)), Role: p.Role.Label(), Places: strings.Join(slices.Compact(places), "; ")})
	}
	return out
}

func support(e register.Entry) []SupportLine {
	var out []SupportLine
	for _, s := range e.Support {
		line := SupportLine{Route: s.Route.Label(), Reference: s.Reference, Ends: "Not recorded"}
		if line.Reference == "" {
			line.Reference = "Not recorded"
		}
		if ends, err := terms.ParseDate(s.Ends); err == nil {
			line.Ends = ends.Words()
		}
		out = append(out, line)
	}
	return out
}

func flows(e register.Entry) *FlowView {
	list, err := e.FlowList()
	if err != nil || len(list) == 0 {
		return nil
	}
	// All flows of a signed version are as they were agreed; their state tells
	// something where they differ in it, or where it has a reason.
	alike := !slices.ContainsFunc(list, func(f terms.Flow) bool {
		return f.State != list[0].State || f.State != terms.FlowProposed && f.State != terms.FlowCurrent || strings.TrimSpace(f.Why) != "" || !f.StoppedOn.IsZero()
	})
	if alike {
		list = slices.Clone(list)
		for i := range list {
			list[i].State = terms.FlowCurrent
		}
	}
	view := &FlowView{Version: versionWords(e), States: !alike, Picture: template.HTML(flow.Draw("Data flows of "+e.Reference, list))}
	for _, told := range flow.Tell(list) {
		if alike {
			told.Text = strings.TrimSuffix(told.Text, " "+terms.FlowCurrent.Label()+".")
		}
		view.Told = append(view.Told, told.Text)
	}
	return view
}

// mostMonths is how many lines of months an agreement's page shows.
const mostMonths = 240

func monthLines(a *release.PublishedAgreement) ([]MonthLine, *page.Link) {
	var out []MonthLine
	for _, d := range a.Months {
		for _, m := range d.Months {
			if len(out) == mostMonths {
				return out, &page.Link{Text: fmt.Sprintf("All %s", page.Plural(a.Releases, "release", "releases")), Href: standing(register.Release, url.Values{"agreement": {a.Stem}})}
			}
			out = append(out, MonthLine{When: span(m.From, m.To), Dataset: linked(strings.TrimSpace(d.DatasetName), d.Dataset, datasetHref(d.Dataset)), Count: m.Releases})
		}
	}
	return out, nil
}

// mostText is how many characters of published texts one page shows: those of
// the newest versions; the others are on the pages of their entries.
const mostText = 150_000

// versionTexts are the statements of the versions, the newest first.
func versionTexts(a *release.PublishedAgreement, editions map[string]release.Edition) []Version {
	var out []Version
	shown := 0
	for i := len(a.Versions) - 1; i >= 0; i-- {
		v := a.Versions[i]
		title := "Purposes, version not recorded"
		if v.Version != "" {
			title = "Purposes, version " + versionNumber(v)
		}
		if len(v.Statements) == 0 {
			out = append(out, Version{Anchor: fmt.Sprintf("version-%d", len(out)+1), Title: title, Origin: v.Reference + " has releases in the register."})
		}
		for j := len(v.Statements) - 1; j >= 0; j-- {
			e := v.Statements[j]
			one := statement(e, title, fmt.Sprintf("version-%d", len(out)+1), editions)
			length := 0
			for _, t := range one.Purposes {
				length += len(t.Text)
			}
			if shown > 0 && shown+length > mostText {
				one.Folded, one.Purposes = true, nil
			}
			shown += length
			out = append(out, one)
		}
	}
	return out
}

func statement(e register.Entry, title, anchor string, editions map[string]release.Edition) Version {
	one := Version{
		Anchor: anchor, Title: title, Purposes: present(purposes(e, anchor+"-")), Missing: missing(purposes(e, "")),
		Entry: &page.Link{Text: fmt.Sprintf("entry %s", page.Count(e.Number)), Href: entryHref(e.Number)}, entry: e.Number,
	}
	one.Origin = fmt.Sprintf("%s, as it was signed by the last of its signatories on %s.", e.Reference, span(e.EventFrom, e.EventTo))
	if edition, ok := editions[e.Edition]; ok {
		when := span(edition.Period.From, edition.Period.To)
		one.Origin = fmt.Sprintf("%s, as published by %s in its register for %s. The words are unchanged; only bullets and spacing are redrawn.", e.Reference, edition.Publisher, when)
	}
	if e.Kind == register.Correction {
		one.Origin = fmt.Sprintf("%s, as entry %s corrects entry %s.", e.Reference, page.Count(e.Number), page.Count(e.About))
	}
	return one
}

// sensitivity is the register's label, which says by itself what it is of.
func sensitivity(s terms.Sensitivity) string {
	if s == terms.SensitivityNotRecorded || s == "" {
		return "sensitivity not recorded"
	}
	return terms.Lower(s.Label())
}
