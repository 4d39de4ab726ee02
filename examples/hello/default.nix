# The smallest package: one derivation, no inputs. Its builder is the shell that every sandbox has.
derivation {
  name = "hello";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [
    "-c"
    ''
      mkdir -p "$out/bin"
      printf '%s\n' '#!/bin/sh' "echo '$greeting'" > "$out/bin/hello"
      chmod +x "$out/bin/hello"
    ''
  ];
  greeting = "Hello from a package that firn built.";
}
