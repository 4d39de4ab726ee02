package config

// Transfer are the settings of downloads and uploads.
type Transfer struct {
	HTTP2            bool
	HTTP3            bool
	UserAgentSuffix  string
	Connections      uint64 // 0 for no limit
	ConnectTimeout   uint64 // seconds, 0 for none
	StallTimeout     uint64 // seconds
	Attempts         uint32
	RetryDelay       uint32 // milliseconds
	RateLimitedDelay uint32 // milliseconds
	MaxRetryDelay    uint32 // milliseconds
	RetryJitter      bool
	BufferSize       uint64 // bytes
	Speed            uint32 // kilobytes a second, 0 for no limit
	NetrcFile        string
	SSLCertFile      string // "" for none
}

var transferTheme = Theme{Name: "transfer", Title: "Downloads and uploads", Settings: []Setting{
	{
		Name:  "http2",
		field: boolField(func(v *Values) *bool { return &v.Transfer.HTTP2 }), Default: "true",
		Doc: "Use HTTP/2 where the server speaks it.",
	},
	{
		Name:  "http3",
		field: boolField(func(v *Values) *bool { return &v.Transfer.HTTP3 }), Default: "false",
		Doc: "Use HTTP/3 where the server offers it. firn accepts the setting and stays with HTTP/2.",
	},
	{
		Name:  "user-agent-suffix",
		field: stringField(func(v *Values) *string { return &v.Transfer.UserAgentSuffix }),
		Doc:   "Text added to the name by which the program introduces itself to HTTP servers.",
	},
	{
		Name: "http-connections", Aliases: []string{"binary-caches-parallel-connections"},
		field: uint64Field(func(v *Values) *uint64 { return &v.Transfer.Connections }), Default: "25",
		Doc: "How many connections may be open at once to fetch files. 0 sets no limit.",
	},
	{
		Name:  "connect-timeout",
		field: uint64Field(func(v *Values) *uint64 { return &v.Transfer.ConnectTimeout }), Default: "15",
		Doc: "After how many seconds the attempt to reach a server is given up. 0 waits as long as the system does.",
	},
	{
		Name:  "stalled-download-timeout",
		field: uint64Field(func(v *Values) *uint64 { return &v.Transfer.StallTimeout }), Default: "300",
		Doc: "After how many seconds without any data a download is broken off.",
	},
	{
		Name: "filetransfer-retry-attempts", Aliases: []string{"download-attempts"},
		field: uint32Field(func(v *Values) *uint32 { return &v.Transfer.Attempts }), Default: "5",
		Doc: "How often a download or upload is tried before it counts as failed. Only failures that may pass are tried again: lost connections, time-outs, servers that are overloaded. A missing file or a refused password is not.",
	},
	{
		Name:  "filetransfer-retry-delay",
		field: uint32Field(func(v *Values) *uint32 { return &v.Transfer.RetryDelay }), Default: "100",
		Doc: "How many milliseconds to wait before the second attempt. The delay doubles with each further attempt.",
	},
	{
		Name:  "filetransfer-retry-delay-rate-limited",
		field: uint32Field(func(v *Values) *uint32 { return &v.Transfer.RateLimitedDelay }), Default: "5000",
		Doc: "The delay in milliseconds before the second attempt when the server said that it is asked too much. If the server says how long to wait, the longer time counts.",
	},
	{
		Name:  "filetransfer-retry-max-delay",
		field: uint32Field(func(v *Values) *uint32 { return &v.Transfer.MaxRetryDelay }), Default: "60000",
		Doc: "The longest delay in milliseconds between two attempts. It does not shorten what a server asks for.",
	},
	{
		Name:  "filetransfer-retry-jitter",
		field: boolField(func(v *Values) *bool { return &v.Transfer.RetryJitter }), Default: "true",
		Doc: "Wait for a random part of each delay, so that many clients that failed together don't come back together.",
	},
	{
		Name:  "download-buffer-size",
		field: uint64Field(func(v *Values) *uint64 { return &v.Transfer.BufferSize }), Default: "1048576",
		Doc: "How many bytes of a download are held in memory while what comes after, such as unpacking, cannot keep up.",
	},
	{
		Name:  "download-speed",
		field: uint32Field(func(v *Values) *uint32 { return &v.Transfer.Speed }), Default: "0",
		Doc: "How many kilobytes a second a download may take at most. 0 sets no limit.",
	},
	{
		Name:  "netrc-file",
		field: pathField(func(v *Values) *string { return &v.Transfer.NetrcFile }), From: func(h *Host) string { return h.ConfDir + "/netrc" },
		Doc: `A file with user names and passwords for HTTP servers, in the format of ` + "`curl`" + ` and ` + "`ftp`" + `:

    machine cache.example.org
    login alice
    password secret

The path must be absolute; ` + "`~`" + ` is not expanded.`,
	},
	{
		Name: "ssl-cert-file", Hidden: true,
		field: noPathField(func(v *Values) *string { return &v.Transfer.SSLCertFile }), From: func(h *Host) string { return h.CertFile },
		Doc: "The file of certificates by which `https` servers are judged. By default the first that exists of `/etc/ssl/certs/ca-certificates.crt` and the one in the default profile. The environment variables `NIX_SSL_CERT_FILE` and, after it, `SSL_CERT_FILE` name another.",
	},
}}
