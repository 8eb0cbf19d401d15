package privacy_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"data.release/registrar/release/privacy"
)

func TestWindowsAreWholeLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "before") + "Dr Jane Doe" + rapid.String().Draw(t, "after")
		reach := rapid.IntRange(0, 20).Draw(t, "reach")
		findings := privacy.Scan(text)
		windows := privacy.Windows(text, findings, reach)
		if len(windows) != len(findings) {
			t.Fatalf("%d windows of %d findings", len(windows), len(findings))
		}
		for _, w := range windows {
			whole := w.Before + w.Found + w.After
			if !utf8.ValidString(whole) || !strings.Contains(text, whole) || len(w.Before) > reach || len(w.After) > reach {
				t.Fatalf("%+v of %q", w, text)
			}
			if !w.CutBefore && !strings.HasPrefix(text, whole) || !w.CutAfter && !strings.HasSuffix(text, whole) {
				t.Fatalf("%+v does not say that %q goes on", w, text)
			}
		}
	})
	stale := []privacy.Finding{{From: 3, To: 99}, {From: 2, To: 2}, {From: -1, To: 2}}
	if got := privacy.Windows("short", stale, 5); len(got) != 0 {
		t.Errorf("places that are none: %+v", got)
	}
}
