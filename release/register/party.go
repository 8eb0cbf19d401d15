package register

import (
	"encoding/json"
	"fmt"

	"data.release/registrar/release/terms"
)

// Party is an organisation of an agreement: the text Parties is a JSON list of
// them. Persons are never in it, and places are given by country alone.
type Party struct {
	Name         string          `json:"name"`
	Organisation string          `json:"organisation,omitempty"` // slug
	Role         terms.PartyRole `json:"role"`
	Places       []PartyPlace    `json:"places,omitempty"`
}

// PartyPlace is where a party works with the data.
type PartyPlace struct {
	Use       string          `json:"use"` // storage, processing, or both
	Territory terms.Territory `json:"territory"`
}

// PartyList are the parties that an entry names; none where it has no such
// text, or the text is not at hand.
func (e Entry) PartyList() ([]Party, error) { return listed[Party](e, Parties) }

// FlowList are the data flows that an entry gives, likewise.
func (e Entry) FlowList() ([]terms.Flow, error) { return listed[terms.Flow](e, Flows) }

// DatasetNamed is the name of a dataset of the entry's lines, as the entry has
// it; its code where the entry has none.
func (e Entry) DatasetNamed(code string) string {
	names := map[string]string{}
	if err := json.Unmarshal([]byte(e.Get(DatasetNames)), &names); err == nil && names[code] != "" {
		return names[code]
	}
	return code
}

func listed[T any](e Entry, field Field) ([]T, error) {
	text := e.Get(field)
	if text == "" {
		return nil, nil
	}
	var out []T
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("the %s of entry %d: %w", field, e.Number, err)
	}
	return out, nil
}
