/**
  Describes a build: a set whose `drvPath` is the derivation that
  `derivationStrict` writes, once it is needed, and whose `outPath` is the path
  of its first output. Each output is an attribute, too, and all look alike.
*/
arguments@{
  outputs ? [ "out" ],
  ...
}:

let

  written = derivationStrict arguments;

  common = arguments // builtins.listToAttrs named // {
    all = map (output: output.value) named;
    drvAttrs = arguments;
  };

  named = map (name: {
    inherit name;
    value = common // {
      outPath = written.${name};
      drvPath = written.drvPath;
      type = "derivation";
      outputName = name;
    };
  }) outputs;

in
(builtins.head named).value
