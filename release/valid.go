package release

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-playground/validator/v10"

	"data.release/registrar/release/fault"
)

var shape = func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	return v
}()

// embedded is the name of a section that another struct embeds: it is no part
// of a path.
var embedded = regexp.MustCompile(`\b[A-Z]\w*Section\.`)

// valid checks the shape of what was sent, by its struct tags, and says
// everything that is wrong at once.
func valid(input any) error {
	wrong, err := misshapen(input)
	if err != nil {
		return err
	}
	return needAttention(wrong)
}

// misshapen is valid for a command that has more to say against what was sent.
func misshapen(input any) ([]fault.Reason, error) {
	err := shape.Struct(input)
	var wrong validator.ValidationErrors
	if err != nil && !errors.As(err, &wrong) {
		return nil, err
	}
	reasons := unreadable(input)
	for _, w := range wrong {
		_, path, _ := strings.Cut(w.Namespace(), ".")
		path = embedded.ReplaceAllString(path, "")
		reasons = append(reasons, fault.Reason{Code: w.Tag(), Field: path, Message: shapeMessage(w)})
	}
	return reasons, nil
}

// needAttention refuses for reasons; nil where there are none.
func needAttention(wrong []fault.Reason) error {
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Invalid, "1 answer needs attention").With(wrong...)
	}
	return fault.New(fault.Invalid, "%d answers need attention", len(wrong)).With(wrong...)
}

func shapeMessage(w validator.FieldError) string {
	switch w.Tag() {
	case "required", "required_without", "required_if":
		return "is missing"
	case "max":
		return fmt.Sprintf("is longer than %s", w.Param())
	case "min":
		return fmt.Sprintf("needs at least %s", w.Param())
	case "email":
		return "is no e-mail address"
	case "oneof":
		return "must be one of " + strings.ReplaceAll(w.Param(), " ", ", ")
	case "unique":
		return "has the same value twice"
	}
	return "is not acceptable (" + w.Tag() + ")"
}
