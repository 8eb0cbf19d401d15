// Package fault is the one error type of Registrar. A *fault.Error is safe to
// show to whoever asked: it says what is wrong, where, and what to do next,
// with every reason at once. Any other error is an internal one: a transport
// logs it under a reference and shows only that reference.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds. Callers ask with errors.Is(err, fault.NotFound); each transport
// maps them in exactly one function.
var (
	Invalid         = errors.New("invalid")         // what was sent is wrong; correct it and send again
	Unauthenticated = errors.New("unauthenticated") // log in first
	Forbidden       = errors.New("forbidden")       // this person may not do it
	NotFound        = errors.New("not found")
	Conflict        = errors.New("conflict")    // the record has moved on; read it again
	Refused         = errors.New("refused")     // the gate or a two-person rule said no
	TooLarge        = errors.New("too large")   // over a stated limit
	Unavailable     = errors.New("unavailable") // try again later
)

// Reason is one thing that is wrong. Code is stable (a rule id or a short
// slug); Field is the path of what it concerns ("lines[2].fields", "sheet
// DataReleases, row 7, column NIC Number") or empty.
type Reason struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Error carries a kind, a sentence for the reader, and every reason.
type Error struct {
	Kind    error
	Message string
	Reasons []Reason
	cause   error
}

// New makes an error of a kind; the message is for the reader.
func New(kind error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// With adds reasons and returns the same error.
func (e *Error) With(reasons ...Reason) *Error {
	e.Reasons = append(e.Reasons, reasons...)
	return e
}

// Because keeps the cause for the log; it is never shown.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Error is the message followed by every reason.
func (e *Error) Error() string {
	if len(e.Reasons) == 0 {
		return e.Message
	}
	parts := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		parts[i] = r.Message
		if r.Field != "" {
			parts[i] = r.Field + ": " + r.Message
		}
	}
	return e.Message + ": " + strings.Join(parts, "; ")
}

// quoted is how many characters of a value are repeated to whoever sent it.
const quoted = 200

// Quoted is a value as a message repeats it: cut short, for a value may be a
// whole file.
func Quoted(value string) string {
	n := 0
	for i := range value {
		if n++; n > quoted {
			return value[:i] + "…"
		}
	}
	return value
}

// Unwrap makes errors.Is see the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// Code is the stable name of err's kind, and "internal" for any other error.
func Code(err error) string {
	for _, kind := range []error{Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Refused, TooLarge, Unavailable} {
		if errors.Is(err, kind) {
			return strings.ReplaceAll(kind.Error(), " ", "_")
		}
	}
	return "internal"
}
