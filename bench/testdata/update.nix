# Attribute sets that grow by updates, as overlays and overrides make them.
let
  names = builtins.genList (i: "attribute${toString i}") 50;
  start = builtins.listToAttrs (map (name: { inherit name; value = 0; }) names);
  step = set: i: set // { ${builtins.elemAt names (i - 50 * (i / 50))} = i; };
  small = builtins.foldl' (set: i: set // { a = set.b; b = i; }) { a = 0; b = 1; } (builtins.genList (i: i) 200000);
  large = builtins.foldl' step start (builtins.genList (i: i) 50000);
in
[ small.a (builtins.foldl' (n: name: n + large.${name}) 0 names) ]
