# Matching and splitting with regular expressions.
let
  texts = builtins.genList (i: "/nix/store/${builtins.hashString "sha256" (toString i)}-name-${toString i}.nix") 4000;
  parts = map (builtins.match "(.*)/([0-9a-f]{64})-([a-z]+)-([0-9]+)\\.nix") texts;
  words = map (t: builtins.length (builtins.split "[-/.]" t)) texts;
in
[ (builtins.length (builtins.filter (p: p != null) parts)) (builtins.foldl' (a: b: a + b) 0 words) (builtins.elemAt parts 17) ]
