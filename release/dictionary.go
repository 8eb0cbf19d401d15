package release

import (
	"context"

	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
)

// Dictionary is a dataset of which extracts can be made, with its fields.
type Dictionary struct {
	Definition, Dataset string // code; name
	Fields              []gate.Field
}

// Dictionaries lists the datasets of which extracts can be made; for whoever
// may read applications.
func (s *Service) Dictionaries(_ context.Context, actor access.Actor) ([]Dictionary, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	if s.planner == nil {
		return nil, nil
	}
	var all []Dictionary
	for _, code := range s.planner.Definitions() {
		all = append(all, Dictionary{code, s.planner.Dataset(code), s.planner.Fields(code)})
	}
	return all, nil
}
