package register

import "data.release/registrar/release/privacy"

// Withheld counts the texts and cells of an edition in which the privacy scan
// found something of a kind. They are kept from the public until a person has
// looked at them; their rows are entered all the same. A text with findings of
// two kinds counts under both.
type Withheld struct {
	Kind  privacy.Kind `json:"kind"`
	Texts int          `json:"texts"` // of entries
	Cells int          `json:"cells"` // of rows, beside the texts of their entries
}

func (r Report) writeWithheld(out *lines) {
	if len(r.Withheld) == 0 {
		return
	}
	out.print("\nWithheld until a person has looked at them (every row is entered all the same):")
	for _, h := range r.Withheld {
		out.print("  %-26s texts: %5d   cells: %5d", h.Kind.Label(), h.Texts, h.Cells)
	}
}
