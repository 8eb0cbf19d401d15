package privacy

// nhsNumber tries ten digits, written together or as 3-3-4 with single spaces
// or dashes. The check digit is by modulus 11 (NHS Data Model and Dictionary,
// NHS NUMBER): one number of eleven fits it by chance. Ten equal digits all fit
// it and are nobody's: they stand for "none".
func (s *scanner) nhsNumber(from int) {
	t := s.text
	if s.inDecimal(from) {
		return
	}
	var digits [10]byte
	i, n := from, 0
	for group, size := range [3]int{3, 3, 4} {
		if group > 0 {
			i += s.joint(i)
		}
		for range size {
			if i >= len(t) || !isDigit(t[i]) {
				return
			}
			digits[n] = t[i] - '0'
			i, n = i+1, n+1
		}
	}
	if isDigit(s.after(i)) || s.after(i) == '.' && isDigit(s.after(i+1)) {
		return
	}
	sum, equal := 0, true
	for k, d := range digits[:9] {
		sum += int(d) * (10 - k)
		equal = equal && d == digits[9]
	}
	if !equal && (11-sum%11)%11 == int(digits[9]) {
		s.found(NHSNumber, from, i, "ten digits with the check digit of an NHS number")
	}
}

// inDecimal says that digits stand behind a decimal point.
func (s *scanner) inDecimal(from int) bool {
	return s.before(from) == '.' && isDigit(s.before(from-1))
}

// telephone tries a number that begins with 0, +, or a bracket before either.
func (s *scanner) telephone(from int) {
	if from < s.until[telephones] || !s.mayStartTelephone(from) {
		return
	}
	t := s.text
	i := from
	if t[i] == '(' {
		i++
	}
	why := "digits written as a telephone number of the United Kingdom"
	var to int
	switch {
	case s.after(i) == '+':
		n, rest := s.country(i + 1)
		if n == 0 {
			return
		}
		if n == 44 {
			to = s.national(rest, 9, 10, "1235789")
			break
		}
		why = "digits written as an international telephone number"
		to = s.groups(i+1, 10, 13)
	case s.after(i) != '0':
		return
	case s.after(i+1) == '0' && s.after(i+2) == '4' && s.after(i+3) == '4':
		to = s.national(i+4, 9, 10, "1235789")
	default:
		if c := s.after(i + 1); !isDigit(c) || c == '0' || c == '4' || c == '6' {
			return
		}
		to = s.groups(i, 10, 11)
	}
	if to == 0 {
		return
	}
	to = s.extension(to)
	s.until[telephones] = to
	s.found(Telephone, from, to, why)
}

// mayStartTelephone refuses digits that go on from something else: a decimal,
// a reference such as NCT01234567 or a DOI, an amount of money.
func (s *scanner) mayStartTelephone(from int) bool {
	c := s.before(from)
	if isDigit(c) || isLetter(c) || c == '/' || c == '_' || c == '#' || c == '$' || c == '=' || c == 0xa3 /* the last byte of £ */ {
		return false
	}
	if c == '.' || c == ',' || c == '-' || c >= 0x90 && c <= 0x95 {
		return !isDigit(s.before(from - 1))
	}
	return true
}

// country reads a country's code after a +; 44, or 1 for any other.
func (s *scanner) country(i int) (code, rest int) {
	switch c := s.after(i); {
	case c == '4' && s.after(i+1) == '4':
		return 44, i + 2
	case isDigit(c) && c != '0':
		return 1, i + 1
	}
	return 0, i
}

// national reads the part after +44: perhaps a bracketed zero, then digits.
func (s *scanner) national(i, least, most int, first string) int {
	if s.after(i) == ')' {
		i++
	}
	i += s.joint(i)
	if s.after(i) == '(' && s.after(i+1) == '0' && s.after(i+2) == ')' {
		i += 3
		i += s.joint(i)
	} else if s.after(i) == '0' {
		i++
	}
	if s.after(i) == '(' {
		i++
	}
	for k := range len(first) {
		if first[k] == s.after(i) {
			return s.groups(i, least, most)
		}
	}
	return 0
}

// groups reads digits in groups with single spaces, dots, dashes and brackets
// between, and gives the end of the longest group that makes the wanted number
// of digits; 0 if none does.
func (s *scanner) groups(i, least, most int) (to int) {
	count, group := 0, 0
	for {
		group = 0
		for isDigit(s.after(i)) {
			i, group = i+1, group+1
			if count+group > most {
				return to
			}
		}
		if group == 0 {
			return to
		}
		first := count == 0
		count += group
		// A first group of two digits is a day or a part of something else; one
		// of eight a company's number.
		if first && count < most && (group < 3 && least > 9 && most == 11 || group > 7 && count < least) {
			return 0
		}
		if count >= least && (!isLetter(s.after(i)) || s.extension(i) > i) && s.after(i) != '/' && !(s.after(i) == '.' && isDigit(s.after(i+1)) && count == most) {
			to = i
		}
		n := s.between(i)
		if n == 0 {
			return to
		}
		i += n
	}
}

// between is the length of what may stand between two groups of a telephone
// number.
func (s *scanner) between(i int) int {
	n := 0
	if s.after(i) == ')' {
		n++
	}
	if k := s.joint(i + n); k > 0 {
		n += k
	} else if s.after(i+n) == '.' {
		n++
	}
	if s.after(i+n) == '(' {
		n++
	}
	return n
}

// extension reads an extension after a number.
func (s *scanner) extension(i int) int {
	k := i
	if s.after(k) == ',' || s.after(k) == ';' {
		k++
	}
	k += s.spaces(k)
	if s.after(k) == '(' {
		k++
	}
	word, end := s.wordAt(k)
	switch word {
	case "ext", "extn", "extension", "x":
	default:
		return i
	}
	if s.after(end) == '.' || s.after(end) == ':' {
		end++
	}
	end += s.space(end)
	digits := 0
	for isDigit(s.after(end)) && digits < 6 {
		end, digits = end+1, digits+1
	}
	if digits == 0 {
		return i
	}
	return end
}
