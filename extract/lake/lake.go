// Package lake keeps immutable Parquet parts, each named by the digest of its
// bytes. There are two areas with a store each: identity (who people are) and
// activity (what happened to them, under an internal person id). Nothing here
// is ever overwritten: a correction is another part, and the catalogue in
// PostgreSQL says which parts make a dataset at a moment.
package lake

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
)

// The areas of the lake. A process opens the one it may see: linking the
// identity area, extracting the activity area.
const (
	Identity = "identity"
	Activity = "activity"
)

// PersonIndex is the dataset code of the person index's parts, in the identity
// area.
const PersonIndex = "person_index"

// Part is one immutable Parquet file (zstd) of a dataset.
type Part struct {
	Area     string `json:"area"`     // Identity or Activity
	Dataset  string `json:"dataset"`  // code of the dataset definition, "hes_apc"
	Site     string `json:"site"`     // the site of the discloser that landed it
	Supplier string `json:"supplier"` // who sent it
	Period   string `json:"period"`   // the period it was landed for, "2001-04_2002-03"
	Key      string `json:"key"`      // {dataset}/{site}/{period}/{sha256}.parquet
	SHA256   string `json:"sha256"`   // of the file, lower-case hex
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
}

// Place says where in a store a file belongs.
type Place struct {
	Dataset, Site, Period string
}

// A segment of a key: nothing that a file system, a URL or fileblob's own
// escaping could read in another way, and never "." or "..".
var segment = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)

// Key of a file with this digest (lower-case hex SHA-256) and extension.
func (p Place) Key(digest, ext string) (string, error) {
	for name, s := range map[string]string{"dataset": p.Dataset, "site": p.Site, "period": p.Period, "digest": digest, "extension": ext} {
		if !segment.MatchString(s) || len(s) > 100 {
			return "", fmt.Errorf("lake: %s %q cannot be part of a key", name, s)
		}
	}
	return p.Dataset + "/" + p.Site + "/" + p.Period + "/" + digest + "." + ext, nil
}

// Snapshot is the name of a set of parts: the SHA-256 of their sorted digests
// (lower-case hex). It does not depend on the order of parts; adding,
// dropping or repeating one changes it.
func Snapshot(parts []Part) string {
	digests := make([]string, len(parts))
	for i, p := range parts {
		digests[i] = p.Area + " " + p.Dataset + " " + p.SHA256
	}
	slices.Sort(digests)
	h := sha256.New()
	h.Write([]byte("registrar/snapshot/v1\n"))
	for _, d := range digests {
		h.Write([]byte(d + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Sort puts parts into the one order in which every run reads them.
func Sort(parts []Part) {
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Key, b.Key))
	})
}
