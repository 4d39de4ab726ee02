# A fixpoint under three hundred overlays.
let
  fix = f: let x = f x; in x;
  extend = f: overlay: final: let prev = f final; in prev // overlay final prev;
  overlay = i: final: prev: {
    "package${toString i}" = "${final."package${toString (i - 1)}"}-${toString i}";
    count = prev.count + 1;
  };
  base = final: { package0 = "start"; count = 0; };
  all = fix (builtins.foldl' extend base (builtins.genList (i: overlay (i + 1)) 300));
in
[ all.count (builtins.stringLength all.package300) ]
