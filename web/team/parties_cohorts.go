package team

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/cohortversion"
	"data.release/registrar/ent/cohortwithdrawal"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

const cohortsHome = Home + "/cohorts"

func (s *server) cohortAgreement(r *http.Request) (*ent.Agreement, error) {
	stem := strings.TrimSuffix(r.PathValue("stem"), ".csv")
	a, err := s.Service.Read().Agreement.Query().Where(agreement.Stem(stem)).
		WithCohorts(func(q *ent.CohortVersionQuery) {
			q.Order(ent.Asc(cohortversion.FieldName), ent.Desc(cohortversion.FieldNumber))
		}).
		WithWithdrawals(func(q *ent.CohortWithdrawalQuery) {
			q.Order(ent.Desc(cohortwithdrawal.FieldOn, cohortwithdrawal.FieldID))
		}).Only(r.Context())
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such agreement.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading cohorts: %w", err)
	}
	return a, nil
}

func cohortTrail(stem string) []page.Link {
	return []page.Link{teamTrail[0], {Text: stem, Href: agreementHref(stem)}}
}

// cohorts lists an agreement's cohorts and who took their consent back.
func (s *server) cohorts(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	a, err := s.cohortAgreement(r)
	if err != nil {
		return err
	}
	here := cohortsHome + "/" + url.PathEscape(a.Stem)
	view := ListView{Intro: []string{"The newest list of a cohort is the one that counts. A withdrawal that is newer refuses its lines until the next list is used."},
		Count: page.Plural(len(a.Edges.Cohorts), "list", "lists"), Grid: page.Grid{Caption: "Lists of cohorts", Columns: page.Columns("Cohort", "#Version", "From", "#People", "Supplier", "To be destroyed by"), Empty: "No list is recorded."}}
	for _, c := range a.Edges.Cohorts {
		view.Grid.Rows = append(view.Grid.Rows, []page.GridCell{{Text: c.Name}, {Text: strconv.Itoa(c.Number)}, {Text: c.AsOf.Words()}, {Text: page.Count(c.People)}, {Text: c.Supplier}, {Text: dayWords(c.DestroyBy)}})
	}
	withdrawn := page.Grid{Caption: "Withdrawals", Columns: page.Columns("Cohort", "On", "#People"), Empty: "Nobody took their consent back."}
	for _, c := range a.Edges.Withdrawals {
		withdrawn.Rows = append(withdrawn.Rows, []page.GridCell{{Text: c.Name}, {Text: c.On.Words()}, {Text: page.Count(c.People)}})
	}
	view.Also = []ListSection{{"Withdrawals", withdrawn}}
	if access.Check(actor, access.RunAgreements) == nil {
		view.Actions = []page.Link{{Text: "Record a list", Href: here + "/list"}, {Text: "Record a withdrawal", Href: here + "/withdrawal"}}
	}
	return s.list(w, r, "Cohorts of "+a.Stem, view, cohortTrail(a.Stem))
}

// recordCohort records a list or a withdrawal.
func (s *server) recordCohort(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	a, err := s.cohortAgreement(r)
	if err != nil {
		return err
	}
	here := cohortsHome + "/" + url.PathEscape(a.Stem)
	name := &page.Field{Name: "name", Label: "Cohort", Hint: "Its name, as the lines of the agreement have it"}
	if len(a.Edges.Cohorts) > 0 {
		name.Value = a.Edges.Cohorts[0].Name
	}
	people := &page.Field{Name: "people", Label: "How many people", Kind: "number"}
	number := func(value func(string) string, problems *fault.Error) int {
		n, err := strconv.Atoi(value("people"))
		if err != nil || n < 0 {
			problems.With(fault.Reason{Code: "number", Field: "people", Message: "is no count of people"})
		}
		return n
	}
	switch r.PathValue("act") {
	case "list":
		view := FormView{About: a.Stem, Heading: "Record a list of a cohort", Buttons: []FormButton{{Text: "Record"}}, Cancel: here,
			Intro: []string{"Who they are stays in the list itself; here stand its day, its supplier and how many they are."},
			Fields: []*page.Field{name, {Name: "supplier", Label: "Supplier"}, {Name: "asOf", Label: "From which day the list is", Kind: "date"}, people,
				{Name: "destroyBy", Label: "To be destroyed by", Kind: "date"}}}
		return s.form(w, r, view, cohortTrail(a.Stem), func(value func(string) string) (string, error) {
			problems := wrongForm()
			input := release.CohortInput{Stem: a.Stem, Name: value("name"), Supplier: value("supplier"), AsOf: *orNone(dayField(value, "asOf", problems)),
				People: number(value, problems), DestroyBy: dayField(value, "destroyBy", problems)}
			if err := orNil(problems); err != nil {
				return "", err
			}
			_, err := s.Service.RecordCohort(r.Context(), actor, input)
			return here, err
		})
	case "withdrawal":
		view := FormView{About: a.Stem, Heading: "Record a withdrawal of consent", Buttons: []FormButton{{Text: "Record"}}, Cancel: here,
			Fields: []*page.Field{name, {Name: "on", Label: "On which day", Kind: "date"}, people}}
		return s.form(w, r, view, cohortTrail(a.Stem), func(value func(string) string) (string, error) {
			problems := wrongForm()
			input := release.WithdrawalInput{Stem: a.Stem, Name: value("name"), On: *orNone(dayField(value, "on", problems)), People: number(value, problems)}
			if err := orNil(problems); err != nil {
				return "", err
			}
			return here, s.Service.RecordWithdrawal(r.Context(), actor, input)
		})
	}
	return fault.New(fault.NotFound, "There is no such page.")
}
