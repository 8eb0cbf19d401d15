// Package strict reads JSON that people write by hand (dataset definitions,
// validation rules) and says everything that is wrong with it at once, each
// with its place, where encoding/json stops at the first fault and accepts
// unknown and repeated names.
package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
)

// Decode fills v (a pointer to a struct) from one JSON value. The reasons name
// every unknown or repeated name and every value of the wrong kind, by path
// ("fields[3].class"). v is filled only if there are none.
func Decode(data []byte, v any) []fault.Reason {
	if !json.Valid(data) {
		var probe any
		return []fault.Reason{{Code: "json", Message: fmt.Sprintf("not valid JSON: %v", json.Unmarshal(data, &probe))}}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	w := walker{d: d}
	w.value("", reflect.TypeOf(v).Elem())
	if _, err := d.Token(); err != io.EOF {
		w.say("", "json", "there is more after the first JSON value")
	}
	if len(w.reasons) == 0 {
		if err := json.Unmarshal(data, v); err != nil {
			w.say("", "json", "%v", err)
		}
	}
	return w.reasons
}

type walker struct {
	d       *json.Decoder
	reasons []fault.Reason
}

func (w *walker) say(path, code, format string, args ...any) {
	w.reasons = append(w.reasons, fault.Reason{Code: code, Field: strings.TrimPrefix(path, "."), Message: fmt.Sprintf(format, args...)})
}

// value reads one value and compares it with the type that it is for; a nil
// type accepts anything. The input is known to be valid JSON, so Token cannot
// fail.
func (w *walker) value(path string, t reflect.Type) {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	tok, _ := w.d.Token()
	if delim, ok := tok.(json.Delim); ok && delim == '{' {
		w.object(path, t)
		return
	}
	if delim, ok := tok.(json.Delim); ok && delim == '[' {
		var elem reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			elem = t.Elem()
		} else if t != nil {
			w.say(path, "kind", "a list stands where %s is wanted", noun(t))
		}
		for i := 0; w.d.More(); i++ {
			w.value(fmt.Sprintf("%s[%d]", path, i), elem)
		}
		w.d.Token()
		return
	}
	if t == nil {
		return
	}
	switch tok := tok.(type) {
	case string:
		if t.Kind() != reflect.String {
			w.say(path, "kind", "the text %q stands where %s is wanted", tok, noun(t))
		}
	case json.Number:
		if _, err := tok.Int64(); err != nil || t.Kind() != reflect.Int {
			w.say(path, "kind", "the number %s stands where %s is wanted", tok, noun(t))
		}
	case bool:
		if t.Kind() != reflect.Bool {
			w.say(path, "kind", "%t stands where %s is wanted", tok, noun(t))
		}
	case nil:
		w.say(path, "kind", "null stands where %s is wanted; leave the name out instead", noun(t))
	}
}

func (w *walker) object(path string, t reflect.Type) {
	fields := map[string]reflect.Type{}
	if t != nil && t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" {
				fields[name] = t.Field(i).Type
			}
		}
	} else if t != nil {
		w.say(path, "kind", "an object stands where %s is wanted", noun(t))
		t = nil
	}
	var seen []string
	for w.d.More() {
		tok, _ := w.d.Token()
		name := tok.(string)
		if slices.Contains(seen, name) {
			w.say(path+"."+name, "repeated", "the name is given twice")
		}
		seen = append(seen, name)
		ft, known := fields[name]
		if t != nil && !known {
			w.say(path+"."+name, "unknown", "no such name here")
		}
		w.value(path+"."+name, ft)
	}
	w.d.Token()
}

func noun(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
