package release

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"data.release/registrar/release/fault"
)

// unreadable finds the texts, anywhere in what was sent, that hold what no
// reader could see as it is: bytes that are no text, control characters, and
// marks that take no room or turn the direction of what follows around, also on
// the public's pages. Of a list by names the name is the field.
func unreadable(input any) (reasons []fault.Reason) {
	walkTexts(reflect.ValueOf(input), "", func(path, text string) {
		switch {
		case !utf8.ValidString(text) || strings.ContainsFunc(text, controls):
			reasons = append(reasons, fault.Reason{Code: "text", Field: path,
				Message: "has a character in it that is no text, such as a copy from another program brings; type that place anew"})
		case strings.ContainsFunc(text, hidden):
			reasons = append(reasons, fault.Reason{Code: "text", Field: path,
				Message: "has a hidden mark in it, by which it could be made to look like another text; type that place anew"})
		}
	})
	return reasons
}

// controls says that the rune is a control character other than those that
// divide lines and columns.
func controls(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// hidden says that the rune is one of Unicode's marks, embeddings, overrides and
// isolates of direction (UAX #9), or a space or a joiner of no width. The two
// that scripts need to join letters or keep them apart are not.
func hidden(r rune) bool {
	return (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) || r == 0x200B || r == 0x200E || r == 0x200F || (r >= 0x2060 && r <= 0x2064) || r == 0xFEFF
}

func walkTexts(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkTexts(v.Elem(), path, visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			visit(path, key.String())
			walkTexts(v.MapIndex(key), key.String(), visit)
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
