package public

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

func entryHref(number int64) string       { return fmt.Sprintf("/register/%d", number) }
func organisationHref(slug string) string { return "/organisations/" + url.PathEscape(slug) }
func datasetHref(code string) string      { return "/datasets/" + url.PathEscape(code) }
func agreementHref(stem string) string    { return "/agreements/" + url.PathEscape(stem) }
func linked(text, id, href string) page.Link {
	return page.Link{Text: called(text), Href: hrefIf(id, href)}
}

func hrefIf(id, href string) string {
	if id == "" {
		return ""
	}
	return href
}

func organisationLink(e register.Entry) page.Link {
	id, name := e.Get(register.OrganisationID), strings.TrimSpace(e.Get(register.OrganisationName))
	if name == "" {
		return page.Link{Text: absent(e, register.OrganisationName)}
	}
	return page.Link{Text: name, Href: hrefIf(id, organisationHref(id))}
}

func datasetLink(e register.Entry) page.Link {
	name := strings.TrimSpace(e.Get(register.DatasetName))
	if name == "" {
		if why := absent(e, register.DatasetName); why != notRecorded {
			return page.Link{Text: why}
		}
		name = e.Dataset
	}
	return page.Link{Text: name, Href: hrefIf(e.Dataset, datasetHref(e.Dataset))}
}

// named is the text of a name within a sentence, also where it is not at hand.
func named(e register.Entry, field register.Field, link page.Link, what string) string {
	if strings.TrimSpace(e.Get(field)) != "" {
		return link.Text
	}
	switch absent(e, field) {
	case erased:
		return what + " whose name was erased by law"
	case withheld:
		return what + " whose name is withheld"
	}
	if link.Text == "" || link.Text == notRecorded {
		return what + " that is not recorded"
	}
	return link.Text
}

// recipient names the organisation within a sentence.
func recipient(e register.Entry) string {
	return named(e, register.OrganisationName, organisationLink(e), "an organisation")
}

func agreementLink(e register.Entry) page.Link {
	text := e.Reference
	if text == "" {
		text = e.Stem
	}
	if text == "" {
		return page.Link{Text: "Not recorded"}
	}
	return linked(text, e.Stem, agreementHref(e.Stem))
}

// mostName is how many characters of a name a list shows; its page has it whole.
const mostName = 200

// called is a name as lists have it.
func called(name string) string {
	name = nameOf(name)
	if utf8.RuneCountInString(name) <= mostName {
		return name
	}
	return strings.TrimSpace(string([]rune(name)[:mostName])) + "…"
}

// unnamed is the id of a body whose name is withheld, which stands for the name.
var unnamed = regexp.MustCompile(`^withheld-([0-9a-f]{8}-[0-9a-f]{4})$`)

// nameOf is a name without spaces around it, or words where it is withheld.
func nameOf(name string) string {
	name = strings.TrimSpace(name)
	if id := unnamed.FindStringSubmatch(name); id != nil {
		return "Withheld name " + id[1]
	}
	return name
}
