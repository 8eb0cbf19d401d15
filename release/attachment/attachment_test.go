package attachment_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"data.release/registrar/release/attachment"
	"data.release/registrar/release/fault"
)

func open(t *testing.T) (*attachment.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := attachment.Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func TestContentIsItsName(t *testing.T) {
	s, dir := open(t)
	content := bytes.Repeat([]byte("terms "), 10_000)
	var digests [4]string
	var wait sync.WaitGroup
	for i := range digests {
		wait.Go(func() {
			digest, size, err := s.Put(t.Context(), bytes.NewReader(content), 1<<20)
			if err != nil || size != int64(len(content)) {
				t.Errorf("%d bytes, %v", size, err)
			}
			digests[i] = digest
		})
	}
	wait.Wait()
	for _, digest := range digests {
		if digest != digests[0] || len(digest) != 64 {
			t.Fatalf("the same content has the names %v", digests)
		}
	}
	r, err := s.Open(t.Context(), digests[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes: %v", len(got), err)
	}
	r.Close()
	path := filepath.Join(dir, digests[0][:2], digests[0])
	if err := os.WriteFile(path, bytes.ToUpper(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Open(t.Context(), digests[0]); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a changed document passes: %v", err)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	s, dir := open(t)
	if _, _, err := s.Put(t.Context(), strings.NewReader(strings.Repeat("x", 101)), 100); !errors.Is(err, fault.TooLarge) {
		t.Errorf("too long: %v", err)
	}
	if _, _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("x"), broken{}), 100); err == nil {
		t.Error("half an upload is kept")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, digest := range []string{"", "../../etc/passwd", strings.Repeat("0", 64), strings.Repeat("A", 64)} {
		if _, err := s.Open(t.Context(), digest); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", digest, err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }
