package change

import (
	"slices"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Names says which names of organisations and of datasets are one, as the
// successions of the register have it. Only a rename, or a person's decision
// that two spellings are the same, joins names: what is transferred or merged
// is another body afterwards. A nil Names knows none.
type Names struct {
	organisations, datasets graph
}

// Succession is a known way from one name to another.
type Succession struct {
	Relation terms.Relation
	Number   int64 // of the entry that says so
	From     terms.Date
}

// graph has a step for each succession, by the key of the name that it leads
// from; a step that joins names leads back as well.
type graph map[string][]step

type step struct {
	to   string
	stem string // of the one agreement for which it is so; empty: for all
	Succession
}

// NewNames reads successions that stand. What is none is passed over.
func NewNames(successions []register.Entry) *Names {
	n := &Names{organisations: graph{}, datasets: graph{}}
	for _, e := range successions {
		if e.Kind != register.Succession {
			continue
		}
		known := Succession{Relation: e.Relation, Number: e.Number, From: e.EventFrom}
		if e.Dataset != "" {
			n.datasets.add(e.Stem, known, keys(e.Dataset, e.Get(register.DatasetName)), keys(e.SuccessorDataset, e.Get(register.Successor)))
			continue
		}
		n.organisations.add(e.Stem, known, keys(e.Get(register.OrganisationID), e.Get(register.OrganisationName)),
			keys(e.Get(register.SuccessorID), e.Get(register.Successor)))
	}
	return n
}

// keys are the forms in which one name is looked up: its id and its spelling.
func keys(names ...string) []string {
	var out []string
	for _, name := range names {
		if key := register.NameKey(name); key != "" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// add takes a succession. The id and the spelling of one name are the same name.
func (g graph) add(stem string, known Succession, from, to []string) {
	both := func(all []string) {
		for _, a := range all {
			for _, b := range all {
				if a != b {
					g[a] = append(g[a], step{to: b})
				}
			}
		}
	}
	both(from)
	both(to)
	if len(from) == 0 || len(to) == 0 {
		return
	}
	g[from[0]] = append(g[from[0]], step{to[0], stem, known})
	if known.Relation.Joins() {
		g[to[0]] = append(g[to[0]], step{from[0], stem, known})
	}
}

// walk looks for the shortest way from one name to another, over joins alone
// or over all successions. found is false where there is none; on the way
// stands what is most telling of it: a step that joins no names, else a rename,
// else that two spellings are the same.
func (g graph) walk(stem, from, to string, joinsOnly bool) (on Succession, found bool) {
	type place struct {
		key string
		on  Succession
	}
	seen := map[string]bool{from: true}
	for queue := []place{{key: from}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.key == to {
			return at.on, true
		}
		for _, s := range g[at.key] {
			if seen[s.to] || s.stem != "" && s.stem != stem || joinsOnly && s.Relation != "" && !s.Relation.Joins() {
				continue
			}
			seen[s.to] = true
			next := place{s.to, at.on}
			if telling(s.Relation) > telling(at.on.Relation) {
				next.on = s.Succession
			}
			queue = append(queue, next)
		}
	}
	return Succession{}, false
}

func telling(r terms.Relation) int {
	switch {
	case r == "":
		return 0
	case r == terms.SameAs:
		return 1
	case r == terms.RenamedTo:
		return 2
	}
	return 3
}

// Organisation says whether two names, or ids made of names, are those of one
// organisation: spelled alike, or joined by a succession, which is returned. A
// succession for one agreement alone holds under its stem.
func (n *Names) Organisation(stem, a, b string) (Succession, bool) {
	if n == nil {
		return Succession{}, register.NameKey(a) == register.NameKey(b)
	}
	return n.organisations.walk(stem, register.NameKey(a), register.NameKey(b), true)
}

// Dataset says the same of names, or codes, of datasets.
func (n *Names) Dataset(stem, a, b string) (Succession, bool) {
	if n == nil {
		return Succession{}, register.NameKey(a) == register.NameKey(b)
	}
	return n.datasets.walk(stem, register.NameKey(a), register.NameKey(b), true)
}

// Followed is what leads from one organisation to another where they are two:
// a transfer, a merger, a novation.
func (n *Names) Followed(stem, a, b string) (Succession, bool) {
	if n == nil {
		return Succession{}, false
	}
	on, found := n.organisations.walk(stem, register.NameKey(a), register.NameKey(b), false)
	return on, found && telling(on.Relation) == 3
}

// DatasetFollowed is the same of collections, as MHLDDS followed MHMDS.
func (n *Names) DatasetFollowed(stem, a, b string) (Succession, bool) {
	if n == nil {
		return Succession{}, false
	}
	on, found := n.datasets.walk(stem, register.NameKey(a), register.NameKey(b), false)
	return on, found && telling(on.Relation) == 3
}

// lists says whether the register knows a spelling as one of an organisation
// that was renamed: such a name may have commas in it.
func (n *Names) lists(key string) bool {
	if n == nil {
		return false
	}
	_, known := n.organisations[key]
	return known
}
