package public

import (
	"strings"

	"data.release/registrar/web/public/glossary"
)

// What the pages tell machines of themselves, in the terms of schema.org. The
// structs are written as JSON-LD by the layout; a member that is empty is left
// out.

// thing has the members of every thing.
type thing struct {
	Context     string `json:"@context,omitempty"`
	Type        string `json:"@type"`
	ID          string `json:"@id,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
}

const schemaOrg = "https://schema.org"

// openGovernment is the licence under which the registers were published.
const openGovernment = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

// catalog is a DataCatalog: the site with its register.
type catalog struct {
	thing
	License  string         `json:"license,omitempty"`
	Datasets []publishedSet `json:"dataset,omitempty"`
}

// publishedSet is a Dataset in the sense of schema.org: what can be downloaded
// here. It is never a dataset of patients, which is not to be had here.
type publishedSet struct {
	thing
	License          string     `json:"license,omitempty"`
	Creator          *thing     `json:"creator,omitempty"`
	DatePublished    string     `json:"datePublished,omitempty"`
	TemporalCoverage string     `json:"temporalCoverage,omitempty"`
	IsPartOf         *thing     `json:"isPartOf,omitempty"`
	Free             bool       `json:"isAccessibleForFree"`
	Distribution     []download `json:"distribution,omitempty"`
}

// download is a DataDownload.
type download struct {
	Type           string `json:"@type"`
	EncodingFormat string `json:"encodingFormat"`
	ContentURL     string `json:"contentUrl"`
	SHA256         string `json:"sha256,omitempty"`
}

// absolute is an address of this site as others reach it.
func absolute(site, path string) string { return strings.TrimSuffix(site, "/") + path }

// registerFiles are the downloads of entries; query is that of a search, or "".
func registerFiles(site, query string) []download {
	var out []download
	for _, format := range []struct{ path, media string }{
		{"/register.csv", "text/csv"},
		{"/register.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"/register.json", "application/json"},
	} {
		address := absolute(site, format.path)
		if query != "" {
			address += "?" + query
		}
		out = append(out, download{Type: "DataDownload", EncodingFormat: format.media, ContentURL: address})
	}
	return out
}

// whole is the register as one Dataset.
func whole(site, owner string) publishedSet {
	set := publishedSet{
		thing:   thing{Type: "Dataset", ID: absolute(site, "/register"), Name: "Register of data releases", URL: absolute(site, "/register"), Description: "Releases of health and care data: who received them, under which agreement, for which published purposes, on which legal basis, and whether opt-outs were applied. It holds no data about patients."},
		License: openGovernment, Free: true, Distribution: registerFiles(site, ""),
	}
	if owner != "" {
		set.Creator = &thing{Type: "Organization", Name: owner}
	}
	return set
}

// catalogOf is the site as a DataCatalog.
func catalogOf(site, owner string) catalog {
	return catalog{
		thing:   thing{Context: schemaOrg, Type: "DataCatalog", ID: absolute(site, "/"), Name: "Register of data releases", URL: absolute(site, "/"), Description: "A public register of releases of health and care data, with its downloads."},
		License: openGovernment, Datasets: []publishedSet{whole(site, owner)},
	}
}

// about is a page about a part of the register, as a Dataset that is part of
// the whole: its entries can be downloaded by the query.
func partOf(site, path, name, description, query string) publishedSet {
	return publishedSet{
		thing:   thing{Context: schemaOrg, Type: "Dataset", ID: absolute(site, path), Name: name, Description: description, URL: absolute(site, path)},
		License: openGovernment, Free: true, IsPartOf: &thing{Type: "Dataset", ID: absolute(site, "/register"), Name: "Register of data releases"},
		Distribution: registerFiles(site, query),
	}
}

// definedTerms is a DefinedTermSet.
type definedTerms struct {
	thing
	Terms []definedTerm `json:"hasDefinedTerm"`
}

type definedTerm struct {
	thing
	TermCode string `json:"termCode"`
}

func termSet(sections []glossary.Section, site string) definedTerms {
	set := definedTerms{thing: thing{Context: schemaOrg, Type: "DefinedTermSet", ID: absolute(site, "/glossary"), Name: "Glossary of the register of data releases", URL: absolute(site, "/glossary")}}
	for _, section := range sections {
		for _, term := range section.Terms {
			set.Terms = append(set.Terms, definedTerm{TermCode: term.Code,
				thing: thing{Type: "DefinedTerm", ID: absolute(site, "/glossary#"+section.Anchor(term)), Name: term.Label, Description: term.Meaning}})
		}
	}
	return set
}
