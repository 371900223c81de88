#!/bin/bash
# The model T2 Mac that can be restored, driven by programs that nobody here wrote.
# usage: restorable.sh PROGRAM TESTBED restores | refuses
set -u
program=$1 testbed=$2 what=$3
. "$(dirname "$0")/json.sh"
# The testbed may be the sanitizers' build; the preload library stands before their runtime in what it starts.
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
# libirecovery 1.0.0 reads what it has freed, as soon as a hub is listed.
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0
mac=0x000C60A800010001

bed() {
  status=0
  (cd "$work" && "$testbed" --mode restorable --ipsw "$work/t2.ipsw" --report "$work/report" -- "$@") >"$work/out" 2>"$work/err" </dev/null || status=$?
}
told() { grep -qx -- "$1" "$work/report" || wrong "$what" report "$1" "$(cat "$work/report" "$work/err")"; }

case $what in
  restores)
    bed idevicerestore -i $mac -e -y -P t2.ipsw
    expect "$what" status 0 "$status"
    for line in 'mode restore' 'command bootx' 'restored SystemImageData' 'start_restore 1' 'erased yes'; do told "1-4.2 $line"; done
    # iBSS, iBEC, the logo, two that iBoot loads, RAM disk, device tree, kernel cache.
    expect "$what" images 8 "$(grep -c '^1-4.2 image ' "$work/report")"
    expect "$what" wrong 0 "$(grep -c ' wrong ' "$work/report")"
    ;;
  refuses)
    head -c 5000 /dev/zero >"$work/zeros"
    bed irecovery -i $mac -f "$work/zeros"
    for line in 'mode dfu' 'wrong iBSS: no personalised image' 'start_restore 0' 'erased no'; do told "1-4.2 $line"; done
    ;;
esac
finish
