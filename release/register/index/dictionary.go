package index

import "sync"

// dictionary gives each value a code, in the order in which they come. Codes
// are never taken back. Code 0 is the value "".
type dictionary struct {
	mu     sync.RWMutex
	codes  map[string]uint32
	values []string
}

func newDictionary() *dictionary {
	return &dictionary{codes: map[string]uint32{"": 0}, values: []string{""}}
}

// code is that of a value, a new one if need be.
func (d *dictionary) code(value string) uint32 {
	d.mu.RLock()
	code, known := d.codes[value]
	d.mu.RUnlock()
	if known {
		return code
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	code = uint32(len(d.values))
	d.codes[value], d.values = code, append(d.values, value)
	return code
}

// find is the code of a value; false if no entry has had it.
func (d *dictionary) find(value string) (uint32, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	code, known := d.codes[value]
	return code, known
}

// list is all values by their code. It is appended to, never written to.
func (d *dictionary) list() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.values
}

// sets gives each list of values a code. Entries have few different lists: of
// the routes of a release, of the types of data of an agreement's lines.
type sets struct {
	values *dictionary // single values
	codes  map[string]uint32
	lists  [][]uint32 // by code, the codes of its values
}

func newSets() *sets {
	return &sets{values: newDictionary(), codes: map[string]uint32{"": 0}, lists: [][]uint32{nil}}
}

// code is that of a list. Empty values are left out, repeated ones are kept
// once.
func (s *sets) code(list ...string) uint32 {
	var key []byte
	var codes []uint32
next:
	for _, value := range list {
		if value == "" {
			continue
		}
		code := s.values.code(value)
		for _, c := range codes {
			if c == code {
				continue next
			}
		}
		codes = append(codes, code)
		key = append(key, byte(code), byte(code>>8), byte(code>>16), byte(code>>24))
	}
	if code, known := s.codes[string(key)]; known {
		return code
	}
	code := uint32(len(s.lists))
	s.codes[string(key)], s.lists = code, append(s.lists, codes)
	return code
}
