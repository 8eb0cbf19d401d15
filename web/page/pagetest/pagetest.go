// Package pagetest checks pages.
package pagetest

import (
	"html/template"
	"testing"

	"github.com/jba/templatecheck"

	"data.release/registrar/web/page"
)

// Check type-checks every page that the test's program has parsed against its
// view: a field that a view has not, or a function called with what it does
// not take, fails here and not before a reader. Call it in a test of each
// package that has pages.
func Check(t *testing.T) {
	t.Helper()
	for _, registered := range page.Registered() {
		if err := checkOne(registered.Template, registered.Document); err != nil {
			t.Errorf("%s: %v", registered.Name, err)
		}
	}
}

func checkOne(html *template.Template, document any) error {
	return templatecheck.CheckHTML(html, document)
}
