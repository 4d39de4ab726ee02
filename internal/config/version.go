package config

// NixVersion is the version of Nix that firn stands in for: expressions see it
// as builtins.nixVersion, and programs that ask for a version get it.
const NixVersion = "2.34.8"

// Version is firn's own version.
const Version = "0.1.0"
