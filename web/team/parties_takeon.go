package team

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent/template"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// TakeOnView is the worklist of imported agreements.
type TakeOnView struct {
	ListView
	Query   string // of the address, for "all that match"
	Matched int
	MayRun  bool
	Links   []page.Link
}

var takeOnPage = page.Parse[TakeOnView]("team/takeon.html")

func takeOnFilter(query url.Values) release.TakeOnFilter {
	return release.TakeOnFilter{Kind: query.Get("kind"), Lack: release.Lack(query.Get("lack")), State: terms.VersionState(query.Get("state")),
		Applicant: query.Get("applicant"), Search: query.Get("q")}
}

func (s *server) takeOn(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	list, err := s.Service.TakeOnWorklist(r.Context(), actor, takeOnFilter(query))
	if err != nil {
		return err
	}
	view := TakeOnView{Query: query.Encode(), Matched: len(list.Rows), MayRun: access.Check(actor, access.RunAgreements) == nil,
		Links: []page.Link{{Text: "Templates", Href: templatesHome}}}
	if view.MayRun {
		view.Links = append(view.Links, page.Link{Text: "Load a list of evidence", Href: evidenceHome})
	}
	view.Intro = []string{fmt.Sprintf("%s of imported registers are not under way yet. The gate needs more than a register says: here is what each lacks.", page.Plural(list.All, "version", "versions"))}
	view.Filters = []*page.Field{
		filter(query, "text", "q", "Reference or organisation"),
		filter(query, "select", "lack", "Lacks", counted("Anything", release.Lacks(), release.Lack.Label, list.ByLack)...),
		filter(query, "select", "kind", "Kind of organisation", counted("Every kind", sortedKeys(list.ByKind), kindLabel, list.ByKind)...),
		filter(query, "select", "state", "State", counted("Every state", sortedKeys(list.ByState), terms.VersionState.Label, list.ByState)...),
	}
	view.Count = page.Plural(len(list.Rows), "version", "versions")
	view.Grid = page.Grid{Caption: "Versions to take on", Columns: page.Columns("Agreement", "Organisation", "State", "#Releases", "#Lines", "Lacks"), Empty: "None."}
	for _, row := range list.Rows {
		number := row.Number
		if number == "" {
			number = "version unknown"
		}
		var lacks []string
		for _, l := range row.Lacks {
			lacks = append(lacks, strings.ToLower(l.Label()))
		}
		what := page.GridCell{Text: "Nothing"}
		if len(lacks) > 0 {
			what = page.GridCell{Text: page.Plural(len(lacks), "answer", "answers"), Note: strings.Join(lacks, "; ")}
		}
		view.Grid.Keys = append(view.Grid.Keys, row.Version.String())
		view.Grid.Rows = append(view.Grid.Rows, []page.GridCell{{Text: row.Stem, Note: number, Href: agreementHref(row.Stem)},
			{Text: row.Applicant, Note: row.Kind, Href: organisationsHome + "/" + row.ApplicantSlug}, {Text: row.State.Label()}, {Text: page.Count(row.Releases)}, {Text: page.Count(row.Lines)}, what})
	}
	if strings.HasSuffix(r.URL.Path, ".csv") {
		return view.Grid.WriteCSV(w, "take-on")
	}
	if view.MayRun {
		view.Grid.Choose = "version"
	}
	query.Del("page")
	view.Here, view.CSV = takeOnHome, takeOnHome+".csv?"+query.Encode()
	view.Pages = pagesOf(r, len(view.Grid.Rows))
	view.Grid.Keys, view.Grid.Rows = onPage(r, view.Grid.Keys), onPage(r, view.Grid.Rows)
	return takeOnPage.Render(s.pages, w, r, page.Page{Title: "Agreements to take on", Private: true, Trail: teamTrail}, view)
}

func kindLabel(kind string) string {
	if kind == "" {
		return "Not recorded"
	}
	return kind
}

func sortedKeys[K ~string](counts map[K]int) []K {
	var keys []K
	for k := range counts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// counted are choices with how many each would leave.
func counted[K ~string](any string, keys []K, label func(K) string, counts map[K]int) []page.Option {
	all := []page.Option{{Label: any}}
	for _, k := range keys {
		if k != "" {
			all = append(all, page.Option{Value: string(k), Label: fmt.Sprintf("%s (%s)", label(k), page.Count(counts[k]))})
		}
	}
	return all
}

// chosen are the versions of a bulk form: those that were ticked, or all that
// match the filters of its address.
func (s *server) chosen(r *http.Request, actor access.Actor) ([]release.TakeOnRow, error) {
	if err := r.ParseForm(); err != nil {
		return nil, unreadable(err)
	}
	query, all := url.Values{}, r.PostForm.Get("scope") == "all"
	if all {
		var err error
		if query, err = url.ParseQuery(r.PostForm.Get("query")); err != nil {
			return nil, unreadable(err)
		}
	}
	list, err := s.Service.TakeOnWorklist(r.Context(), actor, takeOnFilter(query))
	if err != nil {
		return nil, err
	}
	if all {
		return list.Rows, nil
	}
	return slices.DeleteFunc(list.Rows, func(row release.TakeOnRow) bool { return !slices.Contains(r.PostForm["version"], row.Version.String()) }), nil
}

// takeOnChosen goes from the worklist to the form of what is to be done.
func (s *server) takeOnChosen(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	rows, err := s.chosen(r, actor)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return formPage.Render(s.pages, w, r, page.Page{Title: "Error: nothing is chosen", Private: true, Status: http.StatusUnprocessableEntity, Trail: takeOnTrail},
			FormView{Heading: "Nothing is chosen", Intro: []string{"Tick the versions first, or choose all that match."}, Cancel: takeOnHome + "?" + r.PostForm.Get("query"),
				Problems: []page.Problem{{Text: "No version is ticked"}}, Action: takeOnHome})
	}
	view, err := s.bulkForm(r, r.PostForm.Get("do"), rows)
	if err != nil {
		return err
	}
	return formPage.Render(s.pages, w, r, page.Page{Title: view.Heading, Private: true, Trail: takeOnTrail}, view)
}

var takeOnTrail = []page.Link{teamTrail[0], {Text: "Agreements to take on", Href: takeOnHome}}

// bulkForm asks what a command over many versions needs.
func (s *server) bulkForm(r *http.Request, act string, rows []release.TakeOnRow) (FormView, error) {
	view := FormView{Action: takeOnHome + "/" + act, Cancel: takeOnHome, About: page.Plural(len(rows), "version", "versions")}
	reason := &page.Field{Name: "reason", Label: "Reason", Kind: "textarea", Rows: 3, Hint: "It stands in the history of each"}
	switch act {
	case "draft":
		view.Heading, view.Buttons, view.Fields = "Take on", []FormButton{{Text: "Take on"}}, []*page.Field{reason}
		view.Intro = []string{"Each becomes a draft, with lines and parties from the register's releases under its reference. What the register does not say stays not recorded."}
	case "template":
		names, err := s.templateOptions(r)
		if err != nil {
			return view, err
		}
		view.Heading, view.Buttons = "Apply a template", []FormButton{{Text: "Show what would change", Value: "try"}, {Text: "Apply", Value: "apply", Secondary: true}}
		view.Fields = []*page.Field{{Name: "template", Label: "Template", Kind: "select", Options: names},
			{Name: "overwrite", Label: "Where something else is recorded", Kind: "radios", Value: "no", Options: choices("no", "Leave it; fill only what is empty", "yes", "Put the template's answer in its place")}, reason}
	case "transfer":
		names, err := s.organisationOptions(r, "Choose")
		if err != nil {
			return view, err
		}
		from := slices.Clone(names)
		from[0].Label = "Each agreement's own controller"
		kinds := options[terms.SuccessionKind]("", []string{string(terms.StatutoryTransfer), string(terms.Merger), string(terms.Novation)})
		view.Heading, view.Buttons = "Change controller", []FormButton{{Text: "Change the controller of all", Warning: true}}
		view.Intro = []string{"All or none of the agreements change, on one day, each with an event. What was signed stays as it was signed: the gate follows."}
		view.Fields = []*page.Field{{Name: "kind", Label: "How", Kind: "radios", Options: kinds}, {Name: "from", Label: "Who goes", Kind: "select", Options: from},
			{Name: "to", Label: "Who follows", Kind: "select", Options: names}, {Name: "on", Label: "From which day on", Kind: "date"},
			{Name: "instrument", Label: "Instrument", Hint: "The Act, order or deed", Wide: true}, reason}
	default:
		return view, fault.New(fault.NotFound, "There is no such page.")
	}
	grid := page.Grid{Caption: "Chosen versions", Columns: page.Columns("Agreement", "Organisation", "State")}
	for _, row := range rows {
		view.Fields = append(view.Fields, &page.Field{Name: "version", Kind: "hidden", Value: row.Version.String()})
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: row.Stem, Note: row.Number}, {Text: row.Applicant}, {Text: row.State.Label()}})
	}
	view.Also = []ListSection{{"Chosen versions", grid}}
	return view, nil
}

// takeOnDo does to many versions what the form says.
func (s *server) takeOnDo(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	rows, err := s.chosen(r, actor)
	if err != nil {
		return err
	}
	act := r.PathValue("act")
	view, err := s.bulkForm(r, act, rows)
	if err != nil {
		return err
	}
	var versions []uuid.UUID
	var stems []string
	for _, row := range rows {
		versions = append(versions, row.Version)
		if !slices.Contains(stems, row.Stem) {
			stems = append(stems, row.Stem)
		}
	}
	if act == "template" && r.PostForm.Get("do") != "apply" {
		return s.tryTemplate(w, r, actor, view, versions)
	}
	return s.form(w, r, view, takeOnTrail, func(value func(string) string) (string, error) {
		ctx := r.Context()
		switch act {
		case "template":
			_, err := s.Service.ApplyTemplate(ctx, actor, release.ApplyTemplateInput{Template: value("template"), Versions: versions, Reason: value("reason"), Overwrite: value("overwrite") == "yes"})
			return takeOnHome + "?state=draft", err
		case "transfer":
			problems := wrongForm()
			input := release.TransferInput{Kind: terms.SuccessionKind(value("kind")), From: value("from"), To: value("to"), On: *orNone(dayField(value, "on", problems)),
				Instrument: value("instrument"), Reason: value("reason"), Agreements: stems}
			if err := orNil(problems); err != nil {
				return "", err
			}
			_, err := s.Service.BulkTransfer(ctx, actor, input)
			return organisationsHome + "/" + input.To, err
		}
		return takeOnHome + "?state=draft", s.Service.TakeOn(ctx, actor, release.TakeOnInput{Versions: versions, Reason: value("reason")})
	})
}

// shown is how many changes of a dry run the page lists.
const shown = 500

// tryTemplate shows what a template would change.
func (s *server) tryTemplate(w http.ResponseWriter, r *http.Request, actor access.Actor, view FormView, versions []uuid.UUID) error {
	typed(r, view.Fields)
	p := page.Page{Title: view.Heading, Private: true, Trail: takeOnTrail}
	changes, err := s.Service.ApplyTemplate(r.Context(), actor, release.ApplyTemplateInput{Template: r.PostForm.Get("template"), Versions: versions,
		Reason: strings.TrimSpace(r.PostForm.Get("reason")), Overwrite: r.PostForm.Get("overwrite") == "yes", DryRun: true})
	if err != nil {
		if view.Problems, p.Status, err = page.Refused(err, view.Fields); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
		return formPage.Render(s.pages, w, r, p, view)
	}
	grid := page.Grid{Caption: "What would change", Columns: page.Columns("Version", "Answer", "Now", "Then"), Empty: "Nothing would change."}
	for _, c := range changes[:min(len(changes), shown)] {
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: c.Reference}, {Text: c.Field}, {Text: c.From}, {Text: c.To}})
	}
	title := page.Plural(len(changes), "answer", "answers") + " would change"
	if len(changes) > shown {
		title += fmt.Sprintf("; the first %d are", shown)
	}
	view.Also = append([]ListSection{{title, grid}}, view.Also...)
	view.Buttons = []FormButton{{Text: "Apply", Value: "apply"}, {Text: "Show what would change", Value: "try", Secondary: true}}
	return formPage.Render(s.pages, w, r, p, view)
}

// templateOptions are the templates to choose from.
func (s *server) templateOptions(r *http.Request) ([]page.Option, error) {
	names, err := s.Service.Read().Template.Query().Order(template.ByName()).Select(template.FieldName).Strings(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading templates: %w", err)
	}
	all := []page.Option{{Label: "Choose"}}
	for _, n := range names {
		all = append(all, page.Option{Value: n, Label: n})
	}
	return all, nil
}

// templates lists the templates.
func (s *server) templates(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	found, err := s.Service.Read().Template.Query().Order(template.ByName()).All(r.Context())
	if err != nil {
		return fmt.Errorf("reading templates: %w", err)
	}
	view := ListView{Intro: []string{"A template holds what agreements of one class have in common. Apply it from the list of agreements to take on."},
		Count: page.Plural(len(found), "template", "templates"), Grid: page.Grid{Caption: "Templates", Columns: page.Columns("Template", "What for", "Since"), Empty: "There is none yet."}}
	mayRun := access.Check(actor, access.RunAgreements) == nil
	if mayRun {
		view.Actions = []page.Link{{Text: "Write a template", Href: templatesHome + "/new"}}
	}
	for _, t := range found {
		name := page.GridCell{Text: t.Name}
		if mayRun {
			name.Href = templatesHome + "/new?" + url.Values{"template": {t.Name}}.Encode()
		}
		view.Grid.Rows = append(view.Grid.Rows, []page.GridCell{name, {Text: t.Description}, {Text: page.Moment(t.CreatedAt)}})
	}
	return s.list(w, r, "Templates", view, takeOnTrail)
}
