# Building, cutting and replacing text.
let
  lines = builtins.genList (i: "line ${toString i}: the quick brown fox <jumps> over \"lazy\" & dogs") 5000;
  text = builtins.concatStringsSep "\n" lines;
  escaped = builtins.replaceStrings [ "<" ">" "&" "\"" ] [ "&lt;" "&gt;" "&amp;" "&quot;" ] text;
  chars = builtins.genList (i: builtins.substring i 1 text) 100000;
in
[ (builtins.stringLength escaped) (builtins.length (builtins.filter (c: c == "o") chars)) (builtins.hashString "md5" escaped) ]
