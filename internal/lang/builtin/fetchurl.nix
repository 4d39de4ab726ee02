/**
  A derivation that downloads one file inside the builder, without any other
  program. It is what `<nix/fetchurl.nix>` stands for.
*/
{
  url,
  name ? baseNameOf (toString url),

  # The hash that the file must have: in one text with its algorithm, or under
  # the name of the algorithm.
  hash ? "",
  sha512 ? "",
  sha256 ? "",
  sha1 ? "",
  md5 ? "",

  outputHashAlgo ? (
    if hash != "" then
      ""
    else if sha512 != "" then
      "sha512"
    else if sha1 != "" then
      "sha1"
    else if md5 != "" then
      "md5"
    else
      "sha256"
  ),
  outputHash ? (
    if hash != "" then
      hash
    else if sha512 != "" then
      sha512
    else if sha1 != "" then
      sha1
    else if md5 != "" then
      md5
    else
      sha256
  ),

  executable ? false,
  unpack ? false,
  # Downloads anew every time; needs no hash.
  impure ? false,

  # Accepted and ignored.
  system ? "",
}:

let

  promise = if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; };

  whole = unpack || executable;

in
derivation (
  promise
  // {
    inherit
      name
      url
      unpack
      executable
      ;
    urls = [ url ];
    system = "builtin";
    builder = "builtin:fetchurl";
    outputHashMode = if whole then "recursive" else "flat";
    preferLocalBuild = true;
    impureEnvVars = map (protocol: protocol + "_proxy") [
      "http"
      "https"
      "ftp"
      "all"
      "no"
    ];
  }
)
