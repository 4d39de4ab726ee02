# Long lists through the list builtins.
let
  list = builtins.genList (i: i) 1000000;
  even = builtins.filter (i: i - 2 * (i / 2) == 0) (map (i: i + 1) list);
in
builtins.foldl' (a: b: a + b) 0 even
