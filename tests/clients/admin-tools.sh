# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian's tools for any device: what they say of ours has no version in it.
needs()
{
    local program
    for program in driverctl systool tree; do
        command -v $program >/dev/null || skip "no $program on this machine"
    done
    /usr/bin/python3 -c 'import pyudev' 2>/dev/null || skip 'no python3-pyudev on this machine'
}
