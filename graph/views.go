package graph

import (
	"encoding/json"
	"fmt"

	"data.release/registrar/ent"
	"data.release/registrar/graph/model"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// registerQuery is a filter as the register's search takes it.
func registerQuery(f *model.EntryFilter) release.RegisterQuery {
	var q release.RegisterQuery
	if f == nil {
		return q
	}
	if f.Text != nil {
		q.Text = *f.Text
	}
	q.Kinds, q.Types, q.OptOuts, q.Frequencies = one(f.Kind), one(f.TypeOfData), one(f.OptOut), one(f.Frequency)
	q.Organisations, q.Datasets, q.Stems = one(f.Organisation), one(f.Dataset), one(f.Stem)
	if f.Stands != nil {
		q.Stands = []terms.Answer{terms.AnswerOf(f.Stands)}
	}
	return q
}

// columnValues are values by their columns; of one that is given twice, the
// last.
func columnValues(given []*model.ColumnValue) map[string]string {
	values := make(map[string]string, len(given))
	for _, v := range given {
		values[v.Column] = v.Value
	}
	return values
}

func one[T any](value *T) []T {
	if value == nil {
		return nil
	}
	return []T{*value}
}

func entryView(e register.Entry) *model.RegisterEntry {
	view := &model.RegisterEntry{
		Number: e.Number, Kind: e.Kind, RecordedAt: e.RecordedAt, Late: e.Late, SourceID: e.SourceID,
		Reference: e.Reference, Stem: e.Stem, Version: e.Version,
		Organisation: e.Get(register.OrganisationName), OrganisationID: e.Get(register.OrganisationID),
		OrganisationType: e.Get(register.OrganisationType), Dataset: e.Get(register.DatasetName), DatasetCode: e.Dataset,
		TypeOfData: e.TypeOfData, Sensitivity: e.Sensitivity, Power: e.Power, Routes: e.Routes, OptOut: e.OptOut,
		Frequency: e.Frequency, RowsBand: e.RowsBand, Channel: string(e.Channel), Starts: known(e.Starts), Ends: known(e.Ends),
		Controllership: string(e.Controllership), SubLicensing: string(e.SubLicensing), Commercial: string(e.Commercial),
		Corrects: string(e.Corrects), Relation: string(e.Relation), Successor: e.Get(register.Successor), Erases: []string{},
	}
	for _, f := range e.Fields {
		view.Erases = append(view.Erases, string(f))
	}
	if e.About > 0 {
		view.About = &e.About
	}
	view.EventFrom, view.EventTo = known(e.EventFrom), known(e.EventTo)
	for i := range e.Files {
		view.Files = append(view.Files, &e.Files[i])
	}
	for _, t := range e.Texts {
		view.Texts = append(view.Texts, &model.EntryTextView{Field: string(t.Field), Text: t.Text, Erased: t.Erased, Withheld: t.Withheld})
	}
	return view
}

func known(d terms.Date) *terms.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func viewer(who access.Actor) *model.Viewer {
	view := &model.Viewer{Name: who.Name}
	for _, m := range who.Memberships {
		view.Roles = append(view.Roles, m.Role.Label()+" of "+m.OrganisationName)
	}
	return view
}

func decisionViews(rows []*ent.Decision) ([]*model.GateDecision, error) {
	views := make([]*model.GateDecision, len(rows))
	for i, row := range rows {
		var findings []gate.Finding
		if err := json.Unmarshal(row.Findings, &findings); err != nil {
			return nil, fmt.Errorf("reading findings: %w", err)
		}
		views[i] = &model.GateDecision{ID: row.ID, Moment: row.Moment, At: row.At, Line: row.Line, Allowed: row.Allowed, PolicySha256: row.PolicySha256}
		views[i].Findings = pointers(findings)
	}
	return views, nil
}

func planViews(rows []*ent.ExtractPlan) []*model.ExtractPlanView {
	views := make([]*model.ExtractPlanView, len(rows))
	for i, row := range rows {
		views[i] = &model.ExtractPlanView{Line: row.Line, Sha256: row.Sha256, Plan: string(row.Plan)}
	}
	return views
}
