package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Credentials are what a request is signed with.
type Credentials struct {
	AccessKey    string
	Secret       string
	SessionToken string    // of temporary ones
	Expires      time.Time // zero is never
}

// ErrNoCredentials says that there are none anywhere. Public buckets need none.
var ErrNoCredentials = errors.New("no AWS credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials")

// Options say where credentials may come from.
type Options struct {
	Env    func(name string) (value string, ok bool)
	Home   string       // of the user, for ~/.aws
	Client *http.Client // for services that give credentials; nil is one without a proxy
}

// A Chain finds credentials in this order: variables of the environment, single sign-on, the files in ~/.aws, a web
// identity, the container, the machine. It remembers them until shortly before they expire, and may be used by several
// goroutines.
type Chain struct {
	o   Options
	now func() time.Time

	mu    sync.Mutex
	known map[question]*answer
}

// question is what the answer depends on.
type question struct{ profile, region string }

// answer is found by who asks first; others wait for it.
type answer struct {
	once sync.Once
	c    Credentials
	err  error
}

// NewChain returns the chain of an environment. Nothing is read before it is asked.
func NewChain(o Options) *Chain {
	if o.Client == nil {
		o.Client = &http.Client{Transport: &http.Transport{}}
	}
	return &Chain{o: o, now: time.Now, known: make(map[question]*answer)}
}

// early is how long before their end credentials are replaced.
const early = 5 * time.Minute

// Credentials returns those of a profile, "" for the default, for use in a region. The error of a chain that has none
// is [ErrNoCredentials].
func (c *Chain) Credentials(ctx context.Context, profile, region string) (Credentials, error) {
	q := question{profile, region}
	c.mu.Lock()
	a := c.known[q]
	if a == nil {
		a = new(answer)
		c.known[q] = a
	}
	c.mu.Unlock()
	a.once.Do(func() { a.c, a.err = c.find(ctx, profile, region) })
	failed := a.err != nil && !errors.Is(a.err, ErrNoCredentials)
	if failed || !a.c.Expires.IsZero() && c.now().Add(early).After(a.c.Expires) {
		c.mu.Lock()
		if c.known[q] == a {
			delete(c.known, q) // the next one looks again
		}
		c.mu.Unlock()
	}
	return a.c, a.err
}

// find asks one place after the other. A place that should have some and fails ends the search: what comes later may
// be allowed more.
func (c *Chain) find(ctx context.Context, profile, region string) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, place := range []struct {
		name string
		find func(ctx context.Context, profile, region string) (Credentials, error)
	}{
		{"the environment", c.fromEnvironment},
		{"single sign-on", c.fromSSO},
		{"a profile", c.fromProfile},
		{"a web identity", c.fromWebIdentity},
		{"the container", c.fromContainer},
		{"the machine", c.fromMachine},
	} {
		found, err := place.find(ctx, profile, region)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, ErrNoCredentials) {
			return Credentials{}, fmt.Errorf("get AWS credentials from %s: %w", place.name, err)
		}
	}
	return Credentials{}, ErrNoCredentials
}

// env returns a variable, "" if it is not set.
func (c *Chain) env(names ...string) string {
	for _, name := range names {
		if v, ok := c.o.Env(name); ok && v != "" {
			return v
		}
	}
	return ""
}

func (c *Chain) fromEnvironment(context.Context, string, string) (Credentials, error) {
	found := Credentials{AccessKey: c.env("AWS_ACCESS_KEY_ID"), Secret: c.env("AWS_SECRET_ACCESS_KEY"), SessionToken: c.env("AWS_SESSION_TOKEN")}
	if found.AccessKey == "" || found.Secret == "" {
		return found, ErrNoCredentials
	}
	return found, nil
}
