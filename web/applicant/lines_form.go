package applicant

import (
	"slices"

	"data.release/registrar/release"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// articles6 and articles9 are the conditions that a line may name, with the
// words of the UK GDPR, shortened.
var (
	articles6 = options("6(1)(a)", "6(1)(a) consent", "6(1)(b)", "6(1)(b) contract", "6(1)(c)", "6(1)(c) legal obligation", "6(1)(d)", "6(1)(d) vital interests",
		"6(1)(e)", "6(1)(e) public task", "6(1)(ea)", "6(1)(ea) recognised legitimate interest (from 5 February 2026)", "6(1)(f)", "6(1)(f) legitimate interest")
	articles9 = options("9(2)(a)", "9(2)(a) explicit consent", "9(2)(b)", "9(2)(b) employment and social protection", "9(2)(c)", "9(2)(c) vital interests",
		"9(2)(d)", "9(2)(d) not-for-profit bodies", "9(2)(e)", "9(2)(e) made public by the person", "9(2)(f)", "9(2)(f) legal claims",
		"9(2)(g)", "9(2)(g) substantial public interest", "9(2)(h)", "9(2)(h) health or social care", "9(2)(i)", "9(2)(i) public health", "9(2)(j)", "9(2)(j) research and statistics")
)

// dictionaryOf is the dictionary of a line's dataset, if extracts of it can be
// made.
func dictionaryOf(l release.LineInput, all []release.Dictionary) (release.Dictionary, bool) {
	for _, d := range all {
		if d.Definition == l.Definition || register.Slug(d.Dataset) == register.Slug(l.DatasetName) {
			return d, true
		}
	}
	return release.Dictionary{}, false
}

// fieldsOf asks for the fields: by class from the dictionary, or one a line
// where there is none.
func fieldsOf(l release.LineInput, all []release.Dictionary) answer {
	d, ok := dictionaryOf(l, all)
	if !ok {
		return listed("fields", "Fields", "One a line; only those that are needed. The dataset has no dictionary here.", completeness.DataMinimisation)
	}
	var parts []page.Field
	for _, value := range terms.FieldClass("").Values() {
		class := terms.FieldClass(value)
		part := page.Field{Label: class.Label() + " fields", Kind: "checkboxes"}
		for _, f := range d.Fields {
			if f.Class == class {
				part.Options = append(part.Options, page.Option{Value: f.Name, Label: f.Name})
			}
		}
		if len(part.Options) > 0 {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []page.Field{{Label: "Fields", Kind: "checkboxes"}}
	}
	parts[0].Hint, parts[0].Standard = "Only those that are needed, from the dictionary of "+d.Dataset+".", completeness.DataMinimisation
	// What a line has that the dictionary has not is kept in sight.
	last := &parts[len(parts)-1]
	for _, name := range l.Fields {
		if !slices.ContainsFunc(parts, func(p page.Field) bool {
			return slices.ContainsFunc(p.Options, func(o page.Option) bool { return o.Value == name })
		}) {
			last.Options = append(last.Options, page.Option{Value: name, Label: name + " (not in the dictionary)"})
		}
	}
	return answer{Field: page.Field{Name: "fields", Label: "Fields", Kind: "checkboxes"}, as: classes, parts: parts}
}

// lineForm is the form of one dataset line.
func lineForm(l release.LineInput, all []release.Dictionary) form {
	made := make([]page.Option, len(all))
	for i, d := range all {
		made[i] = page.Option{Value: d.Definition, Label: d.Dataset}
	}
	population := line("field", "Field", "Of the dataset, such as RESGOR or AGE.", completeness.DataMinimisation)
	if d, ok := dictionaryOf(l, all); ok {
		var names []page.Option
		for _, f := range d.Fields {
			names = append(names, page.Option{Value: f.Name, Label: f.Name})
		}
		population = pick("field", "Field", "", completeness.DataMinimisation, names)
	}
	return form{
		answers: []answer{
			line("datasetName", "Dataset", "Its name as the register has it, such as Hospital Episode Statistics Outpatients.", completeness.DataMinimisation),
			pick("definition", "Extracts are made from", "Where this service makes them. Save to choose fields from its dictionary.", "", made),
			line("discloser", "Discloser", "The body that holds the data.", completeness.Controllers),
			line("site", "Site", "The discloser's site or regional centre, if it is one of several.", ""),
			ticks("purposes", "Purposes", "", completeness.Objective, vocabulary[terms.Purpose]()),
			pick("type", "Type of data", "", completeness.DataMinimisation, vocabulary[terms.TypeOfData]()),
			pick("sensitivity", "Sensitivity", "Whether it has fields such as consultant or GP codes.", completeness.DataMinimisation, vocabulary[terms.Sensitivity]()),
			pick("power", "Power to disclose", "", completeness.Confidentiality, vocabulary[terms.Power]()),
			line("function", "The recipient's function", "Under s261(5)(d): the Act and section that give it.", completeness.Confidentiality),
			pick("route", "How the duty of confidentiality is met", "", completeness.Confidentiality, vocabulary[terms.Route]()),
			ticks("article6", "UK GDPR Article 6", "", completeness.Controllers, articles6),
			ticks("article9", "UK GDPR Article 9", "", completeness.Controllers, articles9),
			pick("optOut", "Patient opt-outs applied", "If not, the reason.", completeness.Objections, vocabulary[terms.OptOut]()),
			pick("unchecked", "Rows without a valid NHS number", "Where opt-outs are applied: they cannot be checked.", completeness.Objections, vocabulary[terms.UncheckedRows]()),
			pick("frequency", "How often", "", completeness.DataMinimisation, vocabulary[terms.Frequency]()),
			pick("channel", "How it is delivered", "", "", vocabulary[terms.Channel]()),
			pick("commercial", "Commercial use of this line", "", completeness.Commercial, options("no", "No", "yes", "Yes", "solely", "Solely")),
			fieldsOf(l, all),
			line("cohort", "Cohort", "Its name, if the line is limited to one.", completeness.DataMinimisation),
			tick("studyId", "Study id", "Rows carry the id that the cohort's holder gave", completeness.DataMinimisation),
			tick("finalData", "Completeness of the data", "Only complete submissions", ""),
			prose("linkage", "Linkage", "With what, by whom, on which key.", completeness.Processing, 3),
			listed("linkedWith", "Datasets that it may be linked with", "Their codes, one a line.", completeness.Processing),
			line("dependsOn", "Depends on", "The reference of an agreement that must be in force too.", ""),
			line("segment", "Segregated purpose", "A short name; lines of different names have different pseudonyms.", completeness.DataMinimisation),
			line("outputRule", "Disclosure rule of tables", "For aggregates.", completeness.DataMinimisation),
		},
		groups: []group{
			{path: "periods", title: "Periods of the data", row: "Period", form: form{answers: []answer{
				day("from", "From", "", completeness.DataMinimisation), day("to", "To", "Empty if it goes on.", completeness.DataMinimisation)}}},
			{path: "population", title: "Population", row: "Filter", lead: "Who is in it: by locality, commissioner, condition, procedure or age. None means everyone; all filters must hold.", form: form{answers: []answer{
				population, listed("in", "Values", "One a line.", completeness.DataMinimisation)}}},
		},
	}
}
