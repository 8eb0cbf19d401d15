package terms

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"data.release/registrar/release/fault"
)

// Reference names an agreement, and one version of it where that is given.
//
// The registers write it in many ways: with and without DARS-, unversioned,
// with trailing spaces, and (sixteen rows of two workbooks) as a local name
// that is no NIC number at all.
type Reference struct {
	Number       string // digits as written, leading zeros kept: "69431"
	Suffix       string // "K1K8R"
	Major, Minor int
	Versioned    bool
	Local        string // a local name; then everything above is empty
}

var nicPattern = regexp.MustCompile(`^(?:DARS-)?NIC-(\d{3,7})-([A-Z0-9]{5,6})(?:-v(\d{1,6})(?:\.(\d{1,6}))?)?$`)

var localPattern = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} _./&()-]*$`)

// ParseReference reads a reference as the registers have it. A local name is
// kept and marked. What looks like a NIC number and is none, and what could be
// no name, is fault.Invalid.
func ParseReference(raw string) (Reference, error) {
	trimmed := strings.TrimSpace(raw)
	if m := nicPattern.FindStringSubmatch(trimmed); m != nil {
		r := Reference{Number: m[1], Suffix: m[2], Versioned: m[3] != ""}
		if r.Versioned {
			r.Major, _ = strconv.Atoi(m[3])
			r.Minor, _ = strconv.Atoi(cmp.Or(m[4], "0"))
		}
		return r, nil
	}
	upper := strings.ToUpper(trimmed)
	if strings.HasPrefix(upper, "NIC") || strings.HasPrefix(upper, "DARS") || strings.HasPrefix(upper, "CON-") {
		return Reference{}, fault.New(fault.Invalid,
			"%q is no NIC number: expected NIC-nnnnnn-AAAAA or DARS-NIC-nnnnnn-AAAAA-vX.Y", fault.Quoted(trimmed))
	}
	if len(trimmed) > 100 || !localPattern.MatchString(trimmed) {
		return Reference{}, fault.New(fault.Invalid,
			"%q is no reference: expected a NIC number (NIC-nnnnnn-AAAAA) or a local name of letters and digits", fault.Quoted(trimmed))
	}
	return Reference{Local: trimmed}, nil
}

// IsNIC says that it is a NIC number, not a local name.
func (r Reference) IsNIC() bool { return r.Local == "" && r.Number != "" }

// Stem is what stays through all versions: "NIC-69431-K1K8R", or the local
// name.
func (r Reference) Stem() string {
	if r.Local != "" {
		return r.Local
	}
	if r.Number == "" {
		return ""
	}
	return "NIC-" + r.Number + "-" + r.Suffix
}

// Version is "v1.2", or "" if the version is unknown.
func (r Reference) Version() string {
	if !r.Versioned {
		return ""
	}
	return "v" + strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor)
}

// String is the one canonical spelling: "DARS-NIC-69431-K1K8R-v1.2", without
// -vX.Y if the version is unknown, or the local name.
func (r Reference) String() string {
	if !r.IsNIC() {
		return r.Stem()
	}
	if !r.Versioned {
		return "DARS-" + r.Stem()
	}
	return "DARS-" + r.Stem() + "-" + r.Version()
}

// Compare orders by stem, then by version as numbers; an unknown version comes
// first.
func (r Reference) Compare(other Reference) int {
	versioned := func(r Reference) int {
		if r.Versioned {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(r.Stem(), other.Stem()), cmp.Compare(versioned(r), versioned(other)),
		cmp.Compare(r.Major, other.Major), cmp.Compare(r.Minor, other.Minor))
}
