package options

import (
	"strings"
	"testing"

	"firn/internal/format/derivation"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func drv(env map[string]string, floating bool) *derivation.Derivation {
	d := &derivation.Derivation{Name: "x", System: "any", Builder: "/bin/sh"}
	o := derivation.Output{Name: "out", Kind: derivation.InputAddressed}
	if floating {
		o.Kind = derivation.Floating
	}
	d.Outputs = []derivation.Output{o}
	for k, v := range env {
		d.SetEnv(k, v)
	}
	return d
}

func number(n uint64) *uint64 { return &n }

func TestRead(t *testing.T) {
	const p = "/nix/store/p0hax2lzvjpfc2gwkk62xdglz0fcqfzn-foo"
	tests := []struct {
		name string
		env  map[string]string
		want Options
	}{
		{"nothing", nil, Options{AllowSubstitutes: true, Checks: Checks{IgnoreSelfRefs: true}}},
		{"environment", map[string]string{
			"allowedReferences": "", "allowedRequisites": p + " bin\nbin", "disallowedReferences": "dev " + p,
			"__noChroot": "1", "preferLocalBuild": "true", "allowSubstitutes": "", "requiredSystemFeatures": "uid-range  kvm",
			"impureEnvVars": "B A", "__impureHostDeps": "/usr/bin/x", "passAsFile": "text code", "__sandboxProfile": "p",
			"__darwinAllowLocalNetworking": "1", "exportReferencesGraph": "refs1 " + p + " refs0 " + p + "/bin",
			"unsafeDiscardReferences": "1",
		}, Options{
			Checks:   Checks{IgnoreSelfRefs: true, AllowedReferences: []string{}, AllowedRequisites: []string{p, "bin"}, DisallowedReferences: []string{p, "dev"}},
			NoChroot: true, RequiredSystemFeatures: []string{"kvm", "uid-range"}, ImpureEnvVars: []string{"A", "B"},
			ImpureHostDeps: []string{"/usr/bin/x"}, PassAsFile: []string{"code", "text"}, SandboxProfile: "p", AllowLocalNetworking: true,
			ExportReferencesGraph: []Graph{{"refs0", []string{p + "/bin"}}, {"refs1", []string{p}}},
		}},
		{"structured", map[string]string{"passAsFile": "x", "__json": `{
			"outputChecks": {"out": {"maxSize": 789, "allowedReferences": ["` + p + `"], "disallowedRequisites": []}, "dev": {"maxClosureSize": 5909}},
			"unsafeDiscardReferences": {"out": true}, "exportReferencesGraph": {"g": ["` + p + `", ["a", ["b"]]], "h": "c"},
			"__noChroot": true, "allowSubstitutes": false, "requiredSystemFeatures": ["kvm"], "allowedReferences": ["x"], "preferLocalBuild": true}`},
			Options{
				PerOutput: map[string]Checks{
					"out": {MaxSize: number(789), AllowedReferences: []string{p}, DisallowedRequisites: []string{}},
					"dev": {MaxClosureSize: number(5909)},
				},
				UnsafeDiscardReferences: map[string]bool{"out": true},
				ExportReferencesGraph:   []Graph{{"g", []string{p, "a", "b"}}, {"h", []string{"c"}}},
				NoChroot:                true, RequiredSystemFeatures: []string{"kvm"}, PreferLocalBuild: true,
				Warnings: []string{
					"'structuredAttrs' disables the effect of the top-level attribute 'allowedReferences'; use 'outputChecks' instead",
					"'structuredAttrs' disables the effect of the top-level attribute 'passAsFile'; because all JSON is always passed via file",
				},
			}},
	}
	for _, tt := range tests {
		got, err := Read(drv(tt.env, false))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		nilIsEmpty := cmp.FilterPath(func(p cmp.Path) bool {
			last := p.Last().String()
			return last == ".ImpureEnvVars" || last == ".ImpureHostDeps" || last == ".RequiredSystemFeatures"
		}, cmpopts.EquateEmpty())
		if d := cmp.Diff(&tt.want, got, nilIsEmpty, cmpopts.IgnoreFields(Options{}, "Structured")); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestReadErrors(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"exportReferencesGraph", "a", "odd number of tokens in 'exportReferencesGraph': 'a'"},
		{"exportReferencesGraph", "../a b", "invalid file name '../a' in 'exportReferencesGraph'"},
		{"__json", "", "cannot process __json attribute"},
		{"__json", "null", "cannot process __json attribute"},
		{"__json", "[]", "cannot process __json attribute"},
		{"__json", `{"preferLocalBuild": "1"}`, `while parsing attribute "preferLocalBuild": Expected JSON value to be of type 'boolean' but it is of type 'string': "1"`},
		{"__json", `{"requiredSystemFeatures": [1]}`, `while parsing attribute "requiredSystemFeatures": Expected JSON value to be of type 'string' but it is of type 'number': 1`},
		{"__json", `{"outputChecks": {"out": {"allowedReferences": 1}}}`, `while parsing attribute 'outputChecks."out".allowedReferences'`},
		{"__json", `{"outputChecks": {"out": {"maxSize": -1}}}`, `while parsing attribute 'outputChecks."out".maxSize'`},
		{"__json", `{"exportReferencesGraph": {"a": 1}}`, "'exportReferencesGraph' value is not an array or a string"},
		{"__json", `{"unsafeDiscardReferences": {"out": 1}}`, "while parsing attribute 'unsafeDiscardReferences'"},
	}
	for _, tt := range tests {
		_, err := Read(drv(map[string]string{tt.name: tt.value}, false))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s = %s: got %v, want %s", tt.name, tt.value, err, tt.want)
		}
	}
}

func TestFeatures(t *testing.T) {
	env := map[string]string{"requiredSystemFeatures": "big-parallel kvm"}
	for floating, want := range map[bool]string{false: "big-parallel kvm", true: "big-parallel ca-derivations kvm"} {
		d := drv(env, floating)
		o, err := Read(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(o.Features(d), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"outputChecks": {"out": {"maxSize": 1}}, "exportReferencesGraph": {"a": [["b"]]}}`)
	f.Fuzz(func(t *testing.T, text string) { Read(drv(map[string]string{"__json": text}, false)) })
}

func TestShell(t *testing.T) {
	for text, want := range map[string]string{
		`{"s":"it's","n":5,"f":2.0,"g":1.5,"b":true,"c":false,"z":null}`: "declare b='1'\ndeclare c=\ndeclare f=2\ndeclare n=5\ndeclare s='it'\\''s'\ndeclare z=''\n",
		`{"big":3000000000,"neg":-1,"huge":1e300}`:                       "declare big=-1294967296\ndeclare huge=-2147483648\ndeclare neg=-1\n",
		`{"l":["a b",1],"m":{"k":"v"},"e":[],"o":{}}`:                    "declare -a e=()\ndeclare -a l=('a b' 1 )\ndeclare -A m=(['k']='v' )\ndeclare -A o=()\n",
		`{"nested":[[1]],"deep":{"a":{}},"not-a-name":1,"1":2,"":3}`:     "",
	} {
		s, err := parseStructured(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Attributes(s).Shell()
		want = strings.ReplaceAll(want, "b='1'", "b=1")
		if got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}
