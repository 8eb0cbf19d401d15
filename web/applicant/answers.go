package applicant

import "data.release/registrar/web/page"

// What answers of the forms have in common.

func line(name, label, hint, standard string) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "text"}}
}

func prose(name, label, hint, standard string, height int) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "textarea", Rows: height, Wide: true}}
}

func day(name, label, hint, standard string) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "date"}, as: date}
}

func count(name, label, hint string) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Kind: "number"}, as: number}
}

func listed(name, label, hint, standard string) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "textarea", Rows: 3}, as: list}
}

func either(name, label, hint, standard string) answer {
	return answer{as: yesNo, Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "radios",
		Options: []page.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "No"}}}}
}

func tick(name, label, says, standard string) answer {
	return answer{as: yes, Field: page.Field{Name: name, Label: label, Standard: standard, Kind: "checkboxes", Options: []page.Option{{Value: "yes", Label: says}}}}
}

func ticks(name, label, hint, standard string, options []page.Option) answer {
	return answer{as: choices, Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "checkboxes", Options: options}}
}

func pick(name, label, hint, standard string, options []page.Option) answer {
	return answer{Field: page.Field{Name: name, Label: label, Hint: hint, Standard: standard, Kind: "select", Options: append([]page.Option{{Label: "Choose"}}, options...)}}
}

// vocabulary is a code list as options; what is not recorded is no answer, nor
// are words that only published registers have.
func vocabulary[T interface {
	~string
	Values() []string
	Label() string
}]() []page.Option {
	var options []page.Option
	for _, value := range T("").Values() {
		published, is := any(T(value)).(interface{ PublishedOnly() bool })
		if value != "not_recorded" && !(is && published.PublishedOnly()) {
			options = append(options, page.Option{Value: value, Label: T(value).Label()})
		}
	}
	return options
}

func options(pairs ...string) []page.Option {
	var out []page.Option
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, page.Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return out
}
