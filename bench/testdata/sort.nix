# Sorting by a function and printing as JSON.
let
  step = x: builtins.bitAnd (x * 1103515245 + 12345) 2147483647;
  numbers = map (e: e.key) (builtins.genericClosure { startSet = [ { key = 1; left = 20000; } ]; operator = e: if e.left == 0 then [ ] else [ { key = step e.key; left = e.left - 1; } ]; });
  sorted = builtins.sort (a: b: a < b) numbers;
  byText = builtins.sort (a: b: a.text < b.text) (map (n: { inherit n; text = toString n; }) numbers);
in
[ (builtins.head sorted) (builtins.stringLength (builtins.toJSON byText)) (builtins.hashString "sha256" (builtins.toJSON sorted)) ]
