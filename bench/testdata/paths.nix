# count files of about 10 KB, half of which compresses away, and one that refers to all of them.
{ count }:
let
  line = n: i: "${toString i}: ${builtins.hashString "sha256" "${toString n} ${toString i}"} ${toString n}${toString n}, and some more that is the same in each of the lines\n";
  file = n: builtins.toFile "file-${toString n}" (builtins.concatStringsSep "" (builtins.genList (line n) 70));
in
builtins.toFile "all" (builtins.concatStringsSep "\n" (builtins.genList file count))
