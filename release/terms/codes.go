package terms

import "io"

// Frequency is how often a line's data are released.
type Frequency string

// The codes of Frequency.
const (
	OneOff               Frequency = "one_off"
	Ongoing              Frequency = "ongoing"
	SystemAccess         Frequency = "system_access"
	FrequentAdHoc        Frequency = "frequent_ad_hoc"
	FrequencyNotRecorded Frequency = "not_recorded"
)

var frequencyList = newVocabulary("frequency",
	code(OneOff, "One-off", "One-Off", "One-off release"),
	code(Ongoing, "Ongoing", "Ongoing", "Recurring"),
	code(SystemAccess, "System access", "System Access"),
	code(FrequentAdHoc, "Frequent ad-hoc flow", "Frequent Adhoc Flow", "Frequent Ad-hoc Flow"),
	code(FrequencyNotRecorded, "Not recorded", ""),
)

// Values lists the codes.
func (Frequency) Values() []string { return frequencyList.values }

// Label is the code in words for readers.
func (c Frequency) Label() string { return frequencyList.label(c) }

// Spelling is the code as the published registers write it.
func (c Frequency) Spelling() string { return frequencyList.spelling(c) }

// Known says whether the code is in the list.
func (c Frequency) Known() bool { return frequencyList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Frequency) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Frequency) UnmarshalGQL(v any) error { return frequencyList.unmarshalGQL(c, v) }

// ParseFrequency reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseFrequency(raw string) (Frequency, bool) { return frequencyList.parse(raw) }

// Channel is how the data reach the recipient.
type Channel string

// The codes of Channel.
const (
	ChannelFile         Channel = "file"
	ChannelSystemAccess Channel = "system_access"
)

var channelList = newVocabulary("channel",
	code(ChannelFile, "File", "File", "Release", "Data release"),
	code(ChannelSystemAccess, "System access", "System Access", "TRE", "Trusted Research Environment", "Trusted Research Environment (TRE)"),
)

// Values lists the codes.
func (Channel) Values() []string { return channelList.values }

// Label is the code in words for readers.
func (c Channel) Label() string { return channelList.label(c) }

// Known says whether the code is in the list.
func (c Channel) Known() bool { return channelList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Channel) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Channel) UnmarshalGQL(v any) error { return channelList.unmarshalGQL(c, v) }

// ParseChannel reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseChannel(raw string) (Channel, bool) { return channelList.parse(raw) }

// VersionKind says why a version was made.
type VersionKind string

// The codes of VersionKind.
const (
	VersionNew        VersionKind = "new"
	VersionAmendment  VersionKind = "amendment"
	VersionRenewal    VersionKind = "renewal"
	VersionExtension  VersionKind = "extension"
	VersionTransfer   VersionKind = "transfer"
	VersionCorrection VersionKind = "correction"
	VersionImported   VersionKind = "imported"
	VersionEnquiry    VersionKind = "enquiry"
)

var versionKindList = newVocabulary("version kind",
	code(VersionNew, "New"),
	code(VersionAmendment, "Amendment"),
	code(VersionRenewal, "Renewal"),
	code(VersionExtension, "Extension"),
	code(VersionTransfer, "Transfer"),
	code(VersionCorrection, "Correction"),
	code(VersionImported, "Imported from a published register"),
	code(VersionEnquiry, "Enquiry, no application yet"),
)

// Values lists the codes.
func (VersionKind) Values() []string { return versionKindList.values }

// Label is the code in words for readers.
func (c VersionKind) Label() string { return versionKindList.label(c) }

// Known says whether the code is in the list.
func (c VersionKind) Known() bool { return versionKindList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c VersionKind) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *VersionKind) UnmarshalGQL(v any) error { return versionKindList.unmarshalGQL(c, v) }

// ParseVersionKind reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseVersionKind(raw string) (VersionKind, bool) { return versionKindList.parse(raw) }

// PartyRole is what an organisation is in a version.
type PartyRole string

// The codes of PartyRole.
const (
	Controller PartyRole = "controller"
	Processor  PartyRole = "processor"
	Recipient  PartyRole = "recipient"
)

var partyRoleList = newVocabulary("party role",
	code(Controller, "Controller"),
	code(Processor, "Processor"),
	code(Recipient, "Recipient"),
)

// Values lists the codes.
func (PartyRole) Values() []string { return partyRoleList.values }

// Label is the code in words for readers.
func (c PartyRole) Label() string { return partyRoleList.label(c) }

// Known says whether the code is in the list.
func (c PartyRole) Known() bool { return partyRoleList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c PartyRole) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *PartyRole) UnmarshalGQL(v any) error { return partyRoleList.unmarshalGQL(c, v) }

// ParsePartyRole reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParsePartyRole(raw string) (PartyRole, bool) { return partyRoleList.parse(raw) }

// Controllership says how the controllers of a version stand to each other.
type Controllership string

// The codes of Controllership.
const (
	SoleController            Controllership = "sole"
	JointControllers          Controllership = "joint"
	ControllersInCommon       Controllership = "in_common"
	ControllershipUnresolved  Controllership = "unresolved"
	ControllershipNotRecorded Controllership = "not_recorded"
)

var controllershipList = newVocabulary("controllership",
	code(SoleController, "Sole data controller", "Sole Data Controller"),
	code(JointControllers, "Joint data controllers", "Joint Data Controller", "Joint Data Controllers"),
	code(ControllersInCommon, "Controllers in common"),
	code(ControllershipUnresolved, "Unresolved"),
	code(ControllershipNotRecorded, "Not recorded", ""),
)

// Values lists the codes.
func (Controllership) Values() []string { return controllershipList.values }

// Label is the code in words for readers.
func (c Controllership) Label() string { return controllershipList.label(c) }

// Spelling is the code as the published registers write it.
func (c Controllership) Spelling() string { return controllershipList.spelling(c) }

// Known says whether the code is in the list.
func (c Controllership) Known() bool { return controllershipList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Controllership) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Controllership) UnmarshalGQL(v any) error { return controllershipList.unmarshalGQL(c, v) }

// ParseControllership reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseControllership(raw string) (Controllership, bool) { return controllershipList.parse(raw) }

// FieldClass says what a field of a dataset can tell about a person.
type FieldClass string

// The codes of FieldClass.
const (
	DirectIdentifier FieldClass = "direct_identifier"
	RecordID         FieldClass = "record_id"
	Indirect         FieldClass = "indirect"
	SensitiveField   FieldClass = "sensitive"
	PlainField       FieldClass = "plain"
)

var fieldClassList = newVocabulary("field class",
	code(DirectIdentifier, "Direct identifier"),
	code(RecordID, "Record id"),
	code(Indirect, "Indirectly identifying"),
	code(SensitiveField, "Sensitive"),
	code(PlainField, "Plain"),
)

// Values lists the codes.
func (FieldClass) Values() []string { return fieldClassList.values }

// Label is the code in words for readers.
func (c FieldClass) Label() string { return fieldClassList.label(c) }

// Known says whether the code is in the list.
func (c FieldClass) Known() bool { return fieldClassList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c FieldClass) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *FieldClass) UnmarshalGQL(v any) error { return fieldClassList.unmarshalGQL(c, v) }

// ParseFieldClass reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseFieldClass(raw string) (FieldClass, bool) { return fieldClassList.parse(raw) }

// Derivation is how a column of an extract is made from a field.
type Derivation string

// The codes of Derivation.
const (
	NoDerivation     Derivation = "none"
	AgeBand          Derivation = "age_band"
	PostcodeDistrict Derivation = "postcode_district"
	Month            Derivation = "month"
	PersonPseudonym  Derivation = "pseudonym"
	RecordPseudonym  Derivation = "record_pseudonym"
)

var derivationList = newVocabulary("derivation",
	code(NoDerivation, "As it is"),
	code(AgeBand, "Five-year age band"),
	code(PostcodeDistrict, "Postcode district"),
	code(Month, "Month"),
	code(PersonPseudonym, "Pseudonym of the person"),
	code(RecordPseudonym, "Pseudonym of the record"),
)

// Values lists the codes.
func (Derivation) Values() []string { return derivationList.values }

// Label is the code in words for readers.
func (c Derivation) Label() string { return derivationList.label(c) }

// Known says whether the code is in the list.
func (c Derivation) Known() bool { return derivationList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Derivation) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Derivation) UnmarshalGQL(v any) error { return derivationList.unmarshalGQL(c, v) }

// ParseDerivation reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseDerivation(raw string) (Derivation, bool) { return derivationList.parse(raw) }

// UncheckedRows says what becomes of rows without a valid NHS number, which no
// opt-out list can be checked for.
type UncheckedRows string

// The codes of UncheckedRows.
const (
	KeepUnchecked UncheckedRows = "keep"
	DropUnchecked UncheckedRows = "drop"
)

var uncheckedRowsList = newVocabulary("rule for rows without a valid NHS number",
	code(KeepUnchecked, "Keep rows that cannot be checked"),
	code(DropUnchecked, "Drop rows that cannot be checked"),
)

// Values lists the codes.
func (UncheckedRows) Values() []string { return uncheckedRowsList.values }

// Label is the code in words for readers.
func (c UncheckedRows) Label() string { return uncheckedRowsList.label(c) }

// Known says whether the code is in the list.
func (c UncheckedRows) Known() bool { return uncheckedRowsList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c UncheckedRows) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *UncheckedRows) UnmarshalGQL(v any) error { return uncheckedRowsList.unmarshalGQL(c, v) }

// ParseUncheckedRows reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseUncheckedRows(raw string) (UncheckedRows, bool) { return uncheckedRowsList.parse(raw) }
