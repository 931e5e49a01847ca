# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Debian 12's mdevctl and Debian 13's. Sourced by client.

version()
{
    mdevctl --version | grep -oE '[0-9]+[.][0-9]+' | head -n 1
}

needs()
{
    command -v mdevctl >/dev/null || skip 'no mdevctl on this machine'
    options=()
}
