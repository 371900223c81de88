#!/bin/bash
# Our driver on a PDU that nobody here wrote: vpcd of Debian's powerman, behind socat's pty, as behind a console server.
# usage: pdu_vpcd.sh PROGRAM reads | switches | twisted | tcp | check | wrong
set -u
program=$1 what=$2
. "$(dirname "$0")/json.sh"
. "$(dirname "$0")/pdu_peer.sh"
trap 'kill "$peer" 2>/dev/null; cleanup' EXIT
peer=
vpcd=/usr/sbin/vpcd
tty=$work/line

# behind OPTIONS...: vpcd at the other end of a pty, with socat's words for the terminal between.
behind() {
  socat "PTY,link=$tty,rawer,echo=0" "EXEC:$vpcd,pty,rawer,icrnl,$1" & peer=$!
  until_there "$tty"
}
pdu() { run pdu "$@" --line "pty:$tty" --dialect vpcd --json; }

case $what in
  reads)
    behind echo=0
    reads_all_off
    says "$what" '"id":0,' "$work/out"
    says "$what" '"id":15,' "$work/out"
    pdu identify
    expect "$what" model '"powerman vpcd"' "\"$(field model "$(tail -n 1 "$work/out")")\""
    ;;
  switches)
    behind echo=0
    switches_outlet_3
    ;;
  twisted)   # a terminal that echoes, and ends lines with CR CR LF
    behind echo=1,opost=1,onlcr
    pdu set 15 on
    expect "$what" status 0 "$status"
    pdu read
    says "$what" '{"id":15,"state":"on"}' "$work/out"
    ;;
  tcp)
    socat TCP-LISTEN:0,bind=127.0.0.1,reuseaddr "EXEC:$vpcd,pty,rawer,icrnl,echo=0" & peer=$!
    port=
    for i in $(seq 100); do
      port=$(awk -v inode="$(readlink /proc/$peer/fd/* 2>/dev/null | sed -n 's/^socket:\[\(.*\)\]$/\1/p' | tr '\n' ' ')" \
        'BEGIN { n = split(inode, all, " "); for (k = 1; k <= n; ++k) ours[all[k]] } $4 == "0A" && ($10 in ours) { split($2, a, ":"); print a[2]; exit }' /proc/net/tcp)
      [ -n "$port" ] && break
      read -rt 0.05 <> <(:) || :
    done
    run pdu set 7 on --line "tcp:127.0.0.1:$((16#$port))" --dialect vpcd --json
    expect "$what" status 0 "$status"
    expect "$what" state on "$(field state "$(tail -n 1 "$work/out")")"
    ;;
  check)   # the commissioning test
    behind echo=0
    pdu check --outlet 3
    expect "$what" 'unconfirmed' 2 "$status"
    says "$what" 'type: switch everything' "$work/err"
    says "$what" 'nothing was opened or switched' "$work/err"
    pdu set 4 on
    pdu check --outlet 3 --outlet 4 --yes-switch-everything
    expect "$what" status 0 "$status"
    says "$what" '{"id":3,"left_as_found":true' "$work/out"
    says "$what" '{"id":4,"left_as_found":true' "$work/out"
    pdu read
    says "$what" '{"id":3,"state":"off"}' "$work/out"
    says "$what" '{"id":4,"state":"on"}' "$work/out"
    expect "$what" 'the others' 15 "$(off)"
    run pdu check --line "pty:$tty" --dialect vpcd --look --after-outage previous
    expect "$what" 'comes back with everything' 1 "$status"
    says "$what" '^\[  bad   \]  power-on policy' "$work/out"
    ;;
  wrong)
    behind echo=0
    pdu set 16 on
    expect "$what" 'an outlet that is not there' 2 "$status"
    says "$what" 'has 0 to 15' "$work/err"
    run pdu read --line "pty:$tty" --dialect baytech-rpc3-nc
    expect "$what" 'another dialect' 1 "$status"
    says "$what" 'no prompt of Baytech RPC3-NC' "$work/err"
    run pdu read --line "pty:$tty" --dialect vpcd --outlets 17
    expect "$what" 'more outlets than there can be' 2 "$status"
    run pdu read --line "pty:$tty" --dialect vpc
    expect "$what" 'a dialect that is not there' 2 "$status"
    says "$what" 'did you mean vpcd' "$work/err"
    run pdu read --line "pty:$work/none" --dialect vpcd
    expect "$what" 'a line that is not there' 1 "$status"
    says "$what" "$work/none" "$work/err"
    sed 's/^wake_ms = .*/wake_ms = "soon"/; s/^prompt = .*/prompt = "("/' "$3/vpcd.toml" >"$work/my.toml"
    run pdu read --line "pty:$tty" --dialect "$work/my.toml"
    expect "$what" 'a file with mistakes' 2 "$status"
    says "$what" "my.toml:[0-9]*:[0-9]*: pattern" "$work/err"
    says "$what" "my.toml:[0-9]*:[0-9]*:.*wake_ms" "$work/err"
    ;;
  *) echo "unknown: $what"; exit 2 ;;
esac
finish
