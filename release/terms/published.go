package terms

import "io"

// Answer is a yes or no that a published register gives, or does not.
type Answer string

// The codes of Answer.
const (
	Yes               Answer = "yes"
	No                Answer = "no"
	AnswerNotRecorded Answer = "not_recorded"
)

var answerList = newVocabulary("answer",
	code(Yes, "Yes", "Yes", "Y"),
	code(No, "No", "No", "N"),
	code(AnswerNotRecorded, "Not recorded", ""),
)

// Values lists the codes.
func (Answer) Values() []string { return answerList.values }

// Label is the code in words for readers.
func (c Answer) Label() string { return answerList.label(c) }

// Spelling is the code as the published registers write it.
func (c Answer) Spelling() string { return answerList.spelling(c) }

// Known says whether the code is in the list.
func (c Answer) Known() bool { return answerList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Answer) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Answer) UnmarshalGQL(v any) error { return answerList.unmarshalGQL(c, v) }

// ParseAnswer reads a code or any spelling of the registers.
func ParseAnswer(raw string) (Answer, bool) { return answerList.parse(raw) }

// AnswerOf is a recorded yes or no as an answer; nil was not recorded.
func AnswerOf(recorded *bool) Answer {
	switch {
	case recorded == nil:
		return AnswerNotRecorded
	case *recorded:
		return Yes
	}
	return No
}

// Relation is how one name of the register follows another. The first two join
// names of one body or dataset; the others never do: what is transferred or
// merged is another body afterwards.
type Relation string

// The codes of Relation.
const (
	SameAs            Relation = "same_as" // two spellings of one name, as a person decided
	RenamedTo         Relation = "rename"  // the same body or dataset under a new name
	TransferredTo     Relation = "statutory_transfer"
	MergedInto        Relation = "merger"
	NovatedTo         Relation = "novation"
	Dissolved         Relation = "dissolution" // nobody follows
	FollowedByDataset Relation = "followed_by" // one collection takes the place of another, as MHLDDS of MHMDS
)

var relationList = newVocabulary("relation",
	code(SameAs, "The same, in another spelling"),
	code(RenamedTo, "Renamed"),
	code(TransferredTo, "Transferred by statute"),
	code(MergedInto, "Merged"),
	code(NovatedTo, "Novated"),
	code(Dissolved, "Dissolved"),
	code(FollowedByDataset, "Followed by another collection"),
)

// Values lists the codes.
func (Relation) Values() []string { return relationList.values }

// Label is the code in words for readers.
func (c Relation) Label() string { return relationList.label(c) }

// Known says whether the code is in the list.
func (c Relation) Known() bool { return relationList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Relation) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Relation) UnmarshalGQL(v any) error { return relationList.unmarshalGQL(c, v) }

// Joins says whether the relation makes two names one.
func (c Relation) Joins() bool { return c == SameAs || c == RenamedTo }
