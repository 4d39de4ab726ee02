package plan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

const dir = storepath.Default

// world is a small world of derivations for tests. Names stand for paths: a derivation is named as its
// .drv without the extension, its outputs are "name-out".
type world struct {
	t      *testing.T
	drvs   map[string]*derivation.Derivation
	paths  map[string]storepath.Path
	name   map[storepath.Path]string
	valid  map[string]bool
	offers map[string][]string // path and its references
	broken map[string]bool     // substitutions and builds that fail
	known  map[string]string   // recorded realisations, "drv!out" to a path
	remote map[string]string
	made   map[string]string // what floating builds make: "drv!out" to a path
	log    []string
}

func newWorld(t *testing.T) *world {
	return &world{t: t, drvs: map[string]*derivation.Derivation{}, paths: map[string]storepath.Path{}, name: map[storepath.Path]string{},
		valid: map[string]bool{}, offers: map[string][]string{}, broken: map[string]bool{}, known: map[string]string{},
		remote: map[string]string{}, made: map[string]string{}}
}

// path gives a name a store path.
func (w *world) path(name string) storepath.Path {
	if p, ok := w.paths[name]; ok {
		return p
	}
	base := nixhash.Sum(nixhash.SHA256, []byte(name)).Nix32()[:32] + "-" + name
	p, err := storepath.ParseBase(base)
	if err != nil {
		w.t.Fatal(err)
	}
	w.paths[name], w.name[p] = p, name
	return p
}

// drv adds a derivation; inputs are names of derivations, or of sources with a leading "./".
func (w *world) drv(name string, kind derivation.OutputKind, inputs ...string) *derivation.Derivation {
	d := &derivation.Derivation{Name: name, System: "any", Builder: "/bin/sh"}
	o := derivation.Output{Name: "out", Kind: kind, Method: storepath.NAR, Algo: nixhash.SHA256}
	switch kind {
	case derivation.InputAddressed:
		o.Path = w.path(name + "-out")
	case derivation.Fixed:
		var err error
		ca := storepath.ContentAddress{Hash: nixhash.Sum(nixhash.SHA256, []byte(name))}
		if o, err = derivation.NewFixed(dir, name, "out", ca); err != nil {
			w.t.Fatal(err)
		}
		w.paths[name+"-out"], w.name[o.Path] = o.Path, name+"-out"
	}
	d.Outputs = []derivation.Output{o}
	for _, in := range inputs {
		if src, ok := strings.CutPrefix(in, "./"); ok {
			d.InputSrcs = append(d.InputSrcs, w.path(src))
			continue
		}
		in, output, _ := strings.Cut(in, "^")
		node := derivation.InputNode{Outputs: []string{"out"}}
		if output != "" {
			node = derivation.InputNode{Dynamic: []derivation.DynamicInput{{Output: "out", InputNode: derivation.InputNode{Outputs: []string{output}}}}}
		}
		d.InputDrvs = append(d.InputDrvs, derivation.InputDrv{Path: w.path(in + ".drv"), InputNode: node})
	}
	slices.Sort(d.InputSrcs)
	slices.SortFunc(d.InputDrvs, func(a, b derivation.InputDrv) int { return strings.Compare(string(a.Path), string(b.Path)) })
	w.drvs[name] = d
	w.valid[name+".drv"] = true
	return d
}

func (w *world) logf(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// nameOf gives a resolved derivation the name of the original with a plus sign.
func (w *world) nameOf(p storepath.Path) string {
	if n, ok := w.name[p]; ok {
		return n
	}
	return "+" + strings.TrimSuffix(p.Name(), ".drv")
}

// carryOut does all steps, work in a random order if r is not nil.
func (w *world) carryOut(p *Planner, r *rand.Rand) {
	for range 10000 {
		for _, a := range p.Asks() {
			w.answer(p, a)
		}
		work := p.Work()
		if r != nil {
			r.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
		}
		for _, s := range work {
			w.do(p, s)
		}
		if len(work) == 0 && len(p.asks) == 0 {
			return
		}
	}
	w.t.Fatal("no end")
}

func (w *world) answer(p *Planner, a Step) {
	switch a := a.(type) {
	case ReadDerivation:
		name := w.name[a.Drv]
		if !w.valid[name] {
			p.Derivation(a.Drv, a.Again, nil, nil)
			return
		}
		p.Derivation(a.Drv, a.Again, w.drvs[strings.TrimSuffix(name, ".drv")], nil)
	case CheckValid:
		p.Valid(a.Path, a.Contents, w.valid[w.nameOf(a.Path)])
	case FindRealisation:
		from := w.known
		if a.Remote {
			from = w.remote
		}
		var path storepath.Path
		if n, ok := from[w.nameOf(a.Drv)+"!"+a.Output]; ok {
			path = w.path(n)
		}
		p.Realisation(a.Drv, a.Output, a.Remote, path, nil)
	case FindClosure:
		p.Closure(a.Path, []storepath.Path{a.Path, w.path("lib-out")})
	case FindDeriver:
		var drv storepath.Path
		if name := w.nameOf(a.Path); w.valid[strings.TrimSuffix(name, "-out")+".drv"] {
			drv = w.path(strings.TrimSuffix(name, "-out") + ".drv")
		}
		p.Deriver(a.Path, drv)
	case FindOffer:
		refs, ok := w.offers[w.nameOf(a.Path)]
		if !ok {
			p.Offer(a, nil, nil)
			return
		}
		o := &Offer{NARSize: 1}
		for _, r := range refs {
			o.References = append(o.References, w.path(r))
		}
		p.Offer(a, o, nil)
	}
}

func (w *world) do(p *Planner, s Step) {
	switch s := s.(type) {
	case Substitute:
		n := w.nameOf(s.Path)
		for _, r := range s.Offer.References {
			if r != s.Path && !w.valid[w.nameOf(r)] {
				w.t.Errorf("%s is substituted before its reference %s", n, w.nameOf(r))
			}
		}
		if w.broken[n] {
			w.logf("fetch %s fails", n)
			p.Substituted(s.Path, errors.New("broken"))
			return
		}
		w.logf("fetch %s", n)
		w.valid[n] = true
		p.Substituted(s.Path, nil)
	case Build:
		n := strings.TrimSuffix(w.nameOf(s.Drv), ".drv")
		for _, in := range s.Inputs {
			if !w.valid[w.nameOf(in)] {
				w.t.Errorf("%s is built before its input %s", n, w.nameOf(in))
			}
		}
		if w.broken[n] {
			w.logf("build %s fails", n)
			p.Built(s.Drv, s.Mode, nil, false, errors.New("broken"))
			return
		}
		w.logf("build %s%s", n, map[Mode]string{Check: " again", Repair: " for repair"}[s.Mode])
		outputs := map[string]storepath.Path{}
		for _, o := range s.Derivation.Outputs {
			path := o.Path
			if path == "" {
				path = w.path(w.made[n+"!"+o.Name])
				w.known[n+"!"+o.Name] = w.made[n+"!"+o.Name]
			}
			w.valid[w.nameOf(path)] = true
			outputs[o.Name] = path
		}
		p.Built(s.Drv, s.Mode, outputs, false, nil)
	}
}

func outs(name string) Target { return Target{Path: storepath.Path(name + ".drv"), All: true} }

func TestPlan(t *testing.T) {
	const ia, fixed, ca, deferred = derivation.InputAddressed, derivation.Fixed, derivation.Floating, derivation.Deferred
	tests := []struct {
		name  string
		setup func(*world, *Settings)
		want  Target // the path is a name here
		steps string
		err   string
		how   How
	}{
		{name: "nothing to do", how: AlreadyValid, want: outs("a"),
			setup: func(w *world, s *Settings) { w.drv("a", ia, "b"); w.drv("b", ia); w.valid["a-out"] = true }},
		{name: "chain", how: Built, want: outs("a"), steps: "build c, build b, build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "b"); w.drv("b", ia, "c"); w.drv("c", ia) }},
		{name: "diamond", how: Built, want: outs("a"), steps: "build d, build b, build c, build a",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia, "b", "c")
				w.drv("b", ia, "d")
				w.drv("c", ia, "d")
				w.drv("d", ia)
			}},
		{name: "input exists", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "b"); w.drv("b", ia, "c"); w.valid["b-out"] = true }},
		{name: "substituted", how: Substituted, want: outs("a"), steps: "fetch lib, fetch a-out",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia, "b")
				w.drv("b", ia)
				w.offers["a-out"] = []string{"lib", "a-out"}
				w.offers["lib"] = nil
			}},
		{name: "input substituted", how: Built, want: outs("a"), steps: "fetch b-out, build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "b"); w.drv("b", ia, "c"); w.offers["b-out"] = nil }},
		{name: "substitutes off", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.offers["a-out"] = nil; s.Substitute = false }},
		{name: "would rather be built", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia).SetEnv("allowSubstitutes", ""); w.offers["a-out"] = nil }},
		{name: "would rather be built but", how: Substituted, want: outs("a"), steps: "fetch a-out",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia).SetEnv("allowSubstitutes", "")
				w.offers["a-out"] = nil
				s.AlwaysAllowSubstitutes = true
			}},
		{name: "substitution fails", want: outs("a"), steps: "fetch a-out fails", err: "some substitutes for the outputs of derivation",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.offers["a-out"] = nil; w.broken["a-out"] = true }},
		{name: "fallback", how: Built, want: outs("a"), steps: "fetch a-out fails, build a",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia)
				w.offers["a-out"] = nil
				w.broken["a-out"] = true
				s.Fallback = true
			}},
		{name: "incomplete closure", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.offers["a-out"] = []string{"lib"} }},
		{name: "build fails", want: outs("a"), steps: "build b fails", err: "Cannot build '/nix/store/a.drv'.\nReason: 1 dependency failed.\nOutput paths:\n  /nix/store/a-out",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "b"); w.drv("b", ia); w.broken["b"] = true }},
		{name: "two builds fail", want: outs("a"), steps: "build b fails, build c fails", err: "Reason: 2 dependencies failed.",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia, "b", "c")
				w.drv("b", ia)
				w.drv("c", ia)
				w.broken["b"], w.broken["c"] = true, true
			}},
		{name: "source fetched", how: Built, want: outs("a"), steps: "fetch src, build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "./src"); w.offers["src"] = nil }},
		{name: "source missing", want: outs("a"), err: "Reason: 1 dependency failed.",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "./src") }},
		{name: "source missing, substitutes off", want: outs("a"), err: "dependency '/nix/store/src' of '/nix/store/a.drv' does not exist, and substitution is disabled",
			setup: func(w *world, s *Settings) { w.drv("a", ia, "./src"); s.Substitute = false }},
		{name: "derivation fetched", how: Built, want: outs("a"), steps: "fetch a.drv, build a",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.valid["a.drv"] = false; w.offers["a.drv"] = nil }},
		{name: "derivation missing", want: outs("a"), err: "failed to obtain derivation of '/nix/store/a.drv'",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.valid["a.drv"] = false }},
		{name: "wrong output", want: Target{Path: "a.drv", Outputs: []string{"dev"}}, err: "derivation '/nix/store/a.drv' does not have output 'dev'",
			setup: func(w *world, s *Settings) { w.drv("a", ia) }},
		{name: "path", how: Substituted, want: Target{Path: "p"}, steps: "fetch p",
			setup: func(w *world, s *Settings) { w.path("p"); w.offers["p"] = nil }},
		{name: "path missing", want: Target{Path: "p"}, err: "path '/nix/store/p' is required, but there is no substituter that can build it",
			setup: func(w *world, s *Settings) { w.path("p") }},
		{name: "check", how: Built, want: Target{Path: "a.drv", All: true, Mode: Check}, steps: "build a again",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia, "b")
				w.drv("b", ia)
				w.valid["a-out"], w.valid["b-out"] = true, true
			}},
		{name: "check what was never built", want: Target{Path: "a.drv", All: true, Mode: Check}, err: "some outputs of '/nix/store/a.drv' are not valid, so checking is not possible",
			setup: func(w *world, s *Settings) { w.drv("a", ia) }},
		{name: "check what was never built, substitutes off", want: Target{Path: "a.drv", All: true, Mode: Check}, err: "some outputs of '/nix/store/a.drv' are not valid, so checking is not possible",
			setup: func(w *world, s *Settings) { w.drv("a", ia); s.Substitute = false }},
		{name: "check what was never built and is addressed by contents", want: Target{Path: "a.drv", All: true, Mode: Check}, err: "some outputs of '/nix/store/a.drv' are not valid, so checking is not possible",
			setup: func(w *world, s *Settings) { w.drv("a", ca); s.Substitute = false }},

		{name: "repair a path by building", how: Built, want: Target{Path: "a-out", Mode: Repair}, steps: "build a for repair",
			setup: func(w *world, s *Settings) { w.drv("a", ia) }},
		{name: "repair a path by fetching", how: Substituted, want: Target{Path: "a-out", Mode: Repair}, steps: "fetch a-out",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.offers["a-out"] = nil }},
		{name: "repair what an output needs", how: AlreadyValid, want: Target{Path: "a.drv", All: true, Mode: Repair}, steps: "build lib for repair",
			setup: func(w *world, s *Settings) { w.drv("a", ia); w.drv("lib", ia); w.valid["a-out"] = true }},
		{name: "repair what nobody made", want: Target{Path: "p", Mode: Repair}, err: "cannot repair path '/nix/store/p'",
			setup: func(w *world, s *Settings) { w.path("p") }},

		{name: "floating", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) { w.drv("a", ca); w.made["a!out"] = "A" }},
		{name: "floating, known", how: AlreadyValid, want: outs("a"),
			setup: func(w *world, s *Settings) { w.drv("a", ca); w.known["a.drv!out"] = "A"; w.valid["A"] = true }},
		{name: "floating chain", how: Built, want: outs("a"), steps: "build b, build +a",
			setup: func(w *world, s *Settings) {
				w.drv("a", ca, "b")
				w.drv("b", ca)
				w.made["b!out"], w.made["+a!out"] = "B", "A"
			}},
		{name: "early cutoff", how: ResolvesToAlreadyValid, want: outs("a"), steps: "build b",
			setup: func(w *world, s *Settings) {
				w.drv("a", ca, "b")
				w.drv("b", ca)
				w.made["b!out"] = "B"
				w.known["+a!out"] = "A"
				w.valid["A"] = true
			}},
		{name: "known through resolution, inputs not needed", how: AlreadyValid, want: outs("a"),
			setup: func(w *world, s *Settings) {
				w.drv("a", ca, "b")
				w.drv("b", ca)
				w.known["b.drv!out"], w.known["+a!out"] = "B", "A"
				w.valid["A"] = true
			}},
		{name: "deferred", how: Built, want: outs("a"), steps: "build b, build +a",
			setup: func(w *world, s *Settings) { w.drv("a", deferred, "b"); w.drv("b", ca); w.made["b!out"] = "B" }},
		{name: "realisation from a substituter", how: Substituted, want: outs("a"), steps: "fetch A",
			setup: func(w *world, s *Settings) { w.drv("a", ca); w.remote["a.drv!out"] = "A"; w.offers["A"] = nil }},
		{name: "floating build fails", want: outs("a"), steps: "build b, build +a fails", err: "build of resolved derivation '",
			setup: func(w *world, s *Settings) {
				w.drv("a", ca, "b")
				w.drv("b", ca)
				w.made["b!out"] = "B"
				w.broken["+a"] = true
			}},
		{name: "fixed output ignores how its inputs were made", how: Built, want: outs("a"), steps: "build b, build +a",
			setup: func(w *world, s *Settings) { w.drv("a", fixed, "b"); w.drv("b", ca); w.made["b!out"] = "B" }},
		{name: "impure", how: Built, want: outs("a"), steps: "build a",
			setup: func(w *world, s *Settings) {
				w.drv("a", derivation.Impure)
				w.made["a!out"] = "A"
				w.known["a.drv!out"] = "A"
			}},
		{name: "impure input", want: outs("a"), steps: "", err: "pure derivation '/nix/store/a.drv' depends on impure derivation '/nix/store/b.drv'",
			setup: func(w *world, s *Settings) {
				w.drv("a", ia, "b")
				w.drv("b", derivation.Impure)
				w.made["b!out"] = "B"
			}},
		{name: "dynamic input", how: Built, want: outs("a"), steps: "build maker, build made, build +a",
			setup: func(w *world, s *Settings) {
				w.drv("a", deferred, "maker^out")
				w.drv("maker", ca)
				w.drv("made", ia)
				w.made["maker!out"] = "made.drv"
			}},
		{name: "dynamic target", how: Built, want: Target{Path: "maker.drv", Chain: []string{"out"}, All: true}, steps: "build maker, build made",
			setup: func(w *world, s *Settings) {
				w.drv("maker", ca)
				w.drv("made", ia)
				w.made["maker!out"] = "made.drv"
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			set := Settings{Dir: dir, Substitute: true, ContentAddressed: true}
			tt.setup(w, &set)
			p := New(set)
			target := tt.want
			target.Path = w.path(string(target.Path))
			n := p.Want(target)
			w.carryOut(p, nil)
			if steps := strings.Join(w.log, ", "); steps != tt.steps {
				t.Errorf("steps %q, want %q", steps, tt.steps)
			}
			r := p.Result(n)
			switch {
			case !r.Decided:
				t.Error("not decided")
			case r.Err == nil && tt.err != "":
				t.Errorf("no error, want %q", tt.err)
			case r.Err != nil && (tt.err == "" || !strings.Contains(w.short(r.Err.Error()), tt.err)):
				t.Errorf("error %q, want %q", w.short(r.Err.Error()), tt.err)
				for f := r.Err.Cause; f != nil; f = f.Cause {
					t.Logf("because %s", w.short(f.Error()))
				}
			case r.Err == nil && r.How != tt.how:
				t.Errorf("how %v, want %v", r.How, tt.how)
			}
		})
	}
}

// short replaces full paths by names.
func (w *world) short(text string) string {
	for name, p := range w.paths {
		text = strings.ReplaceAll(text, string(p), name)
	}
	return text
}

// TestRandom builds random graphs in random order: every derivation at most once, after its inputs, and
// the plan always ends with a decision.
func TestRandom(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t)
		n := 1 + r.IntN(25)
		for i := range n {
			var inputs []string
			for j := range i {
				if r.IntN(4) == 0 {
					inputs = append(inputs, fmt.Sprint("d", j))
				}
			}
			name := fmt.Sprint("d", i)
			kind := []derivation.OutputKind{derivation.InputAddressed, derivation.Floating}[r.IntN(2)]
			for _, in := range inputs {
				if k := w.drvs[in].Outputs[0].Kind; k != derivation.InputAddressed && kind == derivation.InputAddressed {
					kind = derivation.Deferred
				}
			}
			w.drv(name, kind, inputs...)
			w.made[name+"!out"], w.made["+"+name+"!out"] = name+"-made", name+"-made"
			w.broken[name] = r.IntN(20) == 0
			w.broken["+"+name] = w.broken[name]
			if r.IntN(5) == 0 {
				w.offers[name+"-out"] = nil
			}
		}
		p := New(Settings{Dir: dir, Substitute: true, ContentAddressed: true})
		target := p.Want(Target{Path: w.path(fmt.Sprint("d", n-1, ".drv")), All: true})
		w.carryOut(p, r)
		if !p.Result(target).Decided || p.Stuck() {
			t.Errorf("seed %d: not decided after %q", seed, w.log)
		}
		open := map[storepath.Path]int{}
		for _, c := range p.Changes() {
			if open[c.Drv]++; c.Over {
				open[c.Drv] -= 2
			}
		}
		for drv, n := range open {
			if n != 0 {
				t.Errorf("seed %d: %s is announced %d times too often", seed, w.nameOf(drv), n)
			}
		}
		slices.Sort(w.log)
		if all := len(w.log); len(slices.Compact(w.log)) != all {
			t.Errorf("seed %d: done twice: %q", seed, w.log)
		}
	}
}

// TestUrgency has a chain, the first of which comes last by name. Of equals, and with a single slot, names decide.
func TestUrgency(t *testing.T) {
	for _, c := range []struct {
		sequential bool
		want       string
	}{{false, "z1.drv a.drv b.drv"}, {true, "a.drv b.drv z1.drv"}} {
		w := newWorld(t)
		w.drv("all", derivation.InputAddressed, "z3", "b", "a")
		w.drv("z3", derivation.InputAddressed, "z2")
		w.drv("z2", derivation.InputAddressed, "z1")
		w.drv("z1", derivation.InputAddressed)
		w.drv("b", derivation.InputAddressed)
		w.drv("a", derivation.InputAddressed)
		p := New(Settings{Dir: dir, Sequential: c.sequential})
		p.Want(Target{Path: w.path("all.drv"), All: true})
		for asks := p.Asks(); len(asks) > 0; asks = p.Asks() {
			for _, a := range asks {
				w.answer(p, a)
			}
		}
		var got []string
		for _, s := range p.Work() {
			got = append(got, w.nameOf(s.(Build).Drv))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("sequential %v: got %q, want %q", c.sequential, got, c.want)
		}
	}
}

// TestUrgencyByTime has a short chain that takes long.
func TestUrgencyByTime(t *testing.T) {
	w := newWorld(t)
	w.drv("all", derivation.InputAddressed, "long2", "slow")
	w.drv("long2", derivation.InputAddressed, "long1")
	w.drv("long1", derivation.InputAddressed)
	w.drv("slow", derivation.InputAddressed)
	p := New(Settings{Dir: dir, Estimate: func(name string) time.Duration { return map[string]time.Duration{"slow": time.Minute}[name] }})
	p.Want(Target{Path: w.path("all.drv"), All: true})
	for asks := p.Asks(); len(asks) > 0; asks = p.Asks() {
		for _, a := range asks {
			w.answer(p, a)
		}
	}
	work := p.Work()
	if first := work[0].(Build); w.nameOf(first.Drv) != "slow.drv" || first.Estimate != time.Minute || first.Weight <= time.Minute {
		t.Errorf("first is %+v", first.Job)
	}
}

func TestAbandon(t *testing.T) {
	const ia = derivation.InputAddressed
	w := newWorld(t)
	w.drv("a", ia, "b", "c")
	w.drv("b", ia)
	w.drv("c", derivation.Floating, "d")
	w.drv("d", ia)
	w.drv("other", ia)
	p := New(Settings{Dir: dir, ContentAddressed: true})
	a := p.Want(Target{Path: w.path("a.drv"), All: true})
	other := p.Want(Target{Path: w.path("other.drv"), All: true})
	for asks := p.Asks(); len(asks) > 0; asks = p.Asks() {
		for _, ask := range asks {
			w.answer(p, ask)
		}
	}
	p.Work()
	p.Built(w.path("b.drv"), Normal, nil, false, errors.New("broken"))
	p.Abandon()
	if r := p.Result(a); !r.Decided || r.Err == nil || !strings.Contains(r.Err.Error(), "1 dependency failed") || r.Err.Cause.Error() != "broken" {
		t.Errorf("got %+v", r)
	}
	if r := p.Result(other); r.Decided || r.Err != nil {
		t.Errorf("got %+v", r)
	}
	var texts []string
	for _, f := range p.Failures() {
		texts = append(texts, strings.SplitN(w.short(f.Error()), "\n", 2)[0])
	}
	if want := []string{"broken", "Cannot build '/nix/store/a.drv'."}; !slices.Equal(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
}

// TestCycle has substituters that lie about references.
func TestCycle(t *testing.T) {
	w := newWorld(t)
	w.offers["a"], w.offers["b"] = []string{"b"}, []string{"a"}
	p := New(Settings{Dir: dir, Substitute: true})
	p.Want(Target{Path: w.path("a")})
	w.carryOut(p, nil)
	if !p.Stuck() || p.Done() {
		t.Error("a cycle is not noticed")
	}
}

func TestSummary(t *testing.T) {
	w := newWorld(t)
	w.drv("a", derivation.InputAddressed, "b", "c", "f")
	w.drv("b", derivation.Floating)
	w.drv("c", derivation.InputAddressed)
	w.drv("f", derivation.Fixed, "g") // resolved, so that its job no longer tells its inputs
	w.drv("g", derivation.InputAddressed)
	w.offers["c-out"] = []string{"lib"}
	w.offers["lib"] = nil
	w.drvs["a"].Outputs[0] = derivation.Output{Name: "out", Kind: derivation.Deferred}
	p := New(Settings{Dir: dir, Substitute: true, ContentAddressed: true, Assume: true})
	p.Want(Target{Path: w.path("a.drv"), All: true})
	var s Summary
	for range 100 {
		for _, a := range p.Asks() {
			w.answer(p, a)
		}
		for _, step := range p.Work() {
			s.Add(step)
			switch step := step.(type) {
			case Build:
				p.Built(step.Drv, step.Mode, nil, false, nil)
			case Substitute:
				p.Substituted(step.Path, nil)
			}
		}
	}
	want := "these 4 derivations will be built:\n  /nix/store/g.drv\n  /nix/store/f.drv\n  /nix/store/b.drv\n  /nix/store/a.drv\n" +
		"these 2 paths will be fetched (0.0 KiB download, 0.0 KiB unpacked):\n  /nix/store/c-out\n  /nix/store/lib\n"
	if got := w.short(s.Text(dir)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestImpureInput lets a rehearsal show what can't be built: something pure that needs something impure.
func TestImpureInput(t *testing.T) {
	for _, assume := range []bool{false, true} {
		w := newWorld(t)
		w.drv("a", derivation.InputAddressed, "b")
		w.drv("b", derivation.Impure)
		w.made["b!out"], w.made["+b!out"] = "b-out", "b-out"
		p := New(Settings{Dir: dir, ContentAddressed: true, Assume: assume})
		n := p.Want(Target{Path: w.path("a.drv"), All: true})
		w.carryOut(p, nil)
		f := p.Result(n).Err
		if refused := f != nil && strings.Contains(f.Error(), "depends on impure derivation"); refused == assume {
			t.Errorf("rehearsal %v: %v", assume, f)
		}
	}
}

func TestRenderSize(t *testing.T) {
	for n, want := range map[uint64]string{0: "0.0 KiB", 100: "0.1 KiB", 1 << 20: "1024.0 KiB", 5 << 20: "5.0 MiB", 3 << 30: "3.0 GiB"} {
		if got := renderSize(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func BenchmarkNothingToDo(b *testing.B) {
	w := newWorld(&testing.T{})
	for i := range 1000 {
		var in []string
		if i > 0 {
			in = []string{fmt.Sprint("d", i-1), fmt.Sprint("d", i/2)}
		}
		w.drv(fmt.Sprint("d", i), derivation.InputAddressed, in...)
	}
	top := w.path("d999.drv")
	for b.Loop() {
		p := New(Settings{Dir: dir})
		p.Want(Target{Path: top, All: true})
		for asks := p.Asks(); len(asks) > 0; asks = p.Asks() {
			for _, a := range asks {
				w.answer(p, a)
			}
		}
	}
}
