# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A host with real guests, for the tests beside this. They are called as
# TEST VAP VECTORS [RSA], the programs of vectors.c and rsa.c.
set -u
vap=$(realpath "$1")
vectors=$(realpath "$2")
rsa=${3:+$(realpath "$3")} # without the compiler there is none
dir=$(mktemp -d /tmp/vap-lg-XXXXXX)
here=$(realpath "${0%/*}")
export VAP_RUNTIME_DIR=$dir/run VAP_STATE_DIR=$dir/state
unset VAP_NAME
failed=0
matrix=/sys/devices/vfio_ap/matrix
web=62177883-f1bb-47f0-914d-32a22e3a8804
db=cef03c3c-903d-4ecc-9a83-40694cb8aee4

done_with_it()
{
    local of
    for of in "${!pid[@]}"; do
        kill "${pid[$of]}"
        wait "${pid[$of]}"
    done
    "$vap" down --all --forget
    rm -rf "$dir"
} >/dev/null 2>&1
declare -A pid in out # of each guest
trap done_with_it EXIT
trap 'exit 1' INT TERM

is()
{
    [[ $2 == "$3" ]] && return
    printf '%s\n' "$1" "  expected $2" "  found    $3"
    failed=1
}

skip()
{
    echo "SKIP: $*"
    exit 77
}

# prepare: a host; skips where there is no real guest to be had
prepare()
{
    local set
    for set in qemu guest; do
        "$vap" fetch --list | grep "^$set " | grep -q 'not fetched' &&
            skip "no real guest here; vap fetch qemu guest gets it"
    done
    [[ -n $rsa ]] || skip 'no s390x-linux-gnu-gcc, which makes what runs in it'
    command -v mdevctl >/dev/null || skip 'no mdevctl on this machine'
    "$vap" run true 2>/dev/null || skip 'vap run does not work on this machine'
    "$vap" up "$here/host.yaml" >/dev/null || exit 1
}

# on COMMAND: by a shell on the host
on()
{
    "$vap" run -- sh -c "cd $matrix; $1"
}

# start UUID [ATTRIBUTE VALUE]...: an mdev, by mdevctl
start()
{
    local u=$1 attrs=
    shift
    while (($#)); do
        attrs+=${attrs:+,}"{\"$1\":\"$2\"}"
        shift 2
    done
    printf '{"mdev_type":"vfio_ap-passthrough","start":"manual","attrs":[%s]}' \
        "$attrs" >"$dir/definition"
    "$vap" run -- mdevctl start -u "$u" -p matrix --jsonfile "$dir/definition" ||
        failed=1
}

# boot UUID [OPTION]...: a guest that has the mdev, and does what it is told
boot()
{
    local of=$1
    shift
    mkfifo "$dir/$of.in" "$dir/$of.out"
    "$vap" guest --linux --mdev "$of" --as "vm-${of%%-*}" --put "$rsa" "$@" -- sh -c '
        while read -r line; do
            eval "$line"
            echo "= $?"
        done' <"$dir/$of.in" >"$dir/$of.out" 2>"$dir/$of.err" &
    pid[$of]=$!
    exec {fd}>"$dir/$of.in"
    in[$of]=$fd
    exec {fd}<"$dir/$of.out"
    out[$of]=$fd
}

# tell UUID COMMAND: what it prints there; its status
tell()
{
    local line
    echo "$2" >&"${in[$1]}"
    while IFS= read -r -t 120 -u "${out[$1]}" line; do
        [[ $line != '= '* ]] || return "${line#= }"
        printf '%s\n' "$line"
    done
    echo "the guest says no more: $(tail -n 3 "$dir/$1.err")"
    return 99
}

# mask ID,ID...: as the kernel writes it
mask()
{
    local id digits=() i
    for ((i = 0; i < 64; i++)); do digits[i]=0; done
    for id in ${1//,/ }; do
        ((digits[id / 4] |= 8 >> id % 4))
    done
    printf 0x
    printf %x "${digits[@]}"
    echo
}

# What vapd has given the guest, in the words of seen().
expected()
{
    local masks field adapter i
    masks=$("$vap" show --json "$1" | tr -d ' \n' |
        sed -n 's/.*"apcb":{"adapters":\[\([^]]*\)\],"domains":\[\([^]]*\)\],"control_domains":\[\([^]]*\)\].*/\1;\2;\3/p')
    IFS=\; read -ra field <<<"$masks;"
    for i in 0 1 2; do mask "${field[i]:-}"; done
    for adapter in ${field[0]//,/ }; do
        expected_card "$adapter" "${field[1]:-}"
    done
}

# expected_card ADAPTER DOMAIN,DOMAIN...
expected_card()
{
    local card state type domain
    card=$(printf '%s/devices/ap/card%02x' "$VAP_RUNTIME_DIR"/*/sys "$1")
    state="$(<"$card/config") $(<"$card/chkstop")"
    type=$(<"$card/type")
    printf '%02x %s %s\n' "$1" "$state" "$type"
    for domain in ${2//,/ }; do
        printf '%02x.%04x %s %s\n' "$1" "$domain" "$state" "$type"
    done
}

# Little work for the guest: it is slow.
view='cd /sys/bus/ap; cat ap_adapter_mask ap_usage_domain_mask ap_control_domain_mask
for d in devices/*; do [ ! -e $d ] || { read c <$d/config; read s <$d/chkstop; echo S ${d#*/} $c $s; }; done
lszcrypt 2>&1; cd'
view=${view//$'\n'/; }

# seen UUID: what it has: masks; each card and queue with config, chkstop, by
# its sysfs, and type, by its lszcrypt.
seen()
{
    tell "$1" "$view" | awk '
        /^0x|^not/ { print }
        /^S/ { sub("card", "", $2); state[$2] = $3 " " $4 }
        /CEX/ { type[$1] = $2 }
        END { for (id in state) print id, state[id], type[id]
              for (id in type) if (!(id in state)) print id, "no state", type[id] }' |
        sort
}

# sees WHAT UUID: within ten seconds the guest sees what vapd says
sees()
{
    local want found i
    for ((i = 0; i < 100; i++)); do
        want=$(expected "$2" | sort)
        found=$(seen "$2")
        [[ $found != "$want" ]] || break
        ((i < 3)) || sleep 0.1
    done
    is "$1" "$want" "$found"
}

# healthy UUID: its kernel has nothing to complain of
healthy()
{
    is 'the kernel' '' "$(tell "$1" \
        'dmesg | grep -iE "oops|BUG|WARNING|Call Trace|protection exception|operation exception"')"
}

# rsa_right WHAT UUID VECTORS-FILE: all of libcrypto's answers
rsa_right()
{
    is "$1: RSA" "right $((3 * $(wc -l <"$3"))), refused 0, wrong 0" \
        "$(tell "$2" "echo $(tr '\n' ' ' <"$3") | ./rsa")"
}
