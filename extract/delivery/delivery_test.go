package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/memblob"

	"data.release/registrar/release/fault"
)

// Both kinds of store: files with rename, and a blob service that has only
// whole objects.
func eachStore(t *testing.T, test func(t *testing.T, s *Store)) {
	for name, address := range map[string]string{"file": "file://" + t.TempDir(), "mem": "mem://"} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			test(t, s)
		})
	}
}

func put(t *testing.T, s *Store, run string, content []byte) string {
	t.Helper()
	w, err := s.Create(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Key
}

func all(t *testing.T, s *Store) []string {
	t.Helper()
	var keys []string
	list := s.bucket.List(&blob.ListOptions{})
	for {
		o, err := list.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return keys
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
}

func TestServedByRange(t *testing.T) {
	content := make([]byte, 300_000)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(content)
	eachStore(t, func(t *testing.T, s *Store) {
		key := put(t, s, "run-1", content)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f, err := s.Open(r.Context(), key)
			if err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			defer f.Close()
			if f.Size != int64(len(content)) || f.ModTime.IsZero() {
				t.Errorf("size %d, modified %v", f.Size, f.ModTime)
			}
			http.ServeContent(w, r, "x.age", f.ModTime, f)
		})
		for _, c := range []struct {
			ask    string
			status int
			want   []byte
		}{
			{"", 200, content},
			{"bytes=0-99", 206, content[:100]},
			{"bytes=100000-200000", 206, content[100000:200001]},
			{"bytes=299999-", 206, content[299999:]},
			{"bytes=-5", 206, content[len(content)-5:]},
			{"bytes=300000-", 416, nil},
		} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			if c.ask != "" {
				r.Header.Set("Range", c.ask)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status || c.want != nil && !bytes.Equal(w.Body.Bytes(), c.want) {
				t.Errorf("%q: status %d, %d bytes; want %d, %d", c.ask, w.Code, w.Body.Len(), c.status, len(c.want))
			}
		}
		if err := s.Withdraw(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("after withdrawal: %d", w.Code)
		}
		if err := s.Withdraw(t.Context(), key); err != nil {
			t.Errorf("a second withdrawal: %v", err)
		}
	})
}

func TestNamesAreUnguessableAndOfOneForm(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		a, b := put(t, s, "run", nil), put(t, s, "run", nil)
		if a == b || !keyForm.MatchString(a) || !strings.HasPrefix(a, "run/") {
			t.Errorf("keys %q and %q", a, b)
		}
		for _, run := range []string{"", "..", "a/b", "a b", ".", "a.b", strings.Repeat("x", 101)} {
			if _, err := s.Create(t.Context(), run); err == nil {
				t.Errorf("run id %q was taken", run)
			}
			if _, err := s.Discard(t.Context(), run); err == nil {
				t.Errorf("run id %q was discarded", run)
			}
		}
		for _, key := range []string{"", "run", "run/", "../etc/passwd", "run/../" + a, a + ".tmp", "run/" + strings.Repeat("0", 32) + ".age"} {
			if _, err := s.Open(t.Context(), key); !errors.Is(err, fault.NotFound) {
				t.Errorf("open %q: %v", key, err)
			}
		}
	})
}

func TestAbortAndCancelLeaveNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		w, err := s.Create(t.Context(), "r")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(make([]byte, 1<<20))
		w.Abort()
		ctx, cancel := context.WithCancel(t.Context())
		w, err = s.Create(ctx, "r")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(make([]byte, 1<<20))
		cancel()
		if err := w.Close(); !errors.Is(err, context.Canceled) {
			t.Errorf("closing after cancellation: %v", err)
		}
		if left := all(t, s); len(left) != 0 {
			t.Errorf("left %q", left)
		}
	})
}

func TestExpireDiscardSweep(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		now := time.Now()
		due, later, other := put(t, s, "r1", []byte("a")), put(t, s, "r1", []byte("b")), put(t, s, "r2", []byte("c"))
		gone, err := s.Expire(t.Context(), now, []Held{{due, now}, {later, now.Add(time.Nanosecond)}})
		if err != nil || len(gone) != 1 || gone[0] != due {
			t.Fatalf("expired %q, %v", gone, err)
		}
		if n, err := s.Sweep(t.Context(), now.Add(-time.Hour), func(string) bool { return false }); n != 0 || err != nil {
			t.Errorf("swept %d that may still be being written, %v", n, err)
		}
		if n, err := s.Sweep(t.Context(), now.Add(time.Hour), func(key string) bool { return key == later }); n != 1 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		if _, err := s.Open(t.Context(), other); !errors.Is(err, fault.NotFound) {
			t.Errorf("an unclaimed file is still there: %v", err)
		}
		put(t, s, "r10", []byte("d"))
		if n, err := s.Discard(t.Context(), "r1"); n != 1 || err != nil {
			t.Errorf("discarded %d of r1, %v", n, err)
		}
		if left := all(t, s); len(left) != 1 || !strings.HasPrefix(left[0], "r10/") {
			t.Errorf("left %q", left)
		}
	})
}

// What a killed process leaves beside the final name is found and removed.
func TestLeftoverOfACrash(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Create(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, 3<<20)) // never closed, as by a kill
	if files, _ := filepath.Glob(filepath.Join(dir, "r", "*")); len(files) != 1 {
		t.Fatalf("nothing half-written: %q", files)
	}
	if _, err := s.Open(t.Context(), w.Key); !errors.Is(err, fault.NotFound) {
		t.Errorf("a half-written file opens: %v", err)
	}
	if n, err := s.Discard(t.Context(), "r"); n != 1 || err != nil {
		t.Errorf("discarded %d, %v", n, err)
	}
	if files, _ := os.ReadDir(filepath.Join(dir, "r")); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}
