package release

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/fault"
)

// unreadable finds the texts, anywhere in what was sent, that hold what no
// reader could see as it is: bytes that are no text, NUL, and the marks that
// turn the direction of what follows around, also on the public's pages.
func unreadable(input any) (reasons []fault.Reason) {
	walkTexts(reflect.ValueOf(input), "", func(path, text string) {
		switch {
		case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
			reasons = append(reasons, fault.Reason{Code: "text", Field: path,
				Message: "has a character in it that is no text, such as a copy from another program brings; type that place anew"})
		case strings.ContainsFunc(text, turns):
			reasons = append(reasons, fault.Reason{Code: "text", Field: path,
				Message: "has a hidden mark in it that turns the direction of the text; type that place anew"})
		}
	})
	return reasons
}

// turns says that the rune is one of Unicode's embeddings, overrides and
// isolates (UAX #9), by which a text can be made to look like another.
func turns(r rune) bool { return (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) }

func walkTexts(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkTexts(v.Elem(), path, visit)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			walkTexts(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			below := path
			if !field.Anonymous {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				below = strings.TrimPrefix(path+"."+name, ".")
			}
			walkTexts(v.Field(i), below, visit)
		}
	}
}
