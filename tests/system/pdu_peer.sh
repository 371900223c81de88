# Shared by the scripts that drive a PDU of 16 outlets that nobody here wrote. Sourced after json.sh; `what` names the claim,
# and `pdu VERB...` runs the program on its line.
until_there() { local i; for i in $(seq 100); do [ -e "$1" ] && return; read -rt 0.05 <> <(:) || :; done; wrong "$what" "$1" there ''; finish; }
off() { grep -o '"state":"off"' <<<"$(tail -n 1 "$work/out")" | wc -l; }

reads_all_off() {
  pdu read
  expect "$what" status 0 "$status"
  expect "$what" 'outlets that are off' 16 "$(off)"
}

switches_outlet_3() {
  local want
  for want in on off on; do
    pdu set 3 "$want"
    expect "$what" status 0 "$status"
    expect "$what" "3 $want" "$want" "$(field state "$(tail -n 1 "$work/out")")"
  done
  pdu read
  says "$what" '"id":3,"state":"on"' "$work/out"
  expect "$what" 'the others' 15 "$(off)"
}
