#!/bin/bash
# `greenroom doctor` against stand-ins on loopback: Debian's openssl and socat, and model Macs by umockdev.
# usage: doctor.sh PROGRAM TESTBED engines | hosts | usb | wrong
set -u
program=$1 testbed=$2 what=$3
. "$(dirname "$0")/json.sh"
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null; done; cleanup' EXIT
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
# Nobody listens at port 1.
doctor() { run doctor --json --data "$work" --folder "$work" --host 127.0.0.1:1 --patience 2 "$@"; }
# about WHAT: its finding.
about() { sed 's/{"what"/\n{"what"/g' <<<"$line" | grep "^{\"what\":\"$1\""; }
# finds WHAT VERDICT WORDS
finds() {
  local found
  found=$(about "$1")
  expect "$what" "$1" "$2" "$(field verdict "$found")"
  grep -q -- "$3" <<<"$found" || wrong "$what" "$1" "$3" "$found"
}
# A stand-in that says so once it listens: listen NAME COMMAND...
listen() {
  local i
  "${@:2}" >"$work/$1.log" 2>&1 </dev/null & pids="$pids $!"
  for i in $(seq 200); do (exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; read -rt 0.05 <> <(:) || :; done
  wrong "$what" "$1" listening "$(cat "$work/$1.log")"
}
# A port that was free a moment ago.
free_port() { port=$((20000 + RANDOM % 12000)); while (exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done; }
engine() { printf '#!/bin/sh\n%s\n' "$2" >"$work/$1"; chmod +x "$work/$1"; }

case $what in
  engines)
    doctor --engine idevicerestore
    finds engine warn 'idevicerestore 1.0.0; 1.0.0 cannot restore Macs with Apple silicon, only T2'
    engine new 'echo "idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)"'
    doctor --engine "$work/new"
    finds engine good 'libirecovery 1.3.1-5-g04d04f7; can restore T2 and Apple silicon'
    engine silent 'exec tail -f /dev/null'
    doctor --engine "$work/silent"
    finds engine bad 'does not say its version within 2 s'
    engine other 'echo hello'
    doctor --engine "$work/other"
    finds engine bad 'does not print a version as idevicerestore does'
    engine flood 'yes'
    doctor --engine "$work/flood"
    finds engine bad 'does not'
    engine dies 'kill -9 $$'
    doctor --engine "$work/dies"
    finds engine bad 'fails when it is asked'
    doctor --engine "$work/none"
    finds engine bad 'is not installed'
    expect "$what" 'a restore would fail' 1 "$status"
    doctor --usbmuxd "$work/none"
    finds usbmuxd bad 'is not installed'
    ;;
  hosts)
    doctor
    finds 'host 127.0.0.1' bad '127.0.0.1:1 cannot be reached: Connection refused'
    expect "$what" 'exit code' 1 "$status"
    doctor --needs
    finds firmware bad 'has no IPSW'
    finds 'host 127.0.0.1' bad 'cannot be reached'
    expect "$what --needs" findings 4 "$(grep -o '"what":' <<<"$line" | wc -l)"   # disk, firmware, clock, host
    # A label of 64 letters is no name: it is refused before any name server is asked.
    label=$(printf 'a%.0s' $(seq 64))
    run doctor --json --data "$work" --folder "$work" --patience 2 --host "$label.invalid"
    finds "host $label.invalid" bad 'cannot be resolved: '
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$work/key" -out "$work/cert" -subj '/O=Example Corp Inspection/CN=localhost' -addext 'subjectAltName=DNS:localhost' 2>/dev/null || wrong "$what" certificate made "$?"
    free_port; tls=$port
    listen tls openssl s_server -accept "127.0.0.1:$port" -key "$work/key" -cert "$work/cert" -quiet
    free_port; plain=$port
    listen plain socat "tcp-listen:$port,bind=127.0.0.1,fork,reuseaddr" 'system:echo 220 hello'
    free_port; mute=$port
    listen mute socat "tcp-listen:$port,bind=127.0.0.1,fork,reuseaddr" 'system:tail -f /dev/null'
    began=$SECONDS
    run doctor --json --data "$work" --folder "$work" --patience 2 --host "localhost:$tls" --host "127.0.0.1:$plain" --host "127.0.0.2:1" --host "127.0.0.1:$mute"
    holds "$what" 'seconds for all' 'under 30' $((SECONDS - began)) 'x < 30'
    finds 'host localhost' bad 'TLS is intercepted: its certificate is by Example Corp Inspection, which this machine does not trust'
    grep -q "127.0.0.1:$plain speaks no TLS" <<<"$line" || wrong "$what" 'no TLS' told "$line"
    grep -q "127.0.0.1:$mute speaks no TLS: no answer within 2 s" <<<"$line" || wrong "$what" 'a mute one' told "$line"
    # The same with its root installed; and under another's name.
    SSL_CERT_FILE=$work/cert run doctor --json --data "$work" --folder "$work" --patience 2 --host "localhost:$tls"
    finds 'host localhost' warn 'TLS may be intercepted: its certificate is by Example Corp Inspection, not by Apple'
    run doctor --json --data "$work" --folder "$work" --patience 2 --host "127.0.0.1:$tls"
    finds 'host 127.0.0.1' bad 'answers with the certificate of another host'
    export https_proxy=http://anna:secret@127.0.0.1:1
    doctor
    finds 'host 127.0.0.1' bad 'the proxy 127.0.0.1:1 cannot be reached: Connection refused'
    grep -q secret "$work/out" && wrong "$what" 'a password' 'not told' "$line"
    free_port
    printf 'HTTP/1.1 403 Forbidden\r\n\r\n' >"$work/answer"
    listen refusing socat "tcp-listen:$port,bind=127.0.0.1,fork,reuseaddr" "system:cat $work/answer"
    https_proxy=http://127.0.0.1:$port doctor
    finds 'host 127.0.0.1' bad "the proxy 127.0.0.1:$port gives no way to 127.0.0.1:1: HTTP/1.1 403 Forbidden"
    no_proxy=127.0.0.1 doctor
    finds 'host 127.0.0.1' bad '127.0.0.1:1 cannot be reached'
    ;;
  usb)
    status=0
    "$testbed" --macs 8 -- "$program" doctor --json --data "$work" --folder "$work" --host 127.0.0.1:1 >"$work/out" 2>"$work/err" </dev/null || status=$?
    line=$(tail -n 1 "$work/out")
    finds usb good 'may open all 8 Macs on USB'
    finds topology good '2 hubs, 1 deep at most'
    finds fence warn 'one restore at a time'
    finds firmware warn 'has no IPSW'
    finds rehearsals warn 'no model was rehearsed here'
    mkdir -p "$work/data/rehearsals"
    mkfifo "$work/data/rehearsals/Mac14,2.json"   # nobody waits for it
    run doctor --json --data "$work/data" --folder "$work" --host 127.0.0.1:1
    finds rehearsals warn 'is no sheet of a rehearsal'
    ;;
  wrong)
    run doctor --host ''; expect "$what" 'no host' 2 "$status"
    run doctor --host a:0; expect "$what" port 2 "$status"
    run doctor --patience 0; expect "$what" patience 2 "$status"
    run doctor --nothing; expect "$what" option 2 "$status"
    run doctor --json --data "$work/none" --folder "$work" --host 127.0.0.1:1 --patience 2
    finds "disk $work/none" warn 'cannot be looked at'
    run doctor --needs --no-hosts --json --data "$work/none" --folder "$work"
    finds "disk $work/none" bad 'cannot be looked at'
    expect "$what --needs" 'exit code' 1 "$status"
    run doctor --data "$work" --folder "$work" --host 127.0.0.1:1 --patience 2
    says "$what" '^bad   host 127.0.0.1: ' "$work/out"
    says "$what" '^      -> let the firewall pass TCP to 127.0.0.1:1' "$work/out"
    ;;
  *) wrong doctor.sh what 'a claim' "$what" ;;
esac
finish
