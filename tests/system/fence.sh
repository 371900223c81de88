#!/bin/bash
# The fence of rules.md R9: 12 model Macs in every mode, nodes owned as `greenroom room udev` says and udev reads it, and an
# engine that opens whatever it can, under each slot's own numeric user.
# usage: fence.sh PROGRAM TESTBED GREEDY | fence.sh --inside WORK GREEDY (in the testbed, where /sys and /dev are its own)
set -u
modes=dfu,recovery,kis,port_dfu,booted,restore,wtf,dfu,kis,port_dfu,recovery,restore
slots=12

port_of() { echo "1-$((($1 - 1) / 7 + 1)).$((($1 - 1) % 7 + 1))"; }
node_of() { readlink -f "/dev/bus/usb/$(printf '%03d/%03d' "$(cat "/sys/bus/usb/devices/$1/busnum")" "$(cat "/sys/bus/usb/devices/$1/devnum")")"; }
uid_of() { awk -F: -v user="$1" '$1 == user { print $3 }' "$work/root/etc/passwd"; }

# What udev says of one device: "OWNER 995" and "MODE 0600", the last of each. In a mount namespace, where nothing of the
# machine is changed and the users are those that systemd-sysusers made.
asked() {
  unshare -m bash -c 'mount -t tmpfs none /etc/udev/rules.d && mount -t tmpfs none /run && mount -t tmpfs none /dev/char &&
    mount --bind "$1/root/etc/passwd" /etc/passwd && mount --bind "$1/root/etc/group" /etc/group &&
    cp "$1/72-greenroom.rules" /etc/udev/rules.d/ && udevadm test --action=add "$(readlink -f /sys/bus/usb/devices/"$2")" 2>&1' \
    asked "$work" "$1"
}

greed() { setpriv --reuid "$1" --regid "$1" --clear-groups --no-new-privs "$greedy" | sort; }
inside() {
  work=$1 greedy=$2
  chmod -R a+rX "$UMOCKDEV_DIR"/sys "$UMOCKDEV_DIR"/ioctl "$UMOCKDEV_DIR"/dev/bus
  find "$UMOCKDEV_DIR/ioctl" -type s -exec chmod a+rw {} +   # the testbed's own plumbing; the node decides
  chmod a+rwx "$UMOCKDEV_DIR"   # who listens for hot-plug makes a socket there
  local n port said
  for n in $(seq $slots); do chmod 0666 "$(node_of "$(port_of "$n")")"; done
  greed "$(uid_of greenroom-1-01)" >"$work/unfenced"
  for n in $(seq $slots); do
    port=$(port_of "$n")
    said=$(asked "$port")
    chown "$(sed -n 's/.* OWNER //p' <<<"$said" | tail -n 1)" "$(node_of "$port")" &&
      chmod "$(sed -n 's/.* MODE //p' <<<"$said" | tail -n 1)" "$(node_of "$port")" || echo "$said" >&2
    printf '%s %s\n' "$port" "$(stat -c '%u %a' "$(node_of "$port")")" >>"$work/nodes"
  done
  for n in $(seq $slots); do greed "$(uid_of "greenroom-1-$(printf %02d "$n")")" >"$work/fenced-$n"; done
}
if [ "$1" = --inside ]; then inside "$2" "$3"; exit; fi

program=$1 testbed=$2 greedy=$3
[ "$(id -u)" = 0 ] || { echo 'not run: only root can become another user and give nodes away'; exit 77; }
unshare -m true || { echo 'not run: no mount namespace for udev here'; exit 77; }
. "$(dirname "$0")/json.sh"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
chmod a+x "$work"
cp "$greedy" "$work/greedy" && chmod 0755 "$work/greedy"   # where those users may go
[ -d /dev/char ] || { mkdir /dev/char; made_char=1; }
trap 'cleanup; [ -z "${made_char:-}" ] || rmdir /dev/char' EXIT

cat >"$work/room.toml" <<END
[room]
name = "fence"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 100
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = "baytech-mmp"
line = "model:left"
circuit = "branch"
outlets = 12
power_on = "all_off"
[[slot]]
name = "1-01..07"
bench = "b"
kind = "restore"
data_port = "host/1-1.1..7"
dfu_entry = "vdm"
outlet = "left:1..7"
brick = "apple-140"
[[slot]]
name = "1-08..12"
bench = "b"
kind = "restore"
data_port = "host/1-2.1..5"
dfu_entry = "vdm"
outlet = "left:8..12"
brick = "apple-140"
[[infrastructure]]
name = "host"
kind = "controller_host"
END
run room udev --room "$work/room.toml" --host host
expect fence 'room udev' 0 "$status"
cp "$work/out" "$work/72-greenroom.rules"
run room udev --room "$work/room.toml" --host host --users
mkdir -p "$work/root/etc/sysusers.d"
cp "$work/out" "$work/root/etc/sysusers.d/greenroom.conf"
systemd-sysusers --root="$work/root" >"$work/sysusers" 2>&1 || wrong fence systemd-sysusers 'exit code 0' "$(cat "$work/sysusers")"

# stands whole|bare: `room udev --check` on a machine that has those users, with the rules and without.
stands() {
  unshare -m bash -c 'mount -t tmpfs none /etc/udev/rules.d && mount --bind "$1/root/etc/passwd" /etc/passwd &&
    { [ "$3" = bare ] || cp "$1/72-greenroom.rules" /etc/udev/rules.d/; } &&
    "$2" room udev --room "$1/room.toml" --host host --check' stands "$work" "$program" "$1" >"$work/out" 2>"$work/err"
}
stands whole || wrong fence --check 'exit code 0' "$(cat "$work/err")"
says fence 'the fence stands: 12 slots' "$work/out"
! stands bare || wrong fence '--check without rules' 'exit code 1' "$?"
says fence '72-greenroom.rules is not there' "$work/err"
run room udev --room "$work/room.toml" --host host --check
expect fence '--check without users' 1 "$status"
says fence '12 of 12 users of slots are not there, greenroom-1-01 first' "$work/err"

"$testbed" --macs $slots --mode "$modes" -- "$0" --inside "$work" "$work/greedy" >"$work/out" 2>"$work/err" || wrong fence testbed 'exit code 0' "$(cat "$work/err")"
expect fence 'opened where every node is open to all' $slots "$(grep -c ^opened "$work/unfenced")"
for n in $(seq $slots); do
  port=$(port_of "$n") uid=$(uid_of "greenroom-1-$(printf %02d "$n")")
  says fence "^$port $uid 600$" "$work/nodes"
  expect "fence $n" opened "opened $port" "$(grep ^opened "$work/fenced-$n")"
  expect "fence $n" refused $((slots - 1)) "$(grep -c ^refused "$work/fenced-$n")"
done
expect fence 'users apart' $slots "$(awk '{ print $2 }' "$work/nodes" | sort -u | wc -l)"
finish
