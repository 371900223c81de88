#!/bin/bash
# A room file of N benches with 40 slots each, every bench on a branch of its own: 25 benches are 1,000 slots.
# Usage: big_room.sh BENCHES > FILE
set -eu
cat <<END
[room]
name = "Big"
controller_host = "bench-host"

[[circuit]]
name = "office"
kind = "breaker"
standard = "NEC"
rating_A = 15
voltage_V = 120
foreign_reserve_A = 5

[[infrastructure]]
name = "bench-host"
kind = "controller_host"
circuit = "office"
load_A = 0.6

[[slot]]
name = "P-01"
bench = "pack"
kind = "pack_table"
data_port = "host/999-1"
END
for ((n = 1; n <= $1; n++)); do
  b=$(printf %02d "$n")
  cat <<END

[[circuit]]
name = "branch-$b"
kind = "breaker"
standard = "NEC"
rating_A = 20
voltage_V = 120
dedicated = true

[[pdu]]
name = "left-$b"
dialect = "baytech-mmp"
input_meter = "A"
line = "model:left-$b"
circuit = "branch-$b"
outlets = 20
power_on = "all_off"

[[pdu]]
name = "right-$b"
dialect = "baytech-rpc28-nc"
line = "model:right-$b"
circuit = "branch-$b"
outlets = 20
power_on = "all_off"

[[pdu.bank]]
name = "A"
outlets = "1-10"
rating_A = 15

[[pdu.bank]]
name = "B"
outlets = "11-20"
rating_A = 15

[[slot]]
name = "$b-01..08"
bench = "bench-$b"
kind = "restore"
data_port = "host/$n-1.1..8"
dfu_entry = "vdm"
outlet = "left-$b:1..8"
charge_via = "magsafe"
brick = "apple-140"
usb_feed_W = 2.5

[[slot]]
name = "$b-09..20"
bench = "bench-$b"
kind = "shelf"
outlet = "left-$b:9..20"
charge_via = "magsafe"
brick = "apple-140"

[[slot]]
name = "$b-21..40"
bench = "bench-$b"
kind = "shelf"
outlet = "right-$b:1..20"
charge_via = "magsafe"
brick = "apple-140"
END
done
