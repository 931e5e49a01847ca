# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# systemd-udevd with the machine's rules, and 41-ap.rules as chzdev writes it,
# over a /dev of its own: it sets modes there. Sourced by client.
# shellcheck disable=SC2034 # client's
options=(--host "$here/udev.yaml")
udevd=/lib/systemd/systemd-udevd

version()
{
    udevadm --version | cut -d ' ' -f 1
}

needs()
{
    local program
    for program in "$udevd" udevadm mdevctl; do
        command -v "$program" >/dev/null || skip "no $program on this machine"
    done
}

private_dev()
{
    local node
    mkdir /run/dev
    mount --rbind /dev /run/dev
    private /dev
    for node in null zero full random urandom; do
        : >/dev/$node
        mount --bind /run/dev/$node /dev/$node
    done
    ln -s /proc/self/fd /dev/fd
    mkdir /dev/shm
    umount -l /run/dev
}

# Debian 12's rule calls /usr/sbin/mdevctl, and its package has /usr/bin/mdevctl.
rules()
{
    local when='ACTION=="change", SUBSYSTEM=="ap", DEVPATH=="/devices/ap", ENV{BINDINGS}=="complete", ENV{COMPLETECOUNT}=="1"'
    sed "s,/usr/sbin/mdevctl,$(command -v mdevctl),g" \
        /usr/lib/udev/rules.d/60-mdevctl.rules >/etc/udev/rules.d/60-mdevctl.rules
    cat >/etc/udev/rules.d/41-ap.rules <<END
$when, ATTR{../../bus/ap/apmask}="0x1000000000000000000000000000000000000000000000000000000000000000"
$when, ATTR{../../bus/ap/aqmask}="0x0800000000000000000000000000000000000000000000000000000000000000"
END
}

# told N: what udevadm monitor has printed since the last time, N events of each
# side, a line each without what is never the same: the kernel's in their order;
# udevd looks at several devices at once.
told()
{
    local i
    for ((i = 0; i < 600; i++)); do
        (($(lines | grep -c ^UDEV) >= $(cat "$CLIENT_DIR/seen") + $1)) && break
        sleep 0.05
    done
    lines | grep ^KERNEL | tail -n "+$(($(cat "$CLIENT_DIR/seen") + 1))"
    lines | grep ^UDEV | tail -n "+$(($(cat "$CLIENT_DIR/seen") + 1))" | LC_ALL=C sort
    lines | grep -c ^UDEV >"$CLIENT_DIR/seen"
}

# A paragraph each; those of the machine's own devices are heard as well.
lines()
{
    awk 'BEGIN { RS = "" }
         / \/(devices\/(ap|vfio_ap)|bus\/(ap|mdev|matrix))/ {
             line = $1; sub(/\[.*/, "", line)
             for (i = 2; i <= NF; i++)
                 if ($i ~ /=/ && $i !~ /^(SUBSYSTEM|SEQNUM|USEC_INITIALIZED)=/) {
                     sub(/^(ACTION|DEVPATH)=/, "", $i)
                     line = line " " $i
                 }
             print line
         }' "$CLIENT_DIR/events"
}

prepare()
{
    private_run
    private_dev
    rules
    echo 120 >/sys/bus/ap/config_time # no scans of its own
    "$udevd" --daemon >/dev/null 2>&1 || exit 3
    udevadm monitor --kernel --udev --property >"$CLIENT_DIR/events" &
    soon '*kernel uevent*' cat "$CLIENT_DIR/events" >/dev/null
    echo 0 >"$CLIENT_DIR/seen"
    export -f told lines
}
