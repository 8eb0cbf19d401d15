package register

// Follows says what follows what: the codes of the datasets, or the ids of the
// organisations, that one is or is followed by.
type Follows map[string][]string

// Leads says whether one is, or is followed by, another, also by way of others.
// A succession from b to a would then close a circle.
func (f Follows) Leads(a, b string) bool {
	seen, next := map[string]bool{}, []string{a}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		if at == b {
			return true
		}
		if !seen[at] {
			seen[at] = true
			next = append(next, f[at]...)
		}
	}
	return false
}
