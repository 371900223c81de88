#!/bin/bash
# `greenroom firmware` on IPSW files of a few kilobytes, which Debian's zip packs and Python's zipfile spoils.
# usage: firmware.sh PROGRAM list | add | check | wrong
set -u
program=$1 what=$2
. "$(dirname "$0")/json.sh"
folder=$work/firmware
export GREENROOM_FIRMWARE=$folder
mkdir "$folder"

# manifest CHIP BOARD TYPE VERSION BUILD: on stdout.
manifest() {
  cat <<END
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>BuildIdentities</key><array><dict>
<key>ApBoardID</key><string>$2</string><key>ApChipID</key><string>$1</string>
<key>Info</key><dict><key>DeviceClass</key><string>anap</string><key>Variant</key><string>Customer Erase Install (IPSW)</string></dict>
<key>Manifest</key><dict><key>OS</key><dict><key>Info</key><dict><key>Path</key><string>os.dmg</string></dict></dict></dict>
</dict></array>
<key>ProductBuildVersion</key><string>$5</string><key>ProductVersion</key><string>$4</string>
<key>SupportedProductTypes</key><array><string>$3</string></array>
</dict></plist>
END
}
# ipsw FILE CHIP BOARD TYPE VERSION BUILD
ipsw() {
  local file=$1
  shift
  manifest "$@" >"$work/BuildManifest.plist"
  head -c 300000 /dev/zero | tr '\0' o >"$work/os.dmg"
  rm -f "$file"
  zip -q -j -0 "$file" "$work/BuildManifest.plist" "$work/os.dmg" || wrong ipsw "$file" packed "$?"
}
air() { ipsw "$1" 0x8103 0x26 MacBookAir10,1 "${2:-26.1}" "${3:-25B78}"; }
digest() { sha256sum "$1" | cut -d' ' -f1; }

case $what in
  list)
    run firmware list --json
    expect "$what" 'an empty folder' '[]' "$(list files "$line")"
    air "$work/a.ipsw" 15.6 24G84; air "$work/b.ipsw"; cp "$work/b.ipsw" "$work/copy.ipsw"
    ipsw "$work/t2.ipsw" 0x8012 0x0C iBridge2,4 10.1 23P51
    for file in a b copy t2; do run firmware add "$work/$file.ipsw"; expect "$what" "add $file" 0 "$status"; done
    says "$what" 'copy.ipsw: macos 26.1 (25B78), SHA-256' <("$program" firmware add "$folder/copy.ipsw" 2>/dev/null)
    run firmware list --json --mac MacBookAir10,1
    expect "$what" status 0 "$status"
    expect "$what" files 4 "$(grep -o '"trust":"verified"' <<<"$line" | wc -l)"
    expect "$what" digest "$(digest "$work/a.ipsw")" "$(field sha256 "${line%%\},\{*}")"
    grep -q '"board":"8103:26","firmware":"macos","file":"\(b\|copy\).ipsw","why":"macos 26.1 (25B78), the newest of 3 ' <<<"$line" || wrong "$what" choice b.ipsw "$line"
    grep -q '"name":"b.ipsw".*"same_as":"copy.ipsw","likeness":"copy"' <<<"$line" || wrong "$what" duplicate copy.ipsw "$line"
    run firmware list --mac 'MacBook Air (Retina, 13-inch, 2018)'
    says "$what" 'nothing: one image of bridgeos is in the library, none with an erase install for chip 8012' "$work/out"
    expect "$what" 'no image' 1 "$status"
    run firmware list --mac MacBookAir10,1 --firmware 24G84
    says "$what" 'gets a.ipsw: macos 15.6 (24G84), the only one' "$work/out"
    run firmware list --mac MacBookAir10
    expect "$what" 'no such model' 2 "$status"
    says "$what" 'did you mean "MacBookAir10,1"?' "$work/err"
    ;;
  add)
    air "$work/a.ipsw"
    run firmware add "$work/a.ipsw" --json --sha256 "$(digest "$work/a.ipsw")"
    expect "$what" status 0 "$status"
    expect "$what" sha256 "$(digest "$folder/a.ipsw")" "$(field sha256 "$line")"
    expect "$what" rights 444 "$(stat -c %a "$folder/a.ipsw")"
    run firmware add "$work/a.ipsw"
    expect "$what" again 1 "$status"
    says "$what" 'a.ipsw is there already' "$work/err"
    air "$work/b.ipsw"
    run firmware add "$work/b.ipsw" --sha256 "$(digest "$work/BuildManifest.plist")"
    expect "$what" 'another digest' 1 "$status"
    says "$what" "its SHA-256 is $(digest "$work/b.ipsw"), not" "$work/err"
    expect "$what" 'nothing is left' 'a.ipsw greenroom-firmware.json' "$(ls "$folder" | xargs)"
    expect "$what" 'nor hidden' '.greenroom-firmware.lock' "$(cd "$folder" && echo .g* .i*  | sed 's/ \.i\*//')"
    # Told to end in the middle of a copy: nothing of it stays.
    truncate -s 400M "$work/os.dmg"
    zip -q -j -0 "$work/large.ipsw" "$work/BuildManifest.plist" "$work/os.dmg"
    "$program" firmware add "$work/large.ipsw" 2>"$work/err" & pid=$!
    for i in $(seq 400); do [ -s "$folder/.incoming" ] && break; read -rt 0.01 <> <(:) || :; done
    kill -TERM "$pid"
    status=0; wait "$pid" || status=$?
    expect "$what" 'told to end' 1 "$status"
    says "$what" 'was told to end; nothing was kept of it\|the check was ended' "$work/err"
    expect "$what" 'nothing of it' 'a.ipsw greenroom-firmware.json' "$(ls "$folder" | xargs)"
    [ ! -e "$folder/.incoming" ] || wrong "$what" .incoming gone there
    exec 9>"$folder/.greenroom-firmware.lock"
    flock -n 9 || wrong "$what" lock free taken
    run firmware add "$work/b.ipsw"
    expect "$what" 'somebody else adds' 1 "$status"
    says "$what" 'is owned by .*; end it or wait until it ends' "$work/err"
    ;;
  check)
    air "$work/a.ipsw"; air "$work/b.ipsw" 26.0 25A354
    run firmware add "$work/a.ipsw"; run firmware add "$work/b.ipsw"
    run firmware check --json
    expect "$what" status 0 "$status"
    expect "$what" good 2 "$(grep -o '"trust":"verified"' <<<"$line" | wc -l)"
    # One bit, with the same size, inode and time: only reading it finds that.
    cp -p "$folder/a.ipsw" "$work/before"
    chmod u+w "$folder/a.ipsw"
    printf x | dd of="$folder/a.ipsw" bs=1 seek=2000 conv=notrunc status=none
    touch -r "$work/before" "$folder/a.ipsw"
    run firmware check --stale --json
    expect "$what" 'nothing is stale' '[]' "$line"
    run firmware check
    expect "$what" 'a bit' 1 "$status"
    says "$what" 'a.ipsw: is not what was added: its SHA-256 is [0-9a-f]*, and was [0-9a-f]*; delete it' "$work/out"
    says "$what" 'b.ipsw: good' "$work/out"
    run firmware list --mac MacBookAir10,1
    says "$what" 'gets b.ipsw' "$work/out"
    # As after a start of the machine, or a copy of the folder: the file is the same, its mark is not.
    cp "$folder/b.ipsw" "$work/new" && mv -f "$work/new" "$folder/b.ipsw"
    run firmware list --mac MacBookAir10,1 --firmware 26.0
    says "$what" 'was touched since it was added: greenroom firmware check b.ipsw' "$work/out"
    run firmware check b.ipsw
    expect "$what" 'the same bytes' 0 "$status"
    run firmware list --mac MacBookAir10,1 --firmware 26.0
    expect "$what" 'trusted again' 0 "$status"
    air "$folder/c.ipsw"
    run firmware check c.ipsw
    says "$what" 'c.ipsw: was never added' "$work/out"
    run firmware check d.ipsw
    expect "$what" 'no such file' 2 "$status"
    ;;
  wrong)
    refused() { run firmware add "$work/$1"; expect "$what" "$1" "${3:-1}" "$status"; says "$what" "greenroom firmware add: $work/$1: $2" "$work/err"; expect "$what" "lines about $1" 1 "$(wc -l <"$work/err")"; }
    air "$work/whole.ipsw"
    head -c 900 "$work/whole.ipsw" >"$work/cut.ipsw"
    refused cut.ipsw 'is no zip archive, or it is truncated'
    ipsw "$work/phone.ipsw" 0x8010 0x0C iPhone9,3 13.5 17F80
    refused phone.ipsw 'its BuildManifest.plist is for iPhone9,3, which is no Mac; choose an image for Macs'
    zip -q -j "$work/bare.ipsw" "$work/os.dmg"
    refused bare.ipsw 'has no BuildManifest.plist: it is no IPSW'
    head -c 67108865 /dev/zero >"$work/BuildManifest.plist"
    zip -q -j "$work/bomb.ipsw" "$work/BuildManifest.plist"
    refused bomb.ipsw 'has a BuildManifest.plist of 64 MiB'
    { printf '<plist version="1.0">'; head -c 3000000 /dev/zero | sed 's/\x00/<array>/g'; } >"$work/BuildManifest.plist"
    zip -q -j "$work/deep.ipsw" "$work/BuildManifest.plist"
    refused deep.ipsw 'its BuildManifest.plist is nested deeper than 32'
    python3 - "$work/many.ipsw" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for i in range(100001): z.writestr(str(i), b"")
END
    refused many.ipsw 'claims a directory of 100001 entries'
    mkfifo "$work/pipe.ipsw"
    refused pipe.ipsw 'is no file' 2
    mkdir "$work/folder.ipsw"
    refused folder.ipsw 'is no file' 2
    cp "$work/whole.ipsw" "$work/hole.ipsw"
    printf x | dd of="$work/hole.ipsw" bs=1 seek=200000 conv=notrunc status=none
    refused hole.ipsw 'is damaged: os.dmg'
    cp "$work/whole.ipsw" "$work/whole.zip"
    run firmware add "$work/whole.zip"; expect "$what" name 2 "$status"
    run firmware add "$work/nowhere.ipsw"; expect "$what" 'no file' 1 "$status"
    says "$what" 'nowhere.ipsw cannot be opened: No such file or directory; check that it exists' "$work/err"
    run firmware add; expect "$what" 'no word' 2 "$status"
    run firmware; expect "$what" 'no verb' 2 "$status"
    run firmware add "$work/whole.ipsw" --sha256 12; expect "$what" digest 2 "$status"
    run firmware list --folder "$work/none"; expect "$what" folder 1 "$status"
    says "$what" 'none cannot be read: No such file or directory; make it, or name another with --folder' "$work/err"
    expect "$what" 'nothing was taken' '' "$(ls "$folder")"
    ;;
  *) wrong firmware.sh what 'a claim' "$what" ;;
esac
finish
