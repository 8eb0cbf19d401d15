package release

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"data.release/registrar/release/fault"
)

// nowLength is how much of another person's answer a reason shows, in
// characters.
const nowLength = 120

// sectionDifferences are the answers that differ between two sections of one step,
// each with what stands there now.
func sectionDifferences(mine, theirs Section) ([]fault.Reason, error) {
	left, err := answers(mine)
	if err != nil {
		return nil, err
	}
	right, err := answers(theirs)
	if err != nil {
		return nil, err
	}
	paths := slices.Collect(maps.Keys(left))
	for path := range right {
		if _, ok := left[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	var reasons []fault.Reason
	for _, path := range paths {
		if left[path] == right[path] {
			continue
		}
		now := "nothing"
		if right[path] != "" {
			now = excerpt(right[path], nowLength)
		}
		reasons = append(reasons, fault.Reason{Code: "changed", Field: path, Message: "now: " + now})
	}
	return reasons, nil
}

// excerpt is the beginning of a text of at most so many characters.
func excerpt(text string, length int) string {
	runes := []rune(text)
	if len(runes) <= length {
		return text
	}
	return string(runes[:length-1]) + "…"
}

// answers are the answers of a section by their paths; those that say nothing
// are left out.
func answers(section Section) (map[string]string, error) {
	text, err := json.Marshal(section)
	if err != nil {
		return nil, fmt.Errorf("reading the answers: %w", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("reading the answers: %w", err)
	}
	out := map[string]string{}
	gather(out, "", tree)
	return out, nil
}

func gather(out map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if path != "" {
				name = path + "." + name
			}
			gather(out, name, member)
		}
	case []any:
		for i, member := range v {
			gather(out, path+"["+strconv.Itoa(i)+"]", member)
		}
	case string:
		if v != "" && v != "not_recorded" && v != "not_reviewed" {
			out[path] = v
		}
	case bool:
		if v {
			out[path] = "yes"
		}
	case float64:
		if v != 0 {
			out[path] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
}
