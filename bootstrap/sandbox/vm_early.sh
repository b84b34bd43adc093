#!/bin/sh
# Says, before a kernel is installed, what its initial RAM disk is to hold: the way to the disk. Argument: the tree.
set -eu
root=$1

mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/usr/share/initramfs-tools/modules.d"
# Little to unpack: an emulated machine reads and decompresses it slowly.
printf 'MODULES=list\nCOMPRESS=zstd\nKEYMAP=n\nFSTYPE=ext4\n' >"$root/etc/initramfs-tools/conf.d/sandbox"
printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >"$root/usr/share/initramfs-tools/modules.d/sandbox"
