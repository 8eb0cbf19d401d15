package monitor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"data.release/registrar/release/fault"
)

// site reads a register's public addresses.
type site struct {
	base   string // without a slash at its end
	client *http.Client
}

func newSite(base string, client *http.Client) (site, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return site{}, fault.New(fault.Invalid, "%q is no address of a register: expected one such as https://register.example.org", base)
	}
	return site{base: strings.TrimRight(base, "/"), client: client}, nil
}

// open begins a download; the caller closes it.
func (s site) open(ctx context.Context, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", path, err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "%s%s could not be read: %s", s.base, path, reason(err)).Because(err)
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fault.New(fault.Unavailable, "%s%s could not be read: the answer was %s", s.base, path, answer.Status)
	}
	return answer.Body, nil
}

// read downloads at most limit bytes; an answer that is longer is an error, so
// that a hostile site cannot fill the memory.
func (s site) read(ctx context.Context, path string, limit int64) ([]byte, error) {
	body, err := s.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "%s%s broke off: %s", s.base, path, reason(err)).Because(err)
	}
	if int64(len(data)) > limit {
		return nil, fault.New(fault.TooLarge, "%s%s is longer than the %d bytes it may have", s.base, path, limit)
	}
	return data, nil
}

// reason is what went wrong, without the address that url.Error repeats.
func reason(err error) string {
	if u, ok := err.(*url.Error); ok {
		return u.Err.Error()
	}
	return err.Error()
}
