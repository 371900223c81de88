# A small room for scripts of this folder, in $work/room.toml; json.sh comes first.
# small_room LINE [DIALECT OUTLETS]: one branch with one PDU at that line, and no slot yet. Outlets: else as its dialect has.
small_room() {
  cat >"$work/room.toml" <<ROOM
[room]
name = "small"
controller_host = "host"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = "${2:-baytech-mmp}"
line = "$1"
circuit = "branch"
${3:+outlets = $3}
power_on = "all_off"
[[infrastructure]]
name = "host"
kind = "controller_host"
ROOM
}
# room_slot NAME KIND OUTLET [LINE...]: one more slot there, with these lines of its own.
room_slot() {
  printf '[[slot]]\nname = "%s"\nbench = "b"\nkind = "%s"\noutlet = "left:%s"\nbrick = "apple-140"\n' "$1" "$2" "$3"
  shift 3
  printf '%s\n' "$@"
} >>"$work/room.toml"
