# Builds that cost nothing themselves.
{ count }:
let
  make = name: text: derivation {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "echo ${text} > $out" ];
  };
  numbers = builtins.genList toString count;
in
{
  all = map (i: make "one-${i}" i) numbers;
  chain = builtins.foldl' (before: i: make "link-${i}" before) "start" numbers;
  # A thousand, ten of which each needs the one before of its row.
  layers = map
    (row: builtins.foldl' (before: i: make "layer-${row}-${i}" before) "start" (builtins.genList toString 10))
    (builtins.genList toString (count / 10));
}
