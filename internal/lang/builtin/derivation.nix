/**
  Describes a build: a set whose `drvPath` is the derivation that
  `derivationStrict` writes, once it is needed, and whose `outPath` is the path
  of its first output. Each output is an attribute, too, and all look alike.

  # Inputs

  `drvAttrs`

  : Among them `name`, `system` and `builder`, which must be there; `outputs`,
    the names of what the build makes, and `args`, the arguments of the builder.
    What else there is becomes environment variables.

  # Examples

  ```nix
  derivation {
    name = "greeting";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "echo hello > $out" ];
  }
  ```

  Nothing is written until `drvPath`, `outPath` or an output is asked for.

  Messages show where in this file something was called: keep its lines where
  they are.
*/
drvAttrs@{
  outputs ? [ "out" ],
  ...
}:

let
  stored = derivationStrict drvAttrs;

  common = drvAttrs // builtins.listToAttrs named // {
    all = map (output: output.value) named;
    inherit drvAttrs;
  };

  # The outputs, by name. Each is what the others are, but for its path and its
  # own name.
  named = map (name: {
    inherit name;

    value = common // {
      outPath = stored.${name};
      drvPath = stored.drvPath;
      type = "derivation";
      outputName = name;
    };
  }) outputs;

in
(builtins.head named).value
