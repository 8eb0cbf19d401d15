package page

// Pagination is the links between pages of results, as the template
// "pagination" shows them.
type Pagination struct {
	Previous, Next string // addresses; empty at the ends
	Pages          []PageLink
}

// PageLink is the link to one page; without an address it stands for those
// left out.
type PageLink struct {
	Number  int
	Href    string
	Current bool
}

// Paginate links the first and last page, the current one and its neighbours.
// Of one page or none there is nothing to link.
func Paginate(current, pages int, href func(page int) string) Pagination {
	if pages < 2 {
		return Pagination{}
	}
	var p Pagination
	last := 0
	for number := 1; number <= pages; number++ {
		if number != 1 && number != pages && (number < current-1 || number > current+1) {
			continue
		}
		if number == last+2 { // a sign for one page is no shorter than that page
			p.Pages = append(p.Pages, PageLink{Number: last + 1, Href: href(last + 1)})
		} else if number > last+1 {
			p.Pages = append(p.Pages, PageLink{})
		}
		p.Pages = append(p.Pages, PageLink{Number: number, Href: href(number), Current: number == current})
		last = number
	}
	if current > 1 {
		p.Previous = href(current - 1)
	}
	if current < pages {
		p.Next = href(current + 1)
	}
	return p
}
