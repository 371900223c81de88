# Two rules for C++ files that hold coroutines. g++ 12.2 destroys twice what a capturing lambda owns when the lambda
# stands inside a co_await expression (docs/decisions/0002), and a coroutine that outlives its scope must not hold `[&]`.
# Usage: awk -f coroutines.awk FILE...; prints `file:line: what is wrong`.

# The file without comments, strings and characters, line numbers kept.
function code_of(line,    out, c, two, i, quote) {
  out = ""; quote = ""
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1); two = substr(line, i, 2)
    if (in_comment) { if (two == "*/") { in_comment = 0; i++ } continue }
    if (quote != "") { if (c == "\\") i++; else if (c == quote) { quote = ""; out = out c } continue }
    if (two == "//") break
    if (two == "/*") { in_comment = 1; i++; continue }
    if (c == "\"" || (c == "'" && substr(line, i - 1, 1) !~ /[0-9a-fA-F]/)) quote = c
    out = out c
  }
  return out
}

function start() { in_comment = 0; awaiting = 0; depth = 0; last = ""; coroutine = 0; kept = 0 }
function finish(    i) { if (coroutine) for (i = 1; i <= kept; i++) print held[i] }

# Inside a co_await expression: a `[` that follows no name, `)` or `]` begins a lambda; `[]` alone captures nothing.
function scan(code,    i, c, rest) {
  for (i = 1; i <= length(code); i++) {
    c = substr(code, i, 1); rest = substr(code, i)
    if (rest ~ /^co_await([^A-Za-z0-9_]|$)/ && last !~ /[A-Za-z0-9_]/) {
      if (!awaiting) { awaiting = 1; depth = 0 }
      i += 7; last = "("; continue
    }
    if (c ~ /[ \t]/) { if (last ~ /[A-Za-z0-9_]/ && code ~ /return/) last = (substr(code, 1, i - 1) ~ /return$/) ? "(" : last; continue }
    if (awaiting) {
      if (c == "[" && substr(code, i + 1, 1) == "[") { i++; continue }
      if (c == "[" && last !~ /[A-Za-z0-9_)\]"]/ && rest !~ /^\[[ \t]*\]/)
        print FILENAME ":" FNR ": [coroutines] a capturing lambda inside a co_await expression: give it a name first"
      if (c ~ /[({[]/) depth++
      if (c ~ /[)}\]]/) depth--
      if (depth < 0 || (c == ";" && depth == 0)) awaiting = 0
    }
    last = c
  }
}

FNR == 1 { finish(); start() }
{
  code = code_of($0)
  if (code ~ /co_(await|return|yield)/) coroutine = 1
  if (FILENAME ~ /^(hw\/async|hw\/pdu|controller\/bench)\/.*\.cpp$/ && code ~ /\[[ \t]*[&=][ \t]*[],]/)
    held[++kept] = FILENAME ":" FNR ": [coroutines] a default capture in a coroutine file: name what the lambda holds"
  scan(code)
}
END { finish() }
