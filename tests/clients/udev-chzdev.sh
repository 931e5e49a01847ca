# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# As udev, but chzdev writes the rule. Sourced by client.
# shellcheck disable=SC2154 # here: client's
# shellcheck source=tests/clients/udev.sh
. "$here/udev.sh"
options+=(--tools tools-13)

# Nothing in it is of one version of udev.
version()
{
    :
}

needs()
{
    [[ -x $udevd ]] || skip "no $udevd on this machine"
    [[ $(version_of tools-13) ]] || skip 'no tools-13 on this machine'
}

rules()
{
    :
}
