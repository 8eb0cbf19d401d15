package fault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestKindAndCauseAreBothSeen(t *testing.T) {
	err := fmt.Errorf("importing: %w", New(Invalid, "2 cells are wrong").
		With(Reason{Field: "row 7", Message: "NIC number expected"}, Reason{Message: "a sheet is missing"}).
		Because(io.ErrUnexpectedEOF))
	if !errors.Is(err, Invalid) || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, NotFound) {
		t.Fatalf("kinds of %v", err)
	}
	if got, want := err.Error(), "importing: 2 cells are wrong: row 7: NIC number expected; a sheet is missing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if Code(err) != "invalid" || Code(io.EOF) != "internal" || Code(New(NotFound, "x")) != "not_found" {
		t.Error("codes")
	}
}

func TestAQuotedValueIsCut(t *testing.T) {
	whole := strings.Repeat("é", 200)
	if got := Quoted(whole); got != whole {
		t.Errorf("200 characters became %q", got)
	}
	if got := Quoted(whole + "xyz"); got != whole+"…" {
		t.Errorf("203 characters became %q", got)
	}
}
