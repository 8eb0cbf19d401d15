package terms

import (
	"slices"
	"strings"
)

// Filter limits rows to those whose field has one of the values. In is sorted
// and without repeats; an empty In lets nothing through.
type Filter struct {
	Field string   `json:"field"`
	In    []string `json:"in"`
}

// NewFilter sorts the values and drops repeats.
func NewFilter(field string, in ...string) Filter {
	sorted := slices.Clone(in)
	slices.Sort(sorted)
	return Filter{Field: field, In: slices.Compact(sorted)}
}

// SubsetOf says whether f lets through nothing that outer does not.
func (f Filter) SubsetOf(outer Filter) bool {
	if f.Field != outer.Field {
		return false
	}
	for _, value := range f.In {
		if !slices.Contains(outer.In, value) {
			return false
		}
	}
	return true
}

// DatasetLine is one dataset in one version of an agreement, as the gate and a
// plan see it. Power, route, type of data and opt-outs belong here: real
// agreements mix them.
type DatasetLine struct {
	Number      int           `json:"number"`
	Dataset     string        `json:"dataset"` // code
	DatasetName string        `json:"dataset_name"`
	Discloser   string        `json:"discloser"`
	Site        string        `json:"site"`
	Type        TypeOfData    `json:"type"`
	Sensitivity Sensitivity   `json:"sensitivity"`
	Power       Power         `json:"power"`
	Route       Route         `json:"route"`
	OptOut      OptOut        `json:"opt_out"`
	Unchecked   UncheckedRows `json:"unchecked"` // read only where opt-outs are applied
	Frequency   Frequency     `json:"frequency"`
	Channel     Channel       `json:"channel"`
	Periods     []Period      `json:"periods"`    // of the data
	Fields      []string      `json:"fields"`     // names in the dataset's definition
	Population  []Filter      `json:"population"` // all must hold; none means everyone
	Purposes    []Purpose     `json:"purposes"`
	Article6    []string      `json:"article6"`
	Article9    []string      `json:"article9"`
	Segment     string        `json:"segment"`     // segregated purpose
	OutputRule  string        `json:"output_rule"` // named disclosure rule, for aggregates

	Linkage    string   `json:"linkage,omitempty"`     // in words: with what, by whom, on which key
	LinkedWith []string `json:"linked_with,omitempty"` // codes of datasets that it may be linked with
	DependsOn  string   `json:"depends_on,omitempty"`  // stem of an agreement that must be live too
	Cohort     string   `json:"cohort,omitempty"`      // name of the agreement's cohort that it is limited to
	StudyID    bool     `json:"study_id,omitempty"`    // the output carries an id that a cohort's holder gave
	FinalData  bool     `json:"final_data,omitempty"`  // only complete submissions
	Function   string   `json:"function,omitempty"`    // the recipient's function (Act, section), under s261(5)(d)
	Commercial string   `json:"commercial,omitempty"`  // no, yes, or solely
}

// KeyDomain names the pseudonym keys of a line: agreement, segregated purpose
// and type of data. The same person never has the same pseudonym in two
// domains (design §6.8).
func (l DatasetLine) KeyDomain(stem string) string {
	return strings.Join([]string{stem, l.Segment, string(l.Type)}, "/")
}

// RecordLevel says that the line's data have a row per event or person, for
// which contract, signatures, assurance and keys are asked. Unsuppressed
// aggregates count as such (governance §2, rule 8).
func (l DatasetLine) RecordLevel() bool { return l.Type != AggregateSuppressed }
