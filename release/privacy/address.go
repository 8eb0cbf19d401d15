package privacy

import "strings"

// street tries a house number with a street: one to four capitalised words, of
// which the last is a word for a street.
func (s *scanner) street(from, end int) {
	if from < s.until[addresses] {
		return
	}
	if c := s.before(from); isLetter(c) || c == '.' || c == '/' || c == '-' || c == ',' && isDigit(s.before(from-1)) || c == 0xa3 || c == '$' {
		return
	}
	i := end
	if isLetter(s.after(i)) && !isLetter(s.after(i+1)) { // 12a
		i++
	}
	if n := s.dash(i); n > 0 && isDigit(s.after(i+n)) { // 12-14
		i += n
		for k := 0; k < 4 && isDigit(s.after(i)); k++ {
			i++
		}
	}
	if s.after(i) == ',' {
		i++
	}
	n := s.spaces(i)
	if n == 0 {
		return
	}
	i += n
	for word := range 5 {
		name, upper, letters := s.nameWord(i)
		if letters == 0 || !upper && (word == 0 || !small(s.text[i:name])) {
			return
		}
		if word > 0 && upper && streetWord(strings.ToLower(s.text[i:name])) {
			// High Street Surgery goes on; the finding ends with the street.
			s.until[addresses] = name
			s.found(Address, from, name, "a house number with a street")
			return
		}
		if s.after(name) == '.' && letters <= 2 { // St. John's Road
			name++
		}
		n := s.space(name)
		if n == 0 {
			return
		}
		i = name + n
	}
}

func small(word string) bool {
	switch word {
	case "of", "the", "on", "and", "upon", "le", "de", "la":
		return true
	}
	return false
}

func streetWord(word string) bool {
	switch word {
	case "street", "road", "rd", "lane", "avenue", "ave", "close", "drive", "crescent", "square", "place", "way", "gardens", "terrace",
		"court", "hill", "grove", "walk", "mews", "parade", "quay", "wharf", "row", "broadway", "boulevard", "green", "park", "st":
		return true
	}
	return false
}

// postcode tries a full postcode: an area that exists, a district, a space or
// none, and a unit. A district or sector alone is no address.
func (s *scanner) postcode(from, end int) {
	if from < s.until[addresses] || !postcodeArea(s.text[from:end]) {
		return
	}
	i := end
	if !isDigit(s.after(i)) {
		return
	}
	i++
	if c := s.after(i); isDigit(c) || isUpper(c) {
		// A second character of the district; unless it is the unit already, as
		// in W1 and 1AA written together.
		if !s.unit(i) {
			i++
		}
	}
	if n := s.space(i); n > 0 {
		i += n
	}
	if !s.unit(i) {
		return
	}
	s.until[addresses] = i + 3
	s.found(Address, from, i+3, "a full postcode")
}

// unit says that a place has the last part of a postcode and nothing that goes
// on after it.
func (s *scanner) unit(i int) bool {
	last := func(c byte) bool { return isUpper(c) && strings.IndexByte("CIKMOV", c) < 0 }
	return isDigit(s.after(i)) && last(s.after(i+1)) && last(s.after(i+2)) && !isLetter(s.after(i+3)) && !isDigit(s.after(i+3))
}

// postcodeArea says that letters are one of the 124 areas (Royal Mail, with
// those of the Channel Islands and the Isle of Man), or of the Forces.
func postcodeArea(letters string) bool {
	switch letters {
	case "AB", "AL", "B", "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB", "CF", "CH", "CM", "CO", "CR", "CT", "CV", "CW",
		"DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E", "EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "GY", "HA", "HD",
		"HG", "HP", "HR", "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN", "LS",
		"LU", "M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH",
		"RM", "S", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR",
		"TS", "TW", "UB", "W", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE":
		return true
	}
	return false
}
