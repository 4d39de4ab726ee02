# The .drv path of every package that nix-env would find, for instantiation in one go.
{ nixpkgs }:
let
  pkgs = import nixpkgs { system = "x86_64-linux"; };
  try = e: builtins.tryEval e;
  paths =
    set:
    builtins.concatMap (
      name:
      let
        item = try set.${name};
        v = item.value;
        drv = try (if v.type or "" == "derivation" then v.drvPath else null);
      in
      if !item.success || !builtins.isAttrs v then
        [ ]
      else if v.type or "" == "derivation" then
        if drv.success then [ drv.value ] else [ ]
      else if v.recurseForDerivations or false then
        paths v
      else
        [ ]
    ) (builtins.attrNames set);
in
builtins.length (paths pkgs)
