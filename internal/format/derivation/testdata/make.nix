# The derivations in this folder are what the reference (Nix 2.34.8) instantiates from this file;
# the .json beside each is what its `nix derivation show` prints.
let
  mk = n: a: derivation ({ name = n; system = "x86_64-linux"; builder = "/bin/sh"; } // a);
  first = mk "source" { builder = "/bin/first"; outputHash = "sha256-iUUXyRY8iW7DGirb0zwGgf1fRbLA7wimTJKgP7l/OQ8="; outputHashMode = "recursive"; outputHashAlgo = "sha256"; };
  second = mk "source" { builder = "/bin/second"; outputHash = "sha256-iUUXyRY8iW7DGirb0zwGgf1fRbLA7wimTJKgP7l/OQ8="; outputHashMode = "recursive"; outputHashAlgo = "sha256"; };
  flat = mk "flat.tar" { outputHash = "900150983cd24fb0d6963f7d28e17f72"; outputHashAlgo = "md5"; outputHashMode = "flat"; };
  inter = s: mk "inter" { outputs = [ "out" "dev" "doc" ]; src = s; };
  a = inter first; b = inter second;
  split = mk "split" { x = a.out; y = b.dev; z = flat; };
  joined = mk "joined" { x = a.out; y = a.dev; };
  ca = mk "floating" { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputs = [ "out" "lib" ]; args = [ "-c" "echo > $out" ]; };
  deferred = mk "deferred" { dep = ca.lib; outputs = [ "out" "man" ]; };
  impure = mk "impure" { __impure = true; };
  text = mk "text.drv" { __contentAddressed = true; outputHashMode = "text"; outputHashAlgo = "sha256"; };
  dyn = mk "dyn" { x = builtins.outputOf text.outPath "out"; y = builtins.outputOf text.outPath "dev"; z = "${text}"; };
  structured = mk "structured" { __structuredAttrs = true; list = [ 1 2.5 "x" null true ]; set = { b = "é"; a = { c = 1; }; }; float = 1.0; big = 1.0e20; small = 1.0e-7; quote = "a\"b\\c\n\t</script>"; dep = a; outputs = [ "out" "bin" ]; };
  escapes = mk "escapes" { text = "quote\" back\\slash tab\t line\n return\r dollar$ \\n é ${"\f"}"; "odd name" = ""; empty = ""; src = builtins.toFile "src" "source"; src2 = builtins.path { path = ../../nar/testdata/tree.nar; name = "bin"; }; args = [ "a\nb" "" ]; };
  deep = mk "deep" { drv = builtins.addDrvOutputDependencies (builtins.unsafeDiscardOutputDependency split.drvPath); inherit split joined escapes structured; };
in { inherit first second flat a b split joined ca deferred impure text dyn structured escapes deep; }
