package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"firn/internal/cache/server"
	"firn/internal/compress"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store"
	"firn/internal/wiring"
)

var (
	serveListenFlag      = Flag{Long: "listen", Labels: []string{"address"}, Doc: "Listen at *address*, such as `:8080` or `[::1]:5000`, instead of `127.0.0.1:5000`. With port 0 the system chooses one."}
	serveKeyFlag         = Flag{Long: "secret-key-file", Short: 'k', Labels: []string{"file"}, Doc: "Sign what is served with the secret key in *file*. May be given several times."}
	serveCompressionFlag = Flag{Long: "compression", Labels: []string{"method"}, Doc: "Compress archives while they are sent: `none` (the default), `zstd`, `gzip` and so on. Interrupted downloads can be continued only without."}
	serveLevelFlag       = Flag{Long: "compression-level", Labels: []string{"level"}, Doc: "Compress at this level instead of the method's usual one."}
	servePriorityFlag    = Flag{Long: "priority", Labels: []string{"number"}, Doc: "Clients that know several caches ask the one with the lowest *number* first; the default is 30, before `cache.nixos.org`."}
)

var serveCommand = Command{
	Name: "serve", Category: OwnCommands, Feature: config.NixCommand,
	Summary: "serve a store as a binary cache over HTTP",
	Doc: "Serves the store that `--store` names, of any kind, as a binary cache: what is in it, listings, logs of builds and what content-addressed outputs were built to. Nothing can be changed through it.\n\n" +
		"The address is printed when the server is ready. `SIGTERM` or Ctrl-C stops it after what is being sent; a second one stops it at once. Who asks is shown with `-v`. There is no encryption: put a web server in front of it for that.",
	Examples: []Example{
		{"Let machines on the network install what is in the store", "firn serve --listen :5000 --secret-key-file /etc/nix/key"},
		{"Install from there", "firn copy --from http://builder.example.org:5000 /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"},
		{"Serve a binary cache in a bucket", "firn serve --store 's3://cache?region=eu-west-1'"},
	},
	Flags: [][]*Flag{{&serveListenFlag, &serveKeyFlag, &serveCompressionFlag, &serveLevelFlag, &servePriorityFlag}},
	Run:   runServe,
}

// storeServeCommand is the same among those on stores.
var storeServeCommand = serveCommand

func runServe(ctx context.Context, c *Call) error {
	o, err := c.serveOptions()
	if err != nil {
		return err
	}
	return c.withStore(func(st store.Store) error {
		s, ok := st.(server.Store)
		if !ok {
			return diag.New(diag.InvalidSetting, "the store '%s' can't be served", c.Config.General.Store)
		}
		address := "127.0.0.1:5000"
		if v, ok := c.Value(&serveListenFlag); ok {
			address = v
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		return serveAt(ctx, c, l, server.New(s, o))
	})
}

func (c *Call) serveOptions() (server.Options, error) {
	o := server.Options{Priority: 30, Recorder: c.Events}
	for _, values := range c.All(&serveKeyFlag) {
		key, err := wiring.ReadSecretKey(values[0])
		if err != nil {
			return o, err
		}
		o.Keys = append(o.Keys, key)
	}
	if name, ok := c.Value(&serveCompressionFlag); ok {
		m, err := compress.Parse(name)
		if err != nil {
			return o, diag.Misuse(diag.Usage, "%v", err)
		}
		o.Compression = m
	}
	for _, f := range []struct {
		flag *Flag
		set  func(int)
	}{
		{&serveLevelFlag, func(n int) { o.Compress = compress.Level(n) }},
		{&servePriorityFlag, func(n int) { o.Priority = n }},
	} {
		text, ok := c.Value(f.flag)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return o, diag.Misuse(diag.Usage, "'%s' is not an integer", text)
		}
		f.set(n)
	}
	if err := o.Compression.CheckLevel(o.Compress); err != nil {
		return o, diag.Misuse(diag.Usage, "%v", err)
	}
	return o, nil
}

// Times that clients have.
const (
	serveHeaderTime = 30 * time.Second
	serveIdleTime   = 2 * time.Minute
	serveStopTime   = 30 * time.Second // for what is being sent when the server is stopped
)

// serveAt serves until ctx ends, and then sends to their ends the answers that have begun.
func serveAt(ctx context.Context, c *Call, l net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: serveHeaderTime, IdleTimeout: serveIdleTime,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	fmt.Fprintf(c.Out, "http://%s\n", l.Addr())
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), serveStopTime)
		defer cancel()
		err := s.Shutdown(late)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
		}
		stopped <- err
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
