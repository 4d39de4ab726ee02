# Large sets through the set builtins.
let
  set = builtins.listToAttrs (builtins.genList (i: { name = "n${toString i}"; value = { version = i; broken = i / 7 * 7 == i; }; }) 20000);
  round = s: _: builtins.removeAttrs (builtins.mapAttrs (name: v: v // { length = builtins.stringLength name; }) s) [ "n1" ];
  last = builtins.foldl' round set [ 1 2 3 4 5 6 7 8 ];
  broken = builtins.filter (name: last.${name}.broken) (builtins.attrNames last);
  both = builtins.intersectAttrs set (builtins.zipAttrsWith (name: vs: builtins.length vs) [ last set ]);
in
[ (builtins.length broken) (builtins.foldl' (n: v: n + v) 0 (builtins.attrValues both)) ]
