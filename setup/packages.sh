#!/usr/bin/env bash
# Installs what the sandbox and the tests need of Debian 12/13 or Ubuntu 24.04; nothing when all of it is there.
set -euo pipefail

packages=(
  apache2-utils           # htpasswd: known answers for our own
  bind9-utils             # named-checkzone: known answers for zone files
  ca-certificates
  dnsmasq-base            # a real name server for what we write for it
  docker-registry         # a real registry process for the store tests
  e2fsprogs               # mke2fs: the disk of a virtual machine
  gdisk xfsprogs          # partitions for edge sites' images
  gpg gpgv                # release signatures
  ignition                # ignition-validate: what nodes make of our Ignition
  iproute2 nftables
  mmdebstrap              # the sandbox hosts' file system
  nginx                   # the image of the web server is made of it
  openssh-client
  podman                  # pulls from the mirror, as a newcomer would
  python3-venv
  qemu-system-x86         # virtual machines (sandbox create --vm)
  shellcheck              # the script that applies a hosted cluster
  skopeo
  strace                  # proves that no secret is in any argument list
  systemd-container       # systemd-nspawn
  xfsprogs                # mkfs.xfs: partitions of edge sites
  zstd
)
# shellcheck source=/dev/null
. /etc/os-release
case "${ID:-}:${VERSION_ID:-}" in
  debian:12 | debian:13 | ubuntu:24.04) ;;
  *)
    echo "this script knows Debian 12, Debian 13 and Ubuntu 24.04; this is ${PRETTY_NAME:-unknown}." >&2
    echo "install the equivalents of: ${packages[*]}; then touch .venv/.ready after" >&2
    echo "  python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e '.[dev]'" >&2
    exit 3
    ;;
esac
[ "$ID" = ubuntu ] && packages+=(ubuntu-keyring debian-archive-keyring) || packages+=(debian-archive-keyring)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
export DEBIAN_FRONTEND=noninteractive
# The registry is for our tests to start, on ports of theirs: its service must not run by itself.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
fi
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
