# Strings with context, joined and interpolated.
let
  drv = i: derivation { name = "input-${toString i}"; system = "x86_64-linux"; builder = "/bin/sh"; number = i; };
  inputs = builtins.genList drv 300;
  line = i: "${builtins.elemAt inputs (i - 300 * (i / 300))}/bin:${toString i}";
  text = builtins.concatStringsSep "\n" (builtins.genList line 30000);
  user = derivation { name = "user"; system = "x86_64-linux"; builder = "/bin/sh"; inherit text; };
in
[ (builtins.stringLength text) user.drvPath ]
