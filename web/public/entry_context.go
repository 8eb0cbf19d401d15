package public

import (
	"fmt"

	"data.release/registrar/release"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// standingOf says whether the entry stands at the size of the register that is
// shown, and why not.
func standingOf(p *release.PublishedEntry) []Term {
	if p.EndedBy == nil {
		switch p.Kind {
		case register.Withdrawal, register.Tombstone:
			return []Term{{Label: "Yes"}}
		case register.Correction:
			return []Term{{Label: "Yes", Note: fmt.Sprintf("It stands in the place of entry %s.", page.Count(p.Entry.About))}}
		}
		return []Term{{Label: "Yes", Note: "No later entry corrects or withdraws it, and no later edition has the same row again."}}
	}
	by := p.EndedBy
	for i := range p.Later { // also of what was corrected before
		if p.Later[i].Kind == register.Withdrawal {
			by = &p.Later[i]
		}
	}
	number := page.Count(by.Number)
	term := Term{Label: "No", Href: entryHref(by.Number)}
	switch {
	case by.Number == p.Number:
		term.Href, term.Note = "", "It never stood: the register had a reading of the same row from a later edition, or what it corrects no longer stood."
	case by.Kind == register.Withdrawal:
		term.Note = "Entry " + number + " withdrew it."
	case by.Kind == register.Correction && p.Correction == nil:
		term.Note = "Entry " + number + " corrected it, or what it corrects, anew."
	case by.Kind == register.Correction:
		term.Href, term.Note = entryHref(p.Correction.Number), "Entry "+page.Count(p.Correction.Number)+" corrects it and stands in its place."
	default:
		term.Note = "Entry " + number + " is a later edition’s reading of the same row and stands in its place."
	}
	return []Term{term}
}

// gaps are the texts of the entry that are not shown, and why.
func gaps(p *release.PublishedEntry) []Gap {
	var out []Gap
	for _, t := range p.Texts {
		switch {
		case t.Withheld:
			out = append(out, Gap{Title: fieldTitle(t.Field), Words: "Withheld since " + page.Moment(p.RecordedAt) + ". An automatic check found something in it that may be personal, and a person has not yet decided whether it can be shown. The log has its commitment."})
		case t.Erased:
			gap := Gap{Title: fieldTitle(t.Field), Words: "Erased by law. The log still has its commitment, which tells nothing of what it said."}
			for _, later := range p.Later {
				for _, field := range later.Fields {
					if later.Kind == register.Tombstone && field == t.Field {
						gap.Words = "Erased on " + page.Moment(later.RecordedAt) + ": " + orAbsent(later, register.Reason)
						gap.Link = &page.Link{Text: "entry " + page.Count(later.Number), Href: entryHref(later.Number)}
					}
				}
			}
			out = append(out, gap)
		}
	}
	return out
}

// textNames are the texts of an entry by their fields.
var textNames = map[register.Field]string{
	register.OrganisationName: "Organisation", register.OrganisationID: "Id of the organisation", register.OrganisationType: "Organisation type",
	register.DatasetName: "Dataset", register.DatasetNames: "Names of the datasets", register.Title: "Title", register.Objective: "Objective for processing",
	register.Processing: "Processing activities", register.Outputs: "Expected output", register.Benefits: "Expected measurable benefits",
	register.YieldedBenefits: "Yielded benefits", register.Reason: "Reason", register.Controllers: "Data controllers", register.Parties: "Parties",
	register.Flows: "Data flows", register.LaySummary: "Lay summary", register.TechnicalSummary: "Technical summary", register.Funders: "Funders and sponsors",
	register.Successor: "Successor", register.SuccessorID: "Id of the successor", register.AsPublished: "Cells as published",
}

func fieldTitle(field register.Field) string {
	if name := textNames[field]; name != "" {
		return name
	}
	return string(field)
}

func fieldTitles(fields []register.Field) []string {
	out := make([]string, len(fields))
	for i, field := range fields {
		out[i] = terms.Lower(fieldTitle(field))
	}
	return out
}

// compared are the correction that stands in the entry's place, side by side
// with it, and the next edition's reading of its row.
func compared(p *release.PublishedEntry) []Comparison {
	var out []Comparison
	this := page.Link{Text: "Entry " + page.Count(p.Number), Href: entryHref(p.Number)}
	if c := p.Correction; c != nil {
		out = append(out, comparison(Comparison{
			Title: "What the correction says", Lead: "The correction that counts, beside this entry.", whole: true,
			Before: this, After: page.Link{Text: "Entry " + page.Count(c.Number), Href: entryHref(c.Number)},
		}, change.Readings(p.Entry, *c, p.Names)))
	}
	if p.Kind == register.Correction && p.Corrected != nil {
		out = append(out, comparison(Comparison{
			Title: "What it corrects", Lead: "The entry that it is about, beside this one.", whole: true,
			Before: page.Link{Text: "Entry " + page.Count(p.Corrected.Number), Href: entryHref(p.Corrected.Number)}, After: this,
		}, change.Readings(*p.Corrected, p.Entry, p.Names)))
	}
	if p.Next != nil {
		out = append(out, comparison(Comparison{
			Title: "What a later edition says of the same row", Lead: "The next edition that read otherwise, beside this entry. Publishers change rows without saying so.",
			Before: this, After: page.Link{Text: "Entry " + page.Count(p.Next.Number), Href: entryHref(p.Next.Number)},
		}, change.Readings(p.Entry, *p.Next, p.Names)))
	}
	return out
}

func comparison(c Comparison, fields []change.Field) Comparison {
	for _, f := range fields {
		if f.Cosmetic && !c.whole {
			c.Cosmetic++
			continue
		}
		row := ComparedRow{Name: f.Label, Before: f.Before, After: f.After, Note: f.Why, BeforeGone: f.Gone[0], AfterGone: f.Gone[1]}
		if f.Cosmetic && f.Why == change.Typed {
			row.Note = "in typing, spelling or name alone"
		}
		if f.Prose && f.Before != "" && f.After != "" {
			row.Words = diff.Shorten(f.Words())
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// readings are the editions that read the row otherwise, in their order.
func readings(p *release.PublishedEntry) []ReadingLine {
	if len(p.Readings) < 2 {
		return nil
	}
	var out []ReadingLine
	for _, r := range p.Readings {
		out = append(out, ReadingLine{
			Edition: span(r.Period.From, r.Period.To), Entry: page.Link{Text: "Entry " + page.Count(r.Number), Href: entryHref(r.Number)},
			This: r.Number == p.Number, Stands: r.Stands,
		})
	}
	return out
}
