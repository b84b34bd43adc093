#!/bin/sh
# Turns a fresh Debian tree into the sandbox's ordinary host. Argument: the tree. Run once, when the image is made.
set -eu
root=$1

# No link is ever configured by networkd here, so network-online.target (wanted by every Quadlet unit) would never come.
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
# Debian starts its registry as soon as it is installed; on a host that is to get ours, port 5000 is free.
rm -f "$root/etc/systemd/system/multi-user.target.wants/docker-registry.service"
# Nothing here goes by the calendar: a test host changes only when told to.
for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim man-db podman-auto-update; do
    ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
done

# A host in a data centre: no package repository, no name server.
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
: >"$root/etc/resolv.conf"

# An administrator with sudo, and root, both by key only; every host makes its own host keys.
chroot "$root" useradd --create-home --shell /bin/bash --groups sudo admin
printf 'admin ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/admin"
chmod 0440 "$root/etc/sudoers.d/admin"
install -d -m 0700 "$root/root/.ssh"
chroot "$root" install -d -m 0700 -o admin -g admin /home/admin/.ssh
rm -f "$root"/etc/ssh/ssh_host_*
cat >"$root/etc/ssh/sshd_config.d/sandbox.conf" <<CONFIG
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UseDNS no
CONFIG
: >"$root/etc/machine-id"
