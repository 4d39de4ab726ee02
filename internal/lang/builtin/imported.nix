/**
  The derivation that importing a `.drv` file gives. The argument has its path,
  its name, the names of its outputs, and an attribute for the path of each.
*/
file@{
  drvPath,
  name,
  outputs,
  ...
}:

let

  common = builtins.listToAttrs named // {
    all = map (output: output.value) named;
    inherit drvPath name;
    type = "derivation";
  };

  named = map (output: {
    name = output;
    value = common // {
      outPath = file.${output};
      outputName = output;
    };
  }) outputs;

in
(builtins.head named).value
