# Checks every include line against layers.txt. Usage: awk -f layers.awk layers.txt FILE... (paths from the top of the
# tree). Prints `file:line: what is wrong, and what is allowed`; POSIX awk, because a bare Debian has no other language.

function fits(path, name) { return path == name || index(path, name "/") == 1 }
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function say(what) { print FILENAME ":" FNR ": [layers] " what }

FNR == 1 { reading_law = (FILENAME ~ /layers\.txt$/); header = (FILENAME ~ /\.hpp$/ && !(FILENAME in inner)); if (!reading_law) box = box_of(FILENAME) }

reading_law && /^box /             { split($0, part, "|"); name = trim(substr(part[1], 5)); boxes[name] = 1
                                     house[name] = trim(part[2]); libs[name] = trim(part[3]); next }
reading_law && /^library /         { split($0, part, "|"); name = trim(substr(part[1], 9)); most[name] = trim(part[2]) + 0
                                     home[name] = trim(part[3]); next }
reading_law && /^never-in-header / { cpp_only[$2] = 1; next }
reading_law && /^header-asio /     { header_asio[$2] = 1; next }
reading_law && /^inner-header /    { inner[$2] = 1; next }
reading_law && /^[^#]/             { say("not a line of the law: " $0) }
reading_law                        { next }

function box_of(path,    name, best) {
  best = ""
  for (name in boxes) if (fits(path, name) && length(name) > length(best)) best = name
  return best
}

# May `from` include `path` of the house? Its list is read left to right; `!x` takes x out.
function allowed(from, path,    n, i, list, yes) {
  if (fits(path, from) && box_of(path) == from) return 1
  n = split(house[from], list, " ")
  for (i = 1; i <= n; i++) {
    if (list[i] == "*") yes = 1
    else if (substr(list[i], 1, 1) == "!") { if (fits(path, substr(list[i], 2))) yes = 0 }
    else if (fits(path, list[i]) && (list[i] ~ /\.hpp$/ || box_of(path) == list[i])) yes = 1
  }
  return yes
}

function library_allowed(from, path,    n, i, list) {
  if (path ~ /^[a-z_0-9]+$/ || path ~ /^(fmt|tl)\//) return 1
  n = split(libs[from], list, " ")
  for (i = 1; i <= n; i++) {
    if (fits(path, list[i])) return 1
    if (list[i] == "posix" && (path ~ /^(sys|linux|netinet|arpa|net)\// || path ~ /^[a-z]+\.h$/) && !(path in most)) return 1
  }
  return 0
}

/^[ \t]*#[ \t]*include/ {
  if (box == "") { say("this file is in no box of tests/lint/layers.txt"); next }
  path = $0
  if (path !~ /#[ \t]*include[ \t]*["<][^">]+[">]/) { say("an include that the lint cannot read"); next }
  sub(/^[^"<]*["<]/, "", path); sub(/[">].*$/, "", path)

  if (path ~ /^(hw|firmware-bridge|controller|config|tests)\//) {
    if (path in inner && header) say(path " is for .cpp files only")
    if (!allowed(box, path)) say(box " may not include " path "; it may include: " (house[box] == "" ? "only itself" : house[box]))
    next
  }
  if ($0 ~ /include[ \t]*"/) { say("write the path from the top of the tree: " path); next }

  for (name in most) if (fits(path, name)) {
    if (header) say(name " may not stand in a header")
    if (!fits(FILENAME, home[name])) say(name " may stand in " home[name] " only")
    if (!((name, FILENAME) in seen)) { seen[name, FILENAME] = 1; users[name]++ }
    if (users[name] > most[name]) say(name " already stands in " most[name] " file(s); no more are allowed")
    next
  }
  for (name in cpp_only) if (header && fits(path, name)) { say(name " may not stand in a header"); next }
  if (header && fits(path, "boost/asio") && !(path in header_asio)) { say("a header may include only asio/awaitable.hpp of Asio, not " path); next }
  if (!library_allowed(box, path)) say(box " may not include <" path ">; its libraries: " (libs[box] == "" ? "the standard's, fmt and tl" : libs[box]))
}
