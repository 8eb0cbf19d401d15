package register

import "strings"

// ListMark divides the items of a list in a cell.
const ListMark = " | "

// Field is the text that the column shows by itself; false for columns that are
// made of codes, or of several texts.
func (c Column) Field() (Field, bool) {
	name, ok := strings.CutPrefix(c.Source, "texts: ")
	if !ok || c.Type == "list" || Field(name) == AsPublished {
		return "", false
	}
	return Field(name), true
}
