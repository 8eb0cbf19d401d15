package lake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "gocloud.dev/blob/memblob" // a store that is no directory
	"pgregory.net/rapid"

	"data.release/registrar/extract/lake"
)

var place = lake.Place{Dataset: "hes_apc", Site: "north", Period: "2001-04_2002-03"}

func open(t *testing.T, url string) *lake.Store {
	t.Helper()
	s, err := lake.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The promises of a store, kept by a directory and by one that is none.
func TestStore(t *testing.T) {
	for name, url := range map[string]string{
		"directory": "file://" + t.TempDir() + "/new/store",
		"memory":    "mem://",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := open(t, url)
			s.Copies = t.TempDir()
			first, err := s.Put(ctx, place, file(t, "part one"), "parquet")
			if err != nil {
				t.Fatal(err)
			}
			const digest = "fed7f05c10bc95d597e6f8103228c4c10798b5f77215f718a854534da563dc9e"
			if first != (lake.Object{Key: "hes_apc/north/2001-04_2002-03/" + digest + ".parquet", SHA256: digest, Bytes: 8}) {
				t.Errorf("put gave %+v", first)
			}
			again, err := s.Put(ctx, place, file(t, "part one"), "parquet")
			if err != nil || again != first {
				t.Errorf("the same bytes again gave %+v, %v", again, err)
			}
			local, release, err := s.Local(ctx, first.Key)
			if err != nil {
				t.Fatal(err)
			}
			if content, err := os.ReadFile(local); err != nil || string(content) != "part one" {
				t.Errorf("local has %q, %v", content, err)
			}
			release()
			if left, _ := filepath.Glob(filepath.Join(s.Copies, "*")); len(left) != 0 {
				t.Errorf("copies left: %v", left)
			}
			r, err := s.Open(ctx, first.Key)
			if err != nil {
				t.Fatal(err)
			}
			if content, err := io.ReadAll(r); err != nil || string(content) != "part one" {
				t.Errorf("open has %q, %v", content, err)
			}
			r.Close()
			if err := s.Delete(ctx, first.Key); err != nil {
				t.Error(err)
			}
			if err := s.Delete(ctx, first.Key); err != nil {
				t.Errorf("deleting twice: %v", err)
			}
			if _, _, err := s.Local(ctx, first.Key); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after deletion: %v", err)
			}
			if _, err := s.Open(ctx, first.Key); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after deletion: %v", err)
			}
		})
	}
}

func TestDamageIsFound(t *testing.T) {
	ctx := context.Background()
	s := open(t, "file://"+t.TempDir())
	o, err := s.Put(ctx, place, file(t, "part one"), "parquet")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Root(), o.Key), []byte("part 0ne"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Local(ctx, o.Key); !errors.Is(err, lake.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	// A truncated file is replaced by the next put of the same bytes.
	if err := os.Truncate(filepath.Join(s.Root(), o.Key), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(ctx, place, file(t, "part one"), "parquet"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Local(ctx, o.Key); err != nil {
		t.Error(err)
	}
}

func TestPrivateDirectoryAndNoRubbish(t *testing.T) {
	ctx := context.Background()
	root := filepath.Join(t.TempDir(), "store")
	s := open(t, "file://"+root)
	o, err := s.Put(ctx, place, file(t, "x"), "parquet")
	if err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Join(root, filepath.Dir(o.Key)); dir != filepath.Dir(root); dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is %v, %v", dir, info.Mode(), err)
		}
	}
	if err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && p != filepath.Join(root, o.Key) {
			t.Errorf("unexpected %s", p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Put(cancelled, place, file(t, "never"), "parquet"); err == nil {
		t.Error("a cancelled put succeeded")
	}
	if names, _ := filepath.Glob(filepath.Join(root, filepath.Dir(o.Key), "*")); len(names) != 1 {
		t.Errorf("a cancelled put left %v", names)
	}
}

func TestTwoWritersOfTheSameBytes(t *testing.T) {
	ctx := context.Background()
	s := open(t, "file://"+t.TempDir())
	in := file(t, strings.Repeat("same bytes ", 100_000))
	var wg sync.WaitGroup
	results := make([]lake.Object, 8)
	errs := make([]error, len(results))
	for i := range results {
		wg.Go(func() { results[i], errs[i] = s.Put(ctx, place, in, "parquet") })
	}
	wg.Wait()
	for i := range results {
		if errs[i] != nil || results[i] != results[0] {
			t.Errorf("writer %d: %+v %v", i, results[i], errs[i])
		}
	}
	if _, _, err := s.Local(ctx, results[0].Key); err != nil {
		t.Error(err)
	}
}

func TestKeysStayInsideTheStore(t *testing.T) {
	const digest = "00"
	for _, p := range []lake.Place{
		{}, {Dataset: "..", Site: "a", Period: "b"}, {Dataset: "a/b", Site: "a", Period: "b"},
		{Dataset: "a", Site: ".hidden", Period: "b"}, {Dataset: "a", Site: "b", Period: "x..y"},
		{Dataset: "a", Site: "b c", Period: "d"}, {Dataset: "a", Site: "b\x00", Period: "d"},
		{Dataset: strings.Repeat("a", 101), Site: "b", Period: "c"},
	} {
		if key, err := p.Key(digest, "parquet"); err == nil {
			t.Errorf("%+v became %s", p, key)
		}
	}
	for _, url := range []string{"file://relative/path", "nosuch:///x", "file:///dev/null/x", "%"} {
		if s, err := lake.Open(context.Background(), url); err == nil {
			s.Close()
			t.Errorf("%s was opened", url)
		}
	}
}

func TestSnapshotIsOfTheSetNotTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) lake.Part {
			return lake.Part{Area: lake.Activity, Dataset: "d", SHA256: rapid.StringMatching(`[0-9a-f]{4}`).Draw(t, "digest")}
		}), 1, 8).Draw(t, "parts")
		want := lake.Snapshot(parts)
		shuffled := rapid.Permutation(parts).Draw(t, "order")
		if lake.Snapshot(shuffled) != want {
			t.Fatal("order matters")
		}
		if lake.Snapshot(parts[1:]) == want || lake.Snapshot(append(slices.Clone(parts), parts[0])) == want {
			t.Fatal("dropping or repeating a part does not matter")
		}
	})
}

func TestPutReadsWhatItHashes(t *testing.T) {
	ctx := context.Background()
	s := open(t, "mem://")
	content := bytes.Repeat([]byte{0, 1, 2, 255}, 300_000)
	o, err := s.Put(ctx, place, file(t, string(content)), "parquet")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(ctx, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
