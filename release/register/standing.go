package register

import (
	"cmp"

	"data.release/registrar/release/terms"
)

// Mark is what Standing needs to know of an entry.
type Mark struct {
	Number      int64
	Kind        Kind
	About       int64
	RowKey      string
	EditionFrom terms.Date
}

// Mark is the entry's.
func (e Entry) Mark() Mark { return Mark{e.Number, e.Kind, e.About, e.RowKey, e.EditionFrom} }

// Standing says which entries stand at which size of the register. Nothing
// that was published is changed or removed; but a reader who counts what was
// released must not count what was withdrawn, nor one row of a publisher once
// for each edition that gave another reading of it.
//
//   - A withdrawal ends the entry that it is about, with its corrections.
//   - A correction stands in the place of the entry that it is about; the
//     newest counts.
//   - Of entries with one RowKey, that of the latest edition stands, whatever
//     the order in which editions were imported. An older reading that is
//     imported later never stood.
//   - A tombstone ends nothing.
//
// Marks are added in the order of their numbers. An entry stands in one span of
// sizes: from its number to the number of the entry that ended it.
type Standing struct {
	last      int64
	ended     map[int64]int64   // entry -> the size from which it no longer stands
	corrected map[int64][]int64 // entry -> its corrections, oldest first
	readings  map[string]Mark   // row key -> the reading of the latest edition
}

// NewStanding is the standing of a register without entries.
func NewStanding() *Standing {
	return &Standing{ended: map[int64]int64{}, corrected: map[int64][]int64{}, readings: map[string]Mark{}}
}

// Add takes the next entry. It returns the numbers of the entries that stopped
// standing because of it, itself among them if it never stands.
func (s *Standing) Add(m Mark) (ended []int64) {
	s.last = m.Number
	end := func(number int64) {
		for _, n := range append([]int64{number}, s.corrected[number]...) {
			if _, already := s.ended[n]; !already {
				s.ended[n] = m.Number
				ended = append(ended, n)
			}
		}
	}
	switch {
	case m.Kind == Withdrawal:
		end(m.About)
	case m.Kind == Correction:
		if s.gone(m.About) {
			end(m.Number)
			break
		}
		end(m.About)
		s.corrected[m.About] = append(s.corrected[m.About], m.Number)
	case m.RowKey != "":
		known, read := s.readings[m.RowKey]
		if read && cmp.Or(known.EditionFrom.Compare(m.EditionFrom), cmp.Compare(known.Number, m.Number)) > 0 {
			end(m.Number)
			break
		}
		if read {
			end(known.Number)
		}
		s.readings[m.RowKey] = m
	}
	return ended
}

// gone says whether neither the entry nor a correction of it stands any more.
func (s *Standing) gone(number int64) bool {
	if list := s.corrected[number]; len(list) > 0 {
		number = list[len(list)-1]
	}
	_, ended := s.ended[number]
	return ended
}

// Ended is the size from which an entry no longer stands; 0 while it does.
func (s *Standing) Ended(number int64) int64 { return s.ended[number] }

// Stands says whether an entry stands at a size of the register.
func (s *Standing) Stands(number, size int64) bool {
	ended, ends := s.ended[number]
	return number >= 1 && number <= min(size, s.last) && (!ends || ended > size)
}
