# Derivations of every kind that builds to the same bytes each time, for building one store with two programs.
# The folder has busybox in bb.
let
  bb = "${builtins.path { path = ./bb; name = "bb"; }}/busybox";
  make = name: script: attrs: derivation ({
    inherit name bb;
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-e" "-c" script ];
  } // attrs);
  range = n: builtins.genList (i: i) n;
  listToAttrs = f: n: builtins.listToAttrs (map (i: let v = f i; in { inherit (v) name; value = v; }) (range n));
  ca = { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; };
  source = builtins.toFile "source" "text of a source\n";

  plain = [
    (make "file" "echo text > $out" { })
    (make "empty" ": > $out" { })
    (make "executable" "echo text > $out; $bb chmod 755 $out" { })
    (make "modes" "$bb mkdir -p $out/d; echo a > $out/d/a; echo b > $out/b; $bb chmod 700 $out/d; $bb chmod 100 $out/b; $bb chmod 400 $out/d/a" { })
    (make "link" "$bb ln -s /no/such $out" { })
    (make "links" "$bb mkdir $out; echo x > $out/f; $bb ln $out/f $out/g; $bb ln -s f $out/h; $bb ln -s $out/f $out/i" { })
    (make "names" "$bb mkdir $out; for n in 'a b' ä - .x ~ 'q\"q' \"new\nline\" Z; do echo \"$n\" > \"$out/$n\"; done" { })
    (make "deep" "$bb mkdir -p $out/1/2/3/4/5/6/7/8/9; echo > $out/1/2/3/4/5/6/7/8/9/f" { })
    (make "self" "$bb mkdir $out; echo $out > $out/self" { })
    (make "self-many" "$bb mkdir $out; for i in 1 2 3 4 5; do echo \"$i $out $out/$i\" > $out/$i; done" { })
    (make "source" "$bb cp $src $out" { src = source; })
    (make "refers" "echo $src > $out" { src = source; })
    (make "big" "$bb seq 1 20000 > $out" { })
    (make "many" "$bb mkdir $out; for i in $($bb seq 1 300); do echo $i > $out/$i; done" { })
    (make "environment" "$bb env | $bb sort | $bb grep -v -E '^(_|SHLVL|NIX_BUILD_CORES)=' > $out" { a = "1"; B = "two words"; c = [ "x" "y" ]; d = true; })
    (make "file-attributes" "$bb cat $textPath > $out" { text = "a longer text\n"; passAsFile = [ "text" ]; })
    (make "graph" "$bb cat graph > $out" { exportReferencesGraph = [ "graph" bb ]; })
    (make "umask" "$bb mkdir $out; (umask 077; echo > $out/f); (umask 000; echo > $out/g); $bb chmod 755 $out" { })
    (make "old" "$bb mkdir $out; echo > $out/f; $bb touch -d '1999-01-01 00:00:00' $out/f" { })
    (make "outputs" "echo $lib > $out; $bb mkdir $lib; echo $dev > $lib/dev; echo end > $dev" { outputs = [ "out" "lib" "dev" ]; })
    (make "outputs-self" "$bb mkdir $a $b; echo $a $b > $a/f; echo $b > $b/f" { outputs = [ "a" "b" ]; })
    (make "checks" "echo $src > $out" { src = source; allowedReferences = [ source ]; disallowedReferences = [ "out" ]; })
  ];

  structured = [
    (derivation {
      name = "structured";
      system = "x86_64-linux";
      builder = "/bin/sh";
      args = [ "-e" "-c" ". $NIX_ATTRS_SH_FILE; $bb cat $NIX_ATTRS_JSON_FILE $NIX_ATTRS_SH_FILE > \${outputs[out]}" ];
      __structuredAttrs = true;
      inherit bb;
      list = [ 1 2 "three" true null ];
      set = { x = "it's"; y = 5; };
      nested = { a.b.c = [ [ 1 ] ]; };
      float = 1.5;
      big = 3000000000;
      "not-a-name" = 1;
      exportReferencesGraph.graph = [ bb ];
    })
    (derivation {
      name = "structured-outputs";
      system = "x86_64-linux";
      builder = "/bin/sh";
      args = [ "-e" "-c" ". $NIX_ATTRS_SH_FILE; echo \${outputs[dev]} > \${outputs[out]}; echo > \${outputs[dev]}" ];
      __structuredAttrs = true;
      outputs = [ "out" "dev" ];
      outputChecks.dev = { maxSize = 1000; allowedReferences = [ ]; };
      unsafeDiscardReferences.out = true;
    })
  ];

  fixed = [
    (make "flat" "printf text > $out" { outputHash = builtins.hashString "sha256" "text"; outputHashAlgo = "sha256"; outputHashMode = "flat"; })
    (make "flat-sha1" "printf text > $out" { outputHash = builtins.hashString "sha1" "text"; outputHashAlgo = "sha1"; outputHashMode = "flat"; })
    (make "flat-sha512" "printf text > $out" { outputHash = builtins.hashString "sha512" "text"; outputHashAlgo = "sha512"; outputHashMode = "flat"; })
    (make "flat-md5" "printf text > $out" { outputHash = builtins.hashString "md5" "text"; outputHashAlgo = "md5"; outputHashMode = "flat"; })
    (make "recursive" "$bb mkdir $out; echo text > $out/f" { outputHash = "sha256-SP+XnkWfQ1bB3+S012JDHvh1JFB/ts8Fc4wvLoDxpJs="; outputHashMode = "recursive"; })
  ];

  # each refers to the one before
  chain = builtins.foldl' (before: i: before ++ [
    (make "chain-${toString i}" "$bb mkdir $out; echo $before > $out/before; echo ${toString i} > $out/number" { before = if before == [ ] then "" else builtins.elemAt before (i - 1); })
  ]) [ ] (range 30);

  # each copies all before
  tree = builtins.foldl' (before: i: before ++ [
    (make "tree-${toString i}" "for b in $before; do $bb cat $b; done > $out; echo ${toString i} >> $out" { inherit before; })
  ]) [ ] (range 12);

  wide = map (i: make "wide-${toString i}" "echo ${toString i} > $out" { }) (range 30);
  # no self-references: how these are hashed differs between releases
  addressed-by-contents =
    let
      cas = builtins.foldl' (before: i: before ++ [
        (make "ca-${toString i}" "$bb mkdir $out; echo $before > $out/before; echo ${toString (i / 2)} > $out/number" (ca // { before = if i == 0 then "" else builtins.elemAt before (i - 1); }))
      ]) [ ] (range 10);
    in
    cas ++ [
      (make "ca-file" "echo text > $out" ca)
      (make "ca-flat" "printf text > $out" (ca // { outputHashMode = "flat"; }))
      (make "ca-text" "printf text > $out" (ca // { outputHashMode = "text"; }))
      (make "ca-sha512" "echo text > $out" (ca // { outputHashAlgo = "sha512"; }))
      (make "ca-outputs" "echo $lib > $out; echo text > $lib" (ca // { outputs = [ "out" "lib" ]; }))
      (make "on-ca" "echo $in > $out" { "in" = builtins.elemAt cas 3; })
      # differ only in a comment: everything after the first is the same
      (make "ca-cut" "$bb cat $in > $out" (ca // { "in" = make "ca-low" "echo low > $out # one" ca; }))
      (make "ca-cut" "$bb cat $in > $out" (ca // { "in" = make "ca-low" "echo low > $out # two" ca; }))
    ];
in
plain ++ structured ++ fixed ++ chain ++ tree ++ wide ++ addressed-by-contents
