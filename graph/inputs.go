package graph

import (
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/graph/model"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// pointers are lists as gqlgen hands them out.
func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// values are lists as commands take them.
func values[T any](list []*T) []T {
	out := make([]T, len(list))
	for i, one := range list {
		out[i] = *one
	}
	return out
}

// value is what was given, or nothing.
func value[T any](given *T) (v T) {
	if given != nil {
		v = *given
	}
	return v
}

// some is an id, or null for none.
func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func dayOf(on *terms.Date) terms.Date { return value(on) }

// fromBase64 is a file that was sent as text.
func fromBase64(field, content string) ([]byte, error) {
	file, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The content is no Base64").With(fault.Reason{Code: "base64", Field: field, Message: "is no Base64 (RFC 4648)"})
	}
	return file, nil
}

func base64Reader(content string) (io.Reader, error) {
	file, err := fromBase64("content", content)
	return strings.NewReader(string(file)), err
}

func stepRevisions(revisions map[string]int) []*model.StepRevision {
	out := []*model.StepRevision{}
	for _, step := range release.Steps() {
		out = append(out, &model.StepRevision{Step: step, Revision: revisions[step]})
	}
	return out
}

func queueQuery(f *model.QueueFilter, sort *release.QueueSort, page, size int) release.QueueQuery {
	q := release.QueueQuery{Sort: value(sort), Page: page, Size: size}
	if f != nil {
		q.States, q.Kinds, q.Owner, q.Text, q.Waiting = f.States, f.Kinds, value(f.Owner), value(f.Text), value(f.Waiting)
	}
	return q
}

func agreementQuery(f *model.AgreementFilter, page, size int) release.AgreementQuery {
	q := release.AgreementQuery{Page: page, Size: size}
	if f != nil {
		q.Text, q.States = value(f.Text), f.States
	}
	return q
}

func gateQuestion(version uuid.UUID, line *int, moment gate.Moment, asOf *time.Time, recipient *string) release.GateQuestion {
	return release.GateQuestion{Version: version, Line: value(line), Moment: moment, At: value(asOf), Recipient: value(recipient)}
}

func personFilter(f *model.PersonFilterInput) release.PersonFilter {
	if f == nil {
		return release.PersonFilter{}
	}
	return release.PersonFilter{Organisation: value(f.Organisation), Role: value(f.Role), Search: value(f.Search), Former: value(f.Former)}
}

func evidenceFile(in model.EvidenceInput) (release.EvidenceFile, error) {
	content, err := fromBase64("content", in.Content)
	return release.EvidenceFile{Kind: in.Kind, Name: in.Name, Source: in.Source, Content: content, Apply: in.Apply}, err
}

func takeOnFilter(f *model.TakeOnFilterInput) release.TakeOnFilter {
	if f == nil {
		return release.TakeOnFilter{}
	}
	return release.TakeOnFilter{Kind: value(f.Kind), Lack: value(f.Lack), State: value(f.State), Applicant: value(f.Applicant), Search: value(f.Search)}
}

// takeOnView is a page of the worklist.
func takeOnView(list release.TakeOnWorklist, page, size int) (*model.TakeOnWorklist, error) {
	if page < 1 || page > 1_000_000 || size < 1 || size > 100 {
		return nil, fault.New(fault.Invalid, "A page is from 1 to 1,000,000, and has 1 to 100 versions.")
	}
	total := len(list.Rows)
	view := &model.TakeOnWorklist{All: list.All, Total: total, Page: page, Pages: (total + size - 1) / size}
	from := min(total, (page-1)*size)
	view.Rows = pointers(list.Rows[from:min(total, from+size)])
	for _, lack := range slices.Sorted(maps.Keys(list.ByLack)) {
		view.ByLack = append(view.ByLack, &model.Tally{Code: string(lack), Label: lack.Label(), Count: list.ByLack[lack]})
	}
	return view, nil
}
