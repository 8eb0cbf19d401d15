package release

import "testing"

// TestLandedPeriod reads the keys that feeds are landed under; what is none of
// them is undated.
func TestLandedPeriod(t *testing.T) {
	for key, want := range map[string]string{
		"2001-04-01_2002-03-31": "2001-04-01 2002-03-31", "2001-04_2002-02": "2001-04-01 2002-02-28", "2003": "2003-04-01 2004-03-31",
		"2003-12": "2003-12-01 2003-12-31", "2003-05-07": "2003-05-07 2003-05-07", "all": "", "2003-13": "", "2003_2004-01": "", "": "",
	} {
		period, ok := landedPeriod(key)
		got := ""
		if ok {
			got = period.From.String() + " " + period.To.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}
