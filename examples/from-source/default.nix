# Real programs, built from source: GNU hello with its tests, and Lua, which then makes something itself.
#
# What they are built with are the packages of a distribution, unpacked into one directory. The sandbox shows that as
# /usr, /bin and /lib, see build.sh.
{
  packages, # [ { name, url, sha256 } ]: the tools
  mirror, # where the distribution keeps its sources
  busybox, # a static busybox, in the bin of a directory: it unpacks the tools
}:
let
  fetch =
    url: sha256:
    import <nix/fetchurl.nix> {
      inherit url sha256;
      # Package names have characters that store paths must not.
      name = builtins.replaceStrings [ "%" "~" ":" ] [ "_" "_" "_" ] (baseNameOf url);
    };

  tools = builtins.path {
    path = busybox;
    name = "busybox";
  };

  make =
    name: attrs: script:
    derivation (
      {
        inherit name;
        system = builtins.currentSystem;
        builder = "/bin/bash";
        PATH = "/usr/bin:/bin";
        args = [
          "-euc"
          script
        ];
      }
      // attrs
    );
in
rec {
  toolchain = derivation {
    name = "toolchain";
    system = builtins.currentSystem;
    builder = "${tools}/bin/busybox";
    args = [
      "sh"
      "-euc"
      ''
        busybox=${tools}/bin/busybox
        $busybox mkdir -p $out/usr
        cd $out
        for package in $packages; do
          member=$($busybox ar t $package | $busybox grep '^data.tar')
          case $member in
            *.xz) unpack=xzcat ;;
            *.gz) unpack=zcat ;;
            *) echo "$package: busybox does not know $member"; exit 1 ;;
          esac
          $busybox ar p $package $member | $busybox $unpack | $busybox tar x
        done
        for dir in bin sbin lib lib64; do
          if [ -d $dir ] && [ ! -L $dir ]; then
            $busybox mkdir -p usr/$dir
            $busybox cp -a $dir/. usr/$dir/
            $busybox rm -r $dir
          fi
        done
        [ -e usr/bin/sh ] || $busybox ln -s dash usr/bin/sh
        [ -e usr/bin/awk ] || $busybox ln -s mawk usr/bin/awk
        $busybox rm -rf etc var usr/share
      ''
    ];
    packages = map (p: fetch p.url p.sha256) packages;
  };

  hello = make "hello-2.10" {
    src = fetch "${mirror}/h/hello/hello_2.10.orig.tar.gz" "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b";
  } ''
    tar xf $src
    cd hello-2.10
    ./configure --prefix=$out
    make
    make check
    make install
  '';

  lua = make "lua-5.4.4" {
    src = fetch "${mirror}/l/lua5.4/lua5.4_5.4.4.orig.tar.gz" "164c7849653b80ae67bec4b7473b884bf5cc8d2dca05653475ec2ed27b9ebf61";
  } ''
    tar xf $src
    cd lua-5.4.4
    make posix
    make install INSTALL_TOP=$out
  '';

  # Made by what was made before.
  primes = derivation {
    name = "primes";
    system = builtins.currentSystem;
    builder = "${lua}/bin/lua";
    args = [
      (builtins.toFile "primes.lua" ''
        local out = assert(io.open(os.getenv("out"), "w"))
        for n = 2, 1000 do
          local prime = true
          for d = 2, math.floor(math.sqrt(n)) do
            prime = prime and n % d ~= 0
          end
          if prime then out:write(n, "\n") end
        end
        out:close()
      '')
    ];
  };
}
