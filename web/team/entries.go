package team

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
