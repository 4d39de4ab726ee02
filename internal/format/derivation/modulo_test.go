package derivation

import (
	"strings"
	"testing"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// Two fixed derivations that differ in their builder have the same hash, and so
// have the derivations that use one or the other.
func TestModuloForgetsProvenance(t *testing.T) {
	h := golden.hasher(t)
	var inter, source []Modulo
	for _, p := range golden.list(t) {
		m, err := h.InputModulo(p)
		if err != nil {
			t.Fatal(err)
		}
		switch p.Name() {
		case "inter.drv":
			inter = append(inter, m)
		case "source.drv":
			source = append(source, m)
		case "floating.drv", "deferred.drv", "impure.drv", "text.drv.drv", "dyn.drv":
			if !m.IsDeferred() {
				t.Errorf("%s has a hash", p)
			}
		default:
			if m.IsDeferred() {
				t.Errorf("%s has no hash", p)
			}
		}
	}
	if len(inter) != 2 || inter[0] != inter[1] || inter[0].Fixed {
		t.Errorf("%v", inter)
	}
	if len(source) != 2 || source[0] != source[1] || !source[0].Fixed {
		t.Errorf("%v", source)
	}
}

func TestModuloText(t *testing.T) {
	h := golden.hasher(t)
	_, d := named(t, "joined")
	text, err := h.ModuloText(d)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := named(t, "inter")
	m, err := h.InputModulo(p)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := d.EnvValue("x")
	y, _ := d.EnvValue("y")
	want := `Derive([("out","","","")],[("` + m.Hash.Base16() + `",["dev","out"])],[],"x86_64-linux","/bin/sh",[],` +
		`[("builder","/bin/sh"),("name","joined"),("out",""),("system","x86_64-linux"),("x","` + x + `"),("y","` + y + `")])`
	if string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	if hash, err := h.OutputHash(d); hash != nixhash.Sum(nixhash.SHA256, text) || err != nil {
		t.Errorf("%s, %v", hash, err)
	}
	_, deferred := named(t, "deferred")
	if text, err := h.ModuloText(deferred); text != nil || err != nil {
		t.Errorf("deferred: %s, %v", text, err)
	}
	_, fixed := named(t, "source")
	if _, err := h.OutputHash(fixed); err == nil {
		t.Error("a fixed output has no path from the hash modulo")
	}
}

func TestModuloErrors(t *testing.T) {
	h := golden.hasher(t)
	_, d := named(t, "inter")
	d.InputDrvs[0].Outputs = []string{"bin"}
	if _, err := h.Modulo(d); err == nil || err.Error() != "no hash for output 'bin' of derivation 'inter'" {
		t.Errorf("%v", err)
	}
	d.InputDrvs[0].Path = "c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-missing.drv"
	if _, err := h.Modulo(d); err == nil {
		t.Error("missing input")
	}
	// A store that lies about its derivations can pretend a cycle.
	p, d := named(t, "joined")
	d.InputDrvs[0].Path = p
	loop := &Hasher{Dir: dir, Read: func(storepath.Path) (*Derivation, error) { return d, nil }}
	if _, err := loop.Modulo(d); err == nil || !strings.HasSuffix(err.Error(), "input derivations nest too deep") {
		t.Errorf("cycle: %.300v", err)
	}
}

func TestFill(t *testing.T) {
	var warnings []string
	h := &Hasher{Dir: dir, Read: golden.read, Warn: func(m string) { warnings = append(warnings, m) }}
	_, right := named(t, "inter")
	out, _ := right.Output("out")
	full := dir.Join(out.Path)
	const wrong = "/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-wrong"
	const ends = "\nThis will be an error in future versions of Nix; compatibility of CA derivations will be broken."
	for _, c := range []struct {
		name    string
		change  func(d *Derivation)
		fill    string // error of Fill; "" if it restores the derivation
		check   string // error of Check
		warning string // of Fill
	}{
		{name: "right", change: func(d *Derivation) {}},
		{name: "empty variable", change: func(d *Derivation) { d.SetEnv("out", "") },
			check: "derivation has incorrect environment variable 'out', should be '" + full + "' but is actually ''"},
		{name: "wrong variable", change: func(d *Derivation) { d.SetEnv("out", wrong) },
			fill:  "derivation has incorrect environment variable 'out', should be '" + full + "' but is actually '" + wrong + "'",
			check: "derivation has incorrect environment variable 'out', should be '" + full + "' but is actually '" + wrong + "'"},
		{name: "wrong variable of deferred output", change: func(d *Derivation) { deferAll(d); d.SetEnv("out", wrong) },
			check:   "-",
			warning: "derivation has incorrect environment variable 'out', should be '" + full + "' but is actually '" + wrong + "'" + ends},
		{name: "wrong path", change: func(d *Derivation) { o, _ := d.Output("out"); o.Path = storepath.Path(wrong[len("/nix/store/"):]) },
			fill:  "derivation has incorrect output '" + wrong + "', should be '" + full + "'",
			check: "derivation has incorrect output '" + wrong + "', should be '" + full + "'"},
		{name: "mixed", change: func(d *Derivation) { d.Outputs[0] = Output{Name: "dev"} },
			fill: "can't mix derivation output types", check: "can't mix derivation output types"},
		{name: "rpc", change: func(d *Derivation) { d.SetEnv("requiredSystemFeatures", "kvm builder-rpc-v0") },
			fill:  "derivation uses the 'builder-rpc-v0' feature, which may only be used with content-addressing derivations",
			check: "derivation uses the 'builder-rpc-v0' feature, which may only be used with content-addressing derivations"},
	} {
		warnings = nil
		d := right.Clone()
		c.change(d)
		if err := h.Check(d.Clone()); errText(err) != c.check && c.check != "-" {
			t.Errorf("%s: Check: %v, want %s", c.name, err, c.check)
		}
		warnings = nil
		if err := h.Fill(d); errText(err) != c.fill {
			t.Errorf("%s: Fill: %v, want %s", c.name, err, c.fill)
		} else if err == nil && string(d.AppendATerm(nil, dir)) != string(right.AppendATerm(nil, dir)) {
			t.Errorf("%s: %s", c.name, d.AppendATerm(nil, dir))
		}
		if got := strings.Join(warnings, "; "); got != c.warning {
			t.Errorf("%s: warnings %q", c.name, got)
		}
	}

	warnings = nil
	d := right.Clone()
	deferAll(d)
	if err := h.Check(d); err != nil || len(warnings) != 3 || !strings.Contains(strings.Join(warnings, ""), "derivation has incorrect deferred output, should be '"+full+"'."+ends) {
		t.Errorf("deferred: %v, %q", err, warnings)
	}
	_, deferred := named(t, "deferred")
	deferred.Outputs[0].Kind, deferred.Outputs[0].Path = InputAddressed, storepath.Path(wrong[len("/nix/store/"):])
	deferred.Outputs[1].Kind, deferred.Outputs[1].Path = InputAddressed, storepath.Path(wrong[len("/nix/store/"):])
	if err := h.Fill(deferred); errText(err) != "derivation has incorrect output '"+wrong+"', should be deferred" {
		t.Errorf("should be deferred: %v", err)
	}
}

// Without the variable the path is another, and then not the one that Check
// wants: the reference's `nix derivation add` fails in the same way.
func TestFillWithoutVariable(t *testing.T) {
	h := &Hasher{Dir: dir}
	d := &Derivation{Name: "filled-in-deferred-no-env-var", Builder: "/bin/sh", System: "x86_64-linux",
		Outputs: []Output{{Name: "out"}}, Env: []EnvVar{{"__doc", "Fill in deferred with missing env var"}}}
	if err := h.Fill(d); err != nil {
		t.Fatal(err)
	}
	const path = "/nix/store/wpk9qrgg77fyswhailap0gicgw98izx9-filled-in-deferred-no-env-var"
	if v, _ := d.EnvValue("out"); dir.Join(d.Outputs[0].Path) != path || v != path {
		t.Errorf("%s, %s", d.Outputs[0].Path, v)
	}
	want := "derivation has incorrect output '" + path + "', should be '/nix/store/fb8grlzkbsapafb0h0qvy0zhvydwbbxa-filled-in-deferred-no-env-var'"
	if err := h.Check(d); errText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestFillFixed(t *testing.T) {
	h := golden.hasher(t)
	_, right := named(t, "source")
	d := right.Clone()
	d.Outputs[0].Path = ""
	removeEnv(d, "out")
	if err := h.Fill(d); err != nil || string(d.AppendATerm(nil, dir)) != string(right.AppendATerm(nil, dir)) {
		t.Errorf("%v", err)
	}
	d = right.Clone()
	removeEnv(d, "out")
	if err := h.Check(d); errText(err) != "derivation has missing environment variable 'out', should be '"+dir.Join(d.Outputs[0].Path)+"' but is not present" {
		t.Errorf("%v", err)
	}
	// Who builds over RPC gets no variables.
	for _, feature := range []EnvVar{{"requiredSystemFeatures", "builder-rpc-v0"}, {"__json", `{"requiredSystemFeatures":["x","builder-rpc-v0"]}`}} {
		d := right.Clone()
		removeEnv(d, "out")
		d.SetEnv(feature.Name, feature.Value)
		if err := h.Fill(d); err != nil {
			t.Errorf("%v", err)
		}
		if _, ok := d.EnvValue("out"); ok {
			t.Errorf("%s: variable filled in", feature.Name)
		}
	}
}

func TestCheckAt(t *testing.T) {
	h := golden.hasher(t)
	p, d := named(t, "inter")
	if err := h.CheckAt(d, p); err != nil {
		t.Error(err)
	}
	other := p[:33] + "other.drv"
	if err := h.CheckAt(d, other); errText(err) != "derivation '"+dir.Join(other)+"' has name 'inter' which does not match its path" {
		t.Errorf("%v", err)
	}
	if err := h.CheckAt(d, p[:33]+"inter"); err == nil {
		t.Error("no .drv")
	}
	d.SetEnv("out", "x")
	if err := h.CheckAt(d, p); err == nil || !strings.HasPrefix(err.Error(), "while checking derivation '"+dir.Join(p)+"': derivation has incorrect ") {
		t.Errorf("%v", err)
	}
}

func removeEnv(d *Derivation, name string) {
	var rest []EnvVar
	for _, v := range d.Env {
		if v.Name != name {
			rest = append(rest, v)
		}
	}
	d.Env = rest
}

func deferAll(d *Derivation) {
	for i := range d.Outputs {
		d.Outputs[i] = Output{Name: d.Outputs[i].Name}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestResolve(t *testing.T) {
	_, dyn := named(t, "dyn")
	built := dyn.Built()
	paths := map[string]storepath.Path{
		"sccggs2pwcyy10f55pb29ypa6132f39s-text.drv.drv^out":     "00000000000000000000000000000000-text.drv",
		"sccggs2pwcyy10f55pb29ypa6132f39s-text.drv.drv^out^dev": "00000000000000000000000000000001-dev",
		"sccggs2pwcyy10f55pb29ypa6132f39s-text.drv.drv^out^out": "00000000000000000000000000000002-out",
	}
	if len(built) != len(paths) {
		t.Errorf("%v", built)
	}
	lookup := func(b Built) (storepath.Path, bool) { p, ok := paths[b.String()]; return p, ok }
	r, ok := dyn.Resolve(dir, lookup)
	if !ok {
		t.Fatal("not resolved")
	}
	if err := (&Hasher{Dir: dir}).Fill(r); err != nil {
		t.Fatal(err)
	}
	o, _ := r.Output("out")
	want := `Derive([("out","` + dir.Join(o.Path) + `","","")],[],["/nix/store/00000000000000000000000000000000-text.drv","/nix/store/00000000000000000000000000000001-dev","/nix/store/00000000000000000000000000000002-out"],"x86_64-linux","/bin/sh",[],` +
		`[("builder","/bin/sh"),("name","dyn"),("out","` + dir.Join(o.Path) + `"),("system","x86_64-linux"),("x","/nix/store/00000000000000000000000000000002-out"),("y","/nix/store/00000000000000000000000000000001-dev"),("z","/nix/store/00000000000000000000000000000000-text.drv")])`
	if got := string(r.AppendATerm(nil, dir)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	delete(paths, "sccggs2pwcyy10f55pb29ypa6132f39s-text.drv.drv^out^dev")
	if _, ok := dyn.Resolve(dir, lookup); ok {
		t.Error("resolved without knowing every input")
	}
	if !r.IsBasic() || len(dyn.InputSrcs) != 0 {
		t.Error("the original changed")
	}
}

func TestNeedsResolving(t *testing.T) {
	for name, want := range map[string]bool{"source": false, "inter": false, "deferred": true, "dyn": true, "floating": false} {
		_, d := named(t, name)
		if got, err := d.NeedsResolving(true); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A derivation that depends on floating outputs, and what the reference built in
// its place.
func TestResolveEqualsReference(t *testing.T) {
	f := folder{dir, "testdata/resolve"}
	d, err := f.read("1wb4vxwvjmhjg97bijjnivalfxbadshc-dep.drv")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]storepath.Path{
		"mwky69w050y1nxnnmn45vsrzf708c4lw-root.drv^out": "5wz0a89rkmlgmhvzycnvx3035x9wm66y-root",
		"mwky69w050y1nxnnmn45vsrzf708c4lw-root.drv^lib": "nppyy0rf4f23iq9cbfinzn0i7lhhwibv-root-lib",
	}
	r, ok := d.Resolve(dir, func(b Built) (storepath.Path, bool) { p, ok := paths[b.String()]; return p, ok })
	if !ok {
		t.Fatal("not resolved")
	}
	if err := (&Hasher{Dir: dir}).Fill(r); err != nil {
		t.Fatal(err)
	}
	const want = "n7wq4b66h0mjkgv7il1inl557ms27lrp-dep.drv"
	text, err := f.text(want)
	if err != nil {
		t.Fatal(err)
	}
	got := r.AppendATerm(nil, dir)
	if string(got) != text {
		t.Errorf("%s, want %s", got, text)
	}
	if p, err := r.Path(dir, got); p != want || err != nil {
		t.Errorf("%s, %v", p, err)
	}
}

// TestTraceHash has derivations with the keys under which Nix 2.34.8 recorded what they were built to.
func TestTraceHash(t *testing.T) {
	const env = `("out","/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"),("outputHashAlgo","sha256"),("outputHashMode","recursive"),("system","x86_64-linux")])`
	for _, c := range []struct{ name, text, want string }{
		{"a", `Derive([("out","","r:sha256","")],[],[],"x86_64-linux","/bin/sh",["-c","echo hi > $out"],[("builder","/bin/sh"),("name","a"),` + env,
			"0f4e37b3345e415f7ffebb9c781537c140c1e01f837e04aa02c958e4a9c43686"},
		{"b", `Derive([("out","","r:sha256","")],[],["/nix/store/miacmq2d49l5qm1xgkpr982m3rd9ax08-a"],"x86_64-linux","/bin/sh",["-c","echo $a > $out"],[("a","/nix/store/miacmq2d49l5qm1xgkpr982m3rd9ax08-a"),("builder","/bin/sh"),("name","b"),` + env,
			"4aa496ca53e78193bad261bc1d46b5de5d5025792e2df961fca6faf80388c8ac"},
		{"b", `Derive([("out","","r:sha256","")],[("/nix/store/lwhss9hm6gj0z95jwssm79zmkxm0p01v-a.drv",["out"])],[],"x86_64-linux","/bin/sh",["-c","echo $a > $out"],[("builder","/bin/sh"),("name","b"),` + env, ""},
	} {
		d, err := ParseATerm(dir, c.name, c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if h := d.TraceHash(dir); !h.IsZero() {
			got = h.Text(nixhash.Base16, false)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
