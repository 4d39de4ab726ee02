# evalModules of nixpkgs' library over three hundred modules that define options and refer to each other's.
{ lib }:
let
  inherit (lib) mkOption mkIf mkMerge mkDefault types;
  module =
    i:
    { config, lib, ... }:
    {
      options.services."service${toString i}" = {
        enable = lib.mkEnableOption "service ${toString i}";
        port = mkOption { type = types.port; default = 1000 + i; };
        settings = mkOption { type = types.attrsOf (types.oneOf [ types.str types.int types.bool ]); default = { }; };
        users = mkOption {
          type = types.attrsOf (types.submodule ({ name, ... }: {
            options = {
              name = mkOption { type = types.str; default = name; };
              groups = mkOption { type = types.listOf types.str; default = [ ]; };
            };
          }));
          default = { };
        };
      };
      config = mkMerge [
        { services."service${toString i}".enable = mkDefault (i / 2 * 2 == i); }
        (mkIf config.services."service${toString i}".enable {
          services."service${toString i}" = {
            settings.next = config.services."service${toString (if i == 299 then 0 else i + 1)}".port;
            settings.name = "service ${toString i}";
            users."user${toString i}".groups = [ "wheel" "group${toString i}" ];
          };
          environment.packages = [ "package${toString i}" ];
        })
      ];
    };
  result = lib.evalModules {
    modules = [ { options.environment.packages = mkOption { type = types.listOf types.str; default = [ ]; }; } ] ++ builtins.genList module 300;
  };
in
builtins.hashString "sha256" (builtins.toJSON { inherit (result.config) services environment; })
