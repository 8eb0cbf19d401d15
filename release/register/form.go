package register

// Form is how the file of an edition was written, so that it can be written
// again with every cell's text as it stood.
type Form struct {
	Kind string `json:"kind"` // xlsx, csv or json
	// Of CSV: what divides cells, and how lines end; UTF-8 unless said otherwise.
	Comma    string `json:"comma,omitempty"`
	CRLF     bool   `json:"crlf,omitempty"`
	BOM      bool   `json:"bom,omitempty"`
	Quoted   bool   `json:"quoted,omitempty"` // every cell, not only those that need it
	Encoding string `json:"encoding,omitempty"`
	// Of JSON: the member that holds the list, where the file is an object, and
	// the members whose values are no strings.
	Member string   `json:"member,omitempty"`
	Raw    []string `json:"raw,omitempty"`
}
