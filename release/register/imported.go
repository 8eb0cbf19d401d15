package register

import (
	"encoding/json"
)

// Imported is an entry to be, with where it stood. Its number, moment, edition
// and salts, and the ids of its organisation and datasets, come with the
// writing: they depend on what is recorded already (see Identify).
//
// Several may stand in one row: a project of HDR UK's layout is an agreement
// and a release of each of its datasets. The row is then that of the first.
type Imported struct {
	Entry        Entry
	Organisation string   // key; empty: not recorded
	Dataset      string   // key; empty for agreements
	Lines        []string // of an agreement: the key of the dataset of each of the entry's lines
	Sheet        string
	Line         int
	Also         []At // other rows that it was made of

	lineNames []string // as published, beside Lines
}

// At is a row of a sheet.
type At struct {
	Sheet string
	Line  int
}

// add gives an agreement a dataset line.
func (i *Imported) add(line Line, dataset spelling) {
	i.Entry.Lines = append(i.Entry.Lines, line)
	i.Lines, i.lineNames = append(i.Lines, dataset.key), append(i.lineNames, dataset.name)
}

// Identify gives the entry the ids of its organisation and datasets: a slug,
// empty where the organisation is not recorded, and the code of each key.
func (i *Imported) Identify(slug string, code func(key string) string) {
	i.Entry.With(OrganisationID, slug)
	if i.Dataset != "" {
		i.Entry.Dataset = code(i.Dataset)
	}
	names := map[string]string{}
	for j, key := range i.Lines {
		c := code(key)
		i.Entry.Lines[j].Dataset = c
		if _, named := names[c]; !named {
			names[c] = i.lineNames[j]
		}
	}
	if len(names) > 0 {
		text, err := json.Marshal(names) // keys come out sorted
		if err != nil {                  // a map of strings always marshals
			panic(err)
		}
		i.Entry.With(DatasetNames, string(text))
	}
}
