package index

// Facet names a property by which entries are told apart. The names are those
// of the register's addresses.
type Facet string

// The facets. An entry may have several values of one: the routes of a release;
// of an agreement, what its lines say. An entry to which a facet does not apply
// has none.
const (
	Kind        Facet = "kind" // of a correction also that of what it corrects
	Type        Facet = "type"
	OptOut      Facet = "opt_outs"
	Power       Facet = "power"
	Route       Facet = "route"
	Sensitivity Facet = "sensitivity"
	Frequency   Facet = "frequency"
	Channel     Facet = "channel"
	Late        Facet = "late" // yes, or no value
	// Stands is yes, or no for what a later entry ended.
	Stands Facet = "stands"

	// What an agreement says counts for its releases too: those of the same stem
	// and version. A release whose agreement is not in the register, or does not
	// say, has the value not_recorded.
	Commercial       Facet = "commercial"
	SubLicensing     Facet = "sub_licensing"
	OrganisationKind Facet = "organisation_kind"

	// Names that are joined by a succession are one value, the newest of them
	// (see View.Body).
	Organisation Facet = "organisation"
	Dataset      Facet = "dataset"
	Edition      Facet = "edition"
)

// NotRecorded is the value of a facet of agreements where none is known.
const NotRecorded = "not_recorded"

// own are the facets of few values that are an entry's own; inherited those of
// few values that follow from other entries as well; wide those of many values.
var (
	own       = []Facet{Kind, Type, OptOut, Power, Route, Sensitivity, Frequency, Channel, Late}
	inherited = []Facet{Stands, Commercial, SubLicensing, OrganisationKind}
	wide      = []Facet{Organisation, Dataset, Edition}
)

// Facets lists every facet.
func Facets() []Facet { return append(append(append([]Facet(nil), own...), inherited...), wide...) }
