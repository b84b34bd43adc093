#!/bin/sh
# Turns the sandbox's ordinary host into one that a virtual machine boots. Argument: the tree. Run once.
set -eu
root=$1

# The names and addresses come with every start, as a tar on the second disk: they are known only then.
cat >"$root/etc/systemd/system/sandbox-start.service" <<UNIT
[Unit]
Description=Names and addresses of the sandbox
DefaultDependencies=no
Requires=dev-vdb.device sys-subsystem-net-devices-eth0.device
After=dev-vdb.device sys-subsystem-net-devices-eth0.device systemd-remount-fs.service
Before=network-pre.target sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=tar -x -f /dev/vdb -C / --no-same-owner
ExecStart=ip -batch /etc/sandbox-network

[Install]
WantedBy=sysinit.target
UNIT
chroot "$root" systemctl --quiet enable sandbox-start.service
printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab"

# Root comes and goes by SSH; a user manager for every time takes an emulated processor seconds.
mkdir -p "$root/etc/systemd/logind.conf.d"
printf '[Login]\nUserStopDelaySec=infinity\n' >"$root/etc/systemd/logind.conf.d/sandbox.conf"

# Nobody sits at it, and nothing of this is worth a slow processor's time at every boot.
for unit in getty@tty1.service serial-getty@ttyS0.service console-getty.service systemd-networkd.service \
    systemd-timesyncd.service e2scrub_reap.service systemd-pstore.service modprobe@drm.service \
    systemd-hwdb-update.service ldconfig.service systemd-update-utmp.service keyboard-setup.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
