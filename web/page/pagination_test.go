package page_test

import (
	"strings"
	"testing"

	"data.release/registrar/web/page"
)

func TestPaginate(t *testing.T) {
	href := func(int) string { return "x" }
	shape := func(current, pages int) string {
		var out strings.Builder
		for _, link := range page.Paginate(current, pages, href).Pages {
			switch {
			case link.Href == "":
				out.WriteString("… ")
			case link.Current:
				out.WriteString("[" + string(rune('0'+link.Number%10)) + "] ")
			default:
				out.WriteString(string(rune('0'+link.Number%10)) + " ")
			}
		}
		return strings.TrimSpace(out.String())
	}
	for _, test := range []struct {
		current, pages int
		want           string
	}{
		{1, 0, ""}, {1, 1, ""}, {1, 2, "[1] 2"}, {2, 3, "1 [2] 3"}, {1, 9, "[1] 2 … 9"}, {5, 9, "1 … 4 [5] 6 … 9"},
		{4, 9, "1 2 3 [4] 5 … 9"}, {9, 9, "1 … 8 [9]"}, {3, 5, "1 2 [3] 4 5"},
	} {
		if got := shape(test.current, test.pages); got != test.want {
			t.Errorf("page %d of %d: %s", test.current, test.pages, got)
		}
	}
	if p := page.Paginate(1, 3, href); p.Previous != "" || p.Next == "" {
		t.Error("ends of the first page")
	}
	if p := page.Paginate(3, 3, href); p.Previous == "" || p.Next != "" {
		t.Error("ends of the last page")
	}
}
