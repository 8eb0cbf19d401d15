package team

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/ent/dataset"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// entriesHome is where what the register says is put right, and months are
// closed.
const entriesHome = Home + "/entries"

var entriesTrail = []page.Link{teamTrail[0], {Text: "The register", Href: entriesHome}}

// entryRoutes are the pages by which staff correct, withdraw and erase what the
// register says, enter late what is found later, and close its months.
func (s *server) entryRoutes() []login.Route {
	read, correct, erase, closing := access.ReadAgreements, access.CorrectRegister, access.EraseText, access.CloseEdition
	one := entriesHome + "/{number}"
	return []login.Route{
		{Pattern: "GET " + entriesHome, Permission: read, Handle: s.entries},
		{Pattern: "GET " + entriesHome + ".csv", Permission: read, Handle: s.entries},
		{Pattern: "GET " + entriesHome + "/late", Permission: correct, Handle: s.enterLate},
		{Pattern: "POST " + entriesHome + "/late", Permission: correct, Handle: s.enterLate},
		{Pattern: "GET " + entriesHome + "/datasets", Permission: correct, Handle: s.joinDatasets},
		{Pattern: "POST " + entriesHome + "/datasets", Permission: correct, Handle: s.joinDatasets},
		{Pattern: "GET " + entriesHome + "/close", Permission: closing, Handle: s.closeEdition},
		{Pattern: "POST " + entriesHome + "/close", Permission: closing, Handle: s.closeEdition},
		{Pattern: "GET " + one + "/correct", Permission: correct, Handle: s.correctEntry},
		{Pattern: "POST " + one + "/correct", Permission: correct, Handle: s.correctEntry},
		{Pattern: "GET " + one + "/withdraw", Permission: correct, Handle: s.withdrawEntry},
		{Pattern: "POST " + one + "/withdraw", Permission: correct, Handle: s.withdrawEntry},
		{Pattern: "GET " + one + "/erase", Permission: erase, Handle: s.eraseText},
		{Pattern: "POST " + one + "/erase", Permission: erase, Handle: s.eraseText},
	}
}

// entries finds entries by their agreement or number, each with what the viewer
// may do about it.
func (s *server) entries(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	asked := strings.TrimSpace(query.Get("about"))
	view := ListView{
		Intro:   []string{"Nothing that was published is changed. An entry that is wrong is corrected or withdrawn by another entry, which says why; a text goes by law alone, and a tombstone tells of it."},
		Filters: []*page.Field{{Name: "about", Label: "Entry or agreement", Kind: "text", Value: asked, Hint: "The number of an entry, or a reference such as NIC-110660-G9W6M"}},
		Grid: page.Grid{Caption: "Entries", Columns: page.Columns("Entry", "Kind", "To whom", "Dataset", "Agreement", "Recorded", "By", "What can be done"),
			Empty: "Say which entry, or which agreement."},
	}
	if access.Check(actor, access.CorrectRegister) == nil {
		view.Actions = append(view.Actions, page.Link{Text: "Enter a release that was found later", Href: entriesHome + "/late"},
			page.Link{Text: "Say which dataset follows another", Href: entriesHome + "/datasets"})
	}
	if access.Check(actor, access.CloseEdition) == nil {
		view.Actions = append(view.Actions, page.Link{Text: "Close a month", Href: entriesHome + "/close"})
	}
	found, err := s.entriesAbout(r, asked)
	if err != nil {
		return err
	}
	if asked != "" {
		view.Grid.Empty = "The register has no such entry."
		view.Count = page.Plural(len(found), "entry", "entries")
	}
	numbers := make([]int64, len(found))
	for i, e := range found {
		numbers[i] = e.Number
	}
	by, err := s.Service.EnteredBy(r.Context(), actor, numbers)
	if err != nil {
		return err
	}
	for _, e := range found {
		view.Grid.Rows = append(view.Grid.Rows, entryCells(e, by[e.Number], actor))
	}
	return s.list(w, r, "The register: put right, withdraw, close", view, teamTrail)
}

func (s *server) entriesAbout(r *http.Request, asked string) ([]register.Entry, error) {
	if asked == "" {
		return nil, nil
	}
	if n, err := strconv.ParseInt(strings.ReplaceAll(asked, ",", ""), 10, 64); err == nil {
		found, err := s.Service.PublishedEntry(r.Context(), n)
		if errors.Is(err, fault.NotFound) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		return []register.Entry{found.Entry}, nil
	}
	reference, err := terms.ParseReference(asked)
	if err != nil {
		return nil, nil
	}
	results, err := s.Service.SearchRegister(r.Context(), release.RegisterQuery{Stems: []string{reference.Stem()}, Size: release.MaxPageSize, Uncounted: true})
	if err != nil {
		return nil, err
	}
	return results.Entries, nil
}

func entryCells(e register.Entry, by string, actor access.Actor) []page.GridCell {
	number := strconv.FormatInt(e.Number, 10)
	cells := []page.GridCell{{Text: page.Count(e.Number), Href: "/register/" + number}, {Text: entryKind(e)}, {Text: e.Get(register.OrganisationName)},
		{Text: e.Get(register.DatasetName)}, {Text: e.Reference}, {Text: page.Moment(e.RecordedAt)}, {Text: cmp.Or(by, "Registrar itself")}}
	action := page.GridCell{Text: "Nothing"}
	base := entriesHome + "/" + number
	switch {
	case access.Check(actor, access.CorrectRegister) == nil && (e.AsRelease() || e.AsAgreement()):
		action = page.GridCell{Text: "Correct", Href: base + "/correct", About: "entry " + number}
	case access.Check(actor, access.CorrectRegister) == nil && e.Kind.Withdrawable():
		action = page.GridCell{Text: "Withdraw", Href: base + "/withdraw", About: "entry " + number}
	case access.Check(actor, access.EraseText) == nil && len(e.Texts) > 0:
		action = page.GridCell{Text: "Erase a text", Href: base + "/erase", About: "entry " + number}
	}
	return append(cells, action)
}

func entryKind(e register.Entry) string {
	if e.Late {
		return upperFirst(e.Kind.Label()) + ", late"
	}
	return upperFirst(e.Kind.Label())
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// entryOf reads the entry of an address, as it stands.
func (s *server) entryOf(r *http.Request) (register.Entry, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return register.Entry{}, fault.New(fault.NotFound, "Entries of the register are numbered from 1.")
	}
	found, err := s.Service.StandingEntry(r.Context(), n)
	if err != nil {
		return register.Entry{}, err
	}
	return found, nil
}

// notMadeHere refuses before anything is typed what would be refused after it: of
// what was signed or released here no words change what its record says.
func (s *server) notMadeHere(r *http.Request, standing register.Entry) error {
	number := standing.Number
	if standing.Kind == register.Correction {
		number = standing.About
	}
	made, err := s.Service.MadeHere(r.Context(), number)
	if err != nil || !made {
		return err
	}
	return fault.New(fault.Refused, "Entry %s is of what was signed or released here, and the record says what it does. Amend or end the agreement, or have the release officer withdraw the extract: the register tells of it.", page.Count(number))
}

// amendFields ask what an entry should have said, column by column, with what
// it says now; of an entry that is yet to be made nothing is chosen.
func (s *server) amendFields(r *http.Request, kind register.Kind, e register.Entry) (fields []*page.Field, err error) {
	none := ""
	if e.Number == 0 {
		none = "Choose"
	}
	for _, c := range register.Amendable(kind) {
		f := &page.Field{Name: c.Name, Label: cmp.Or(amendLabels[c.Name], upperFirst(strings.ReplaceAll(c.Name, "_", " "))), Hint: amendHints[c.Name], Kind: "text", Value: c.Text(e), Wide: true}
		switch {
		case c.Name == "organisation_id":
			f.Kind = "select"
			f.Options, err = s.organisationOptions(r, cmp.Or(none, "Not recorded"))
		case c.Name == "dataset":
			f.Kind = "select"
			f.Options, err = s.datasetOptions(r, cmp.Or(none, "Not recorded"))
		case c.Name == "routes":
			f.Kind, f.Options = "checkboxes", options[terms.Route]("", terms.Route("").Values())
			for _, route := range e.Routes {
				f.Values = append(f.Values, string(route))
			}
		case amendCodes[c.Name] != nil:
			f.Kind, f.Options, f.Wide = "select", amendCodes[c.Name], false
			if none != "" {
				f.Options = append([]page.Option{{Label: none}}, f.Options...)
			}
		case c.Type == "date":
			f.Wide = false
		case c.Width >= 60:
			f.Kind, f.Rows = "textarea", 5
		}
		if err != nil {
			return nil, err
		}
		// A record that was merged since is still what the entry says.
		if f.Kind == "select" && f.Value != "" && !slices.ContainsFunc(f.Options, func(o page.Option) bool { return o.Value == f.Value }) {
			f.Options = append(f.Options, page.Option{Value: f.Value, Label: f.Value})
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// amendLabels are the columns in words, where their names are not.
var amendLabels = map[string]string{
	"event_from": "First day", "event_to": "Last day", "organisation_id": "Organisation", "reference": "Agreement", "power": "Legal power",
	"routes": "Confidentiality routes", "opt_out": "Patient opt-outs", "frequency": "How often", "channel": "How the data reached the recipient",
}

// amendHints help where the label does not say it all.
var amendHints = map[string]string{
	"event_from": "The first day on which it happened, such as 2026-11-01", "event_to": "The last day; the same where it was one",
	"reference": "Of an agreement that is recorded here, such as NIC-434739-UBTPP or DARS-NIC-434739-UBTPP-v1.0",
	"routes":    "How the duty of confidence was met; tick all that the agreement says", "starts": "Such as 2026-11-01", "ends": "Such as 2026-11-30",
	"controllers": "Divided by semicolons",
}

// amendCodes are the codes to choose from, by column.
var amendCodes = map[string][]page.Option{
	"type_of_data":   options[terms.TypeOfData]("", terms.TypeOfData("").Values()),
	"sensitivity":    options[terms.Sensitivity]("", terms.Sensitivity("").Values()),
	"power":          options[terms.Power]("", terms.Power("").Values()),
	"opt_out":        options[terms.OptOut]("", terms.OptOut("").Values()),
	"frequency":      options[terms.Frequency]("", terms.Frequency("").Values()),
	"channel":        options[terms.Channel]("Not recorded", terms.Channel("").Values()),
	"controllership": options[terms.Controllership]("", terms.Controllership("").Values()),
	"sub_licensing":  options[terms.Answer]("", terms.Answer("").Values()),
	"commercial":     options[terms.Answer]("", terms.Answer("").Values()),
}

// datasetOptions are all datasets to choose from.
func (s *server) datasetOptions(r *http.Request, none string) ([]page.Option, error) {
	found, err := s.Service.Read().Dataset.Query().Order(dataset.ByName()).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading datasets: %w", err)
	}
	choices := []page.Option{{Label: none}}
	for _, d := range found {
		choices = append(choices, page.Option{Value: d.Code, Label: d.Name})
	}
	return choices, nil
}

func publicReason(label string) *page.Field {
	return &page.Field{Name: "reason", Label: label, Kind: "textarea", Rows: 3, Hint: "The register publishes it. No names of patients"}
}

// valuesOf are the answers that a form sent, by the register's columns.
func valuesOf(fields []*page.Field, r *http.Request) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		switch {
		case !slices.ContainsFunc(register.Columns(), func(c register.Column) bool { return c.Name == f.Name }):
		case f.Kind == "checkboxes":
			values[f.Name] = strings.Join(r.PostForm[f.Name], register.ListMark)
		case r.PostForm.Has(f.Name):
			values[f.Name] = strings.ReplaceAll(strings.TrimSpace(r.PostForm.Get(f.Name)), "\r\n", "\n")
		}
	}
	return values
}

func (s *server) correctEntry(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	standing, err := s.entryOf(r)
	if err != nil {
		return err
	}
	if err := s.notMadeHere(r, standing); err != nil {
		return err
	}
	kind := standing.Kind
	if kind == register.Correction {
		kind = standing.Corrects
	}
	number := r.PathValue("number")
	fields, err := s.amendFields(r, kind, standing)
	if err != nil {
		return err
	}
	basedOn := &page.Field{Name: "based_on", Kind: "hidden", Value: strconv.FormatInt(standing.Number, 10)}
	view := FormView{About: "Entry " + number, Heading: "What should the entry have said?", Cancel: "/register/" + number,
		Intro:   []string{"The entry stays as it is, for ever. A correction stands in its place, says what it should have said, and why."},
		Buttons: []FormButton{{Text: "Enter the correction", Warning: true}},
		Also:    []ListSection{otherWays(number, kind)},
		Fields:  append(fields, basedOn, publicReason("Why it was wrong"))}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		n, _ := strconv.ParseInt(number, 10, 64)
		read, err := strconv.ParseInt(value("based_on"), 10, 64)
		if err != nil || read < 1 {
			return "", fault.New(fault.Invalid, "The form does not say which reading of the entry it was filled with. Open it again.")
		}
		made, err := s.Service.CorrectEntry(r.Context(), actor, release.CorrectionInput{About: n, Reason: value("reason"), Values: valuesOf(fields, r), BasedOn: read})
		if err != nil && read != standing.Number {
			err = errors.Join(err, s.rebase(r, fields, read, standing))
		}
		return "/register/" + strconv.FormatInt(made, 10), err
	})
}

// rebase fills a refused form, which was filled with an earlier reading of the
// entry, with the one that stands now: what was typed stays, and where both
// differ what stands is told.
func (s *server) rebase(r *http.Request, fields []*page.Field, read int64, standing register.Entry) error {
	shown, err := s.Service.PublishedEntry(r.Context(), read)
	if err != nil {
		return err
	}
	typed := valuesOf(fields, r)
	meant, wrong := register.Meant(shown.Entry, standing, typed)
	for _, f := range fields {
		at := slices.IndexFunc(register.Columns(), func(c register.Column) bool { return c.Name == f.Name })
		now := register.Columns()[at].Text(standing)
		_, kept := meant[f.Name]
		switch {
		case slices.ContainsFunc(wrong, func(reason fault.Reason) bool { return reason.Field == f.Name }):
			f.Now = now
		case !kept && f.Kind == "checkboxes":
			f.Values = strings.Split(now, register.ListMark)
		case !kept:
			f.Value = now
		}
	}
	return nil
}

// otherWays lead to what else can be done about an entry.
func otherWays(number string, kind register.Kind) ListSection {
	grid := page.Grid{Caption: "Other ways", Columns: page.Columns("What happened", "What to do")}
	if kind.Withdrawable() {
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: "It should not be in the register at all"}, {Text: "Withdraw it", Href: entriesHome + "/" + number + "/withdraw"}})
	}
	grid.Rows = append(grid.Rows, []page.GridCell{{Text: "A text must go by law"}, {Text: "Erase it", Href: entriesHome + "/" + number + "/erase", Note: "by the Caldicott Guardian or the SIRO"}})
	return ListSection{Title: "Something else happened", Grid: grid}
}

func (s *server) withdrawEntry(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	standing, err := s.entryOf(r)
	if err != nil {
		return err
	}
	if err := s.notMadeHere(r, standing); err != nil {
		return err
	}
	number := r.PathValue("number")
	view := FormView{About: "Entry " + number, Heading: "Withdraw the entry", Cancel: "/register/" + number,
		Intro:   []string{"The entry and its corrections no longer stand; they stay where they are, with a mark that leads here. A release that did happen is corrected, not withdrawn."},
		Buttons: []FormButton{{Text: "Withdraw it", Warning: true}}, Fields: []*page.Field{publicReason("Why it should not stand")}}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		n, _ := strconv.ParseInt(number, 10, 64)
		made, err := s.Service.WithdrawEntry(r.Context(), actor, release.EntryWithdrawal{About: n, Reason: value("reason")})
		return "/register/" + strconv.FormatInt(made, 10), err
	})
}

func (s *server) eraseText(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return fault.New(fault.NotFound, "Entries of the register are numbered from 1.")
	}
	found, err := s.Service.PublishedEntry(r.Context(), n)
	if err != nil {
		return err
	}
	number := strconv.FormatInt(n, 10)
	fields := &page.Field{Name: "fields", Label: "Which texts?", Kind: "checkboxes"}
	for _, t := range found.Entry.Texts {
		if !t.Erased && !t.Withheld && t.Field != register.OrganisationID && t.Field != register.OrganisationType && t.Field != register.SuccessorID {
			fields.Options = append(fields.Options, page.Option{Value: string(t.Field), Label: upperFirst(strings.ReplaceAll(string(t.Field), "_", " ")), Hint: shortened(t.Text)})
		}
	}
	view := FormView{About: "Entry " + number, Heading: "Erase texts by law", Cancel: "/register/" + number,
		Intro: []string{"The text, its salt and its cell in the edition are gone for good, for everybody. A tombstone in the register says which text, why, and by which law; the log still verifies.",
			"Copies that others took stay with them. Corrections of the entry that repeat the text are entries of their own: erase it there too."},
		Buttons: []FormButton{{Text: "Erase for good", Warning: true}},
		Fields:  []*page.Field{fields, {Name: "law", Label: "By which law?", Kind: "text", Wide: true, Hint: "Such as UK GDPR, Article 17(1)(d)"}, publicReason("Why")}}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		input := release.ErasureInput{Entry: n, Reason: value("reason"), Law: value("law")}
		for _, f := range r.PostForm["fields"] {
			if !slices.Contains(input.Fields, register.Field(f)) {
				input.Fields = append(input.Fields, register.Field(f))
			}
		}
		tombstone, _, err := s.Service.EraseText(r.Context(), actor, input)
		return "/register/" + strconv.FormatInt(tombstone, 10), err
	})
}

func shortened(text string) string {
	const most = 120
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func (s *server) enterLate(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	fields, err := s.amendFields(r, register.Release, register.Entry{Kind: register.Release})
	if err != nil {
		return err
	}
	another := &page.Field{Name: "another", Label: "Is this another release?", Kind: "hidden"}
	view := FormView{Heading: "Enter a release that was found later", Cancel: entriesHome,
		Intro:   []string{"It is entered today, with the days on which it happened, and marked as late."},
		Buttons: []FormButton{{Text: "Enter it", Warning: true}},
		Fields:  append(fields, another, publicReason("How it was found, and why it was not entered"))}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		values := valuesOf(fields, r)
		confirmed, _ := strconv.ParseInt(value("another"), 10, 64)
		made, err := s.Service.EnterLate(r.Context(), actor, release.LateInput{Reason: value("reason"), Values: values, Another: confirmed})
		if refused := (*fault.Error)(nil); errors.As(err, &refused) && slices.ContainsFunc(refused.Reasons, func(r fault.Reason) bool { return r.Code == "repeated" }) {
			same, failed := s.Service.SaidAlready(r.Context(), values)
			if failed != nil {
				return "", failed
			}
			another.Kind, another.Options = "checkboxes", []page.Option{{Value: strconv.FormatInt(same, 10), Label: fmt.Sprintf("Yes: entry %s is of one release, and this is of another", page.Count(same))}}
		}
		return "/register/" + strconv.FormatInt(made, 10), err
	})
}

// joinDatasets enters that a dataset is another one, or is followed by it.
func (s *server) joinDatasets(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	names, err := s.Service.PublishedDatasets(r.Context(), 0)
	if err != nil {
		return err
	}
	options := []page.Option{{Label: "Choose a dataset"}}
	for _, n := range names {
		options = append(options, page.Option{Value: n.ID, Label: n.Name})
	}
	view := FormView{Heading: "Say which dataset follows another", Cancel: entriesHome,
		Intro:   []string{"The register says so in an entry of its own, with your reason; no entry of either dataset is changed. What is wrong is withdrawn."},
		Buttons: []FormButton{{Text: "Enter it", Warning: true}},
		Fields: []*page.Field{{Name: "from", Label: "The dataset", Kind: "select", Options: options},
			{Name: "relation", Label: "What became of it", Kind: "radios", Options: []page.Option{
				{Value: string(terms.FollowedByDataset), Label: "Another collection took its place", Hint: "As MHMDS was followed by MHLDDS: they stay two, and each page leads to the other"},
				{Value: string(terms.RenamedTo), Label: "It was renamed", Hint: "One collection: what was released under both names is counted together"},
				{Value: string(terms.SameAs), Label: "The same, in another spelling"}}},
			{Name: "to", Label: "The dataset that it is, or that follows it", Kind: "select", Options: options},
			{Name: "on", Label: "From which day on", Kind: "text", Hint: "Such as 2014-09-01"}, publicReason("Why, and on whose word")}}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		problems := wrongForm()
		input := release.DatasetSuccessionInput{From: value("from"), To: value("to"), Relation: terms.Relation(value("relation")), Reason: value("reason"),
			On: *orNone(dayField(value, "on", problems))}
		made, err := s.Service.RecordDatasetSuccession(r.Context(), actor, input)
		// A day that cannot be read is told with all else: without one nothing
		// was entered.
		if refused := (*fault.Error)(nil); len(problems.Reasons) > 0 && errors.As(err, &refused) {
			err = problems.With(slices.DeleteFunc(slices.Clone(refused.Reasons), func(r fault.Reason) bool { return r.Field == "on" })...)
		}
		return "/register/" + strconv.FormatInt(made, 10), err
	})
}

func (s *server) closeEdition(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	month, over, err := s.Service.NextToClose(r.Context())
	if err != nil {
		return err
	}
	view := FormView{Heading: "Close " + month.String(), Cancel: entriesHome,
		Intro: []string{"The month's entries get an edition of their own, with their numbers, the digest of their leaves, the signed checkpoint of the log, and unnamed counts of what was asked for and not given.",
			"What happened in the month and is entered later is late from then on. Months are closed in order and only once."},
		Buttons: []FormButton{{Text: "Close it", Warning: true}},
		Fields:  []*page.Field{{Name: "publisher", Label: "Whose register it is, as readers know it", Kind: "text", Wide: true}}}
	if !over {
		view.Intro = append(view.Intro, fmt.Sprintf("It is not over: it can be closed from %s on.", month.To.AddDays(1).Words()))
	}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		closed, err := s.Service.CloseEdition(r.Context(), actor, release.ClosingInput{Month: month.From, Publisher: value("publisher")})
		if err != nil {
			return "", err
		}
		return "/editions/" + closed.ID(), nil
	})
}
