# A breadth-first walk over a hundred thousand items.
let
  walked = builtins.genericClosure {
    startSet = [ { key = 1; } ];
    operator = { key }: builtins.filter (e: e.key <= 100000) [ { key = 2 * key; } { key = 2 * key + 1; } ];
  };
in
builtins.foldl' (n: e: n + e.key) 0 walked
