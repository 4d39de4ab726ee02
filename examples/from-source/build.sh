#!/usr/bin/env bash
# build.sh [ATTRIBUTE…]: builds attributes of default.nix, by default hello and primes, on a Debian or one of its children.
#
# The packages come from where this machine gets its own. Nothing is installed; firn's programs have to be on PATH, or $FIRN
# names the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
firn=${FIRN:-firn}
work=${WORK:-$(mktemp -d)}
[ "$#" -gt 0 ] || set -- hello primes

wanted="gcc make libc6-dev bash dash coreutils sed grep mawk diffutils findutils tar gzip xz-utils"
# shellcheck disable=SC2086
names=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $wanted |
  grep '^[a-z0-9]' | grep -v -e ':' -e '^debconf' -e '^perl' -e '^cdebconf' -e '^dpkg' -e '^install-info' | sort -u)

# 'URL' FILE SIZE SHA256:HASH, a line each. One name that cannot be had spoils the list: then they are asked for one by one.
# shellcheck disable=SC2086
list=$(apt-get download --print-uris $names 2>/dev/null ||
  for name in $names; do apt-get download --print-uris "$name" 2>/dev/null || true; done)
{
  echo '['
  echo "$list" | sed -nE "s/^'([^']+)' ([^_]+)_.* SHA256:([0-9a-f]{64})$/  { name = \"\2\"; url = \"\1\"; sha256 = \"\3\"; }/p"
  echo ']'
} > "$work/packages.nix"
mirror=$(echo "$list" | sed -nE "s|^'([^']+/pool/main)/.*|\1|p" | head -n1)

read -r url hash < <(apt-get download --print-uris busybox-static | sed -nE "s/^'([^']+)'.* SHA256:([0-9a-f]{64})$/\1 \2/p")
"$firn" store prefetch-file --json --name busybox.deb --expected-hash "sha256:$hash" "$url" > "$work/busybox.json"
mkdir -p "$work/busybox/bin"
"$firn" store cat "$(sed -E 's/.*"storePath":"([^"]+)".*/\1/' "$work/busybox.json")" > "$work/busybox.deb"
dpkg-deb --fsys-tarfile "$work/busybox.deb" | tar xO ./bin/busybox > "$work/busybox/bin/busybox"
chmod +x "$work/busybox/bin/busybox"

build() {
  "$firn" build --impure --file "$here/default.nix" --arg packages "import $work/packages.nix" \
    --argstr mirror "$mirror" --arg busybox "$work/busybox" --no-link --print-out-paths "${@}"
}
tools=$(build toolchain)
build "$@" --option sandbox-paths "/usr=$tools/usr /bin=$tools/usr/bin /lib=$tools/usr/lib /lib64=$tools/usr/lib64"
