# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# virsh, and the libvirtd of vap run. Sourced by client.
# shellcheck disable=SC2034 # client's
options=(--libvirt)

version()
{
    virsh --version | cut -d . -f 1
}

needs()
{
    local program
    for program in libvirtd virsh mdevctl; do
        command -v "$program" >/dev/null || skip "no $program on this machine"
    done
    ls /usr/lib/*/libvirt/connection-driver/libvirt_driver_nodedev.so >/dev/null 2>&1 ||
        skip 'no node device driver of libvirtd on this machine'
}

# Of the rival, which fails to start, libvirtd may see something, or not; and
# one or more times that a definition is another.
heard()
{
    sed "/$rival/d; /'update'.* mdev_/d; s/\('update'.*\)/\1: Updated/
        s/.* node device //" "$CLIENT_DIR/events"
}

# The events since the last time, as many as are waited for, in the order of
# their devices.
events()
{
    local seen i
    seen=$(cat "$CLIENT_DIR/seen")
    for ((i = 0; i < 600; i++)); do
        (($(heard | wc -l) >= seen + $1)) && break
        sleep 0.05
    done
    heard | sed "1,${seen}d" | sort
    heard | wc -l >"$CLIENT_DIR/seen"
}

# The number depends on the groups that the machine has.
xml()
{
    virsh nodedev-dumpxml "$1" | sed "s/\(iommuGroup number='\)[0-9]*/\1N/"
}

# device NAME ADAPTER DOMAIN
device()
{
    local name=$1
    echo "<device><parent>ap_matrix</parent><capability type='mdev'>
<type id='vfio_ap-passthrough'/><uuid>${!name//_/-}</uuid>
<attr name='assign_adapter' value='0x$2'/>
<attr name='assign_domain' value='0x$3'/></capability></device>" |
        sed 's/mdev-\([-0-9a-f]*\)-matrix/\1/'
}

# Both listen once they have heard something.
listen()
{
    local event
    : >"$CLIENT_DIR/events"
    for event in lifecycle update; do
        virsh nodedev-event --event $event --loop >>"$CLIENT_DIR/events" 2>/dev/null &
        until grep -q "'$event'" "$CLIENT_DIR/events"; do
            probe_$event
            sleep 0.1
        done
    done
    heard | wc -l >"$CLIENT_DIR/seen"
}

probe_lifecycle()
{
    uuid=$(device rival 05 0047 | sed -n 's/.*<uuid>\(.*\)<.*/\1/p')
    mdevctl define -u "$uuid" -p matrix -t vfio_ap-passthrough
    sleep 0.2
    mdevctl undefine -u "$uuid"
}

probe_update()
{
    echo change >/sys/devices/ap/card03/uevent
}

prepare()
{
    export web=mdev_62177883_f1bb_47f0_914d_32a22e3a8804_matrix
    export mail=mdev_6218f03b_33ee_4b2b_8a5b_2d7b1ba8ddc1_matrix
    export rival=mdev_6219aa1e_7c54_4a3a_9f1c_0c7c2f5b6f10_matrix
    export -f device events heard xml
    listen
}
