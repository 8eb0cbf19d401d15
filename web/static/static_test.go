package static

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func bundle(t *testing.T) (*Bundle, http.Handler) {
	t.Helper()
	b, err := load(fstest.MapFS{
		"README":        {Data: []byte("placeholder")},
		"registrar.css": {Data: []byte(strings.Repeat("body{color:#212b32}", 100))},
		"images/x.svg":  {Data: []byte("<svg/>")},
		"NOTICE":        {Data: []byte("MIT")},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Prefix+"{digest}/{name...}", b.Handler())
	return b, mux
}

func get(t *testing.T, handler http.Handler, address, encoding string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, address, nil)
	request.Header.Set("Accept-Encoding", encoding)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestABinaryWithoutAssetsSaysSo(t *testing.T) {
	_, err := load(fstest.MapFS{"README": {Data: []byte("placeholder")}})
	if !errors.Is(err, ErrNotBuilt) {
		t.Fatalf("got %v", err)
	}
}

func TestAssetsAreImmutableAndCompressed(t *testing.T) {
	b, handler := bundle(t)
	css := b.URL("registrar.css")
	plain := get(t, handler, css, "identity, gzip;q=0")
	body, _ := io.ReadAll(plain.Body)
	if plain.StatusCode != 200 || len(body) != 1900 || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d, %d bytes, %v", plain.StatusCode, len(body), plain.Header)
	}
	if got := plain.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control %q", got)
	}
	if got := plain.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	zipped := get(t, handler, css, "br, gzip;q=0.8")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unzipped, _ := io.ReadAll(reader); string(unzipped) != string(body) {
		t.Error("the compressed bytes are others")
	}
	if small := get(t, handler, b.URL("images/x.svg"), "gzip"); small.Header.Get("Content-Encoding") != "" {
		t.Error("a file that gzip makes larger is sent compressed")
	}
}

func TestAnotherBundleAnotherAddress(t *testing.T) {
	b, handler := bundle(t)
	other, err := load(fstest.MapFS{"registrar.css": {Data: []byte("body{color:red}")}})
	if err != nil {
		t.Fatal(err)
	}
	if other.URL("registrar.css") == b.URL("registrar.css") {
		t.Error("two bundles have one address")
	}
	for _, address := range []string{other.URL("registrar.css"), b.URL("registrar.css") + "x", strings.Replace(b.URL("registrar.css"), "registrar.css", "README", 1)} {
		if got := get(t, handler, address, ""); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", address, got.StatusCode)
		}
	}
}

func TestANameThatWasNotBuiltPanics(t *testing.T) {
	b, _ := bundle(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	b.URL("registrar.js")
}
