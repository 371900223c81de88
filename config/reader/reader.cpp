#include "config/reader/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/reader/file.hpp"
#include "config/reader/tree.hpp"

namespace greenroom {

using detail::Kind;
using detail::Node;

namespace {

// A configuration file is short; a device or a huge file given by mistake must not fill the memory.
constexpr std::size_t kMostMiB = 4;

bool contains(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

std::string_view article_and_kind(const Node& n) {
  switch (n.kind) {
    case Kind::text: return "a text";
    case Kind::integer: return "a whole number";
    case Kind::number: return "a number";
    case Kind::flag: return "true or false";
    case Kind::list: return "a list";
    case Kind::table: return "a table";
    case Kind::other: break;
  }
  return n.text;
}

std::string where(const Node& table) { return table.label.empty() ? "" : " in " + table.label; }

// Edit distance with swaps of neighbours (optimal string alignment); case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

// As people write numbers: 2000000000 and not 2e+09.
std::string plain(double value) {
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  return whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

std::string did_you_mean(const std::optional<std::string>& guess) {
  return guess ? fmt::format("; did you mean {}?", quoted(*guess)) : "";
}

void note_unknown(const std::string& file, const Node& n, std::vector<Complaint>& out) {
  for (std::size_t i = 0; n.kind == Kind::table && i < n.keys.size(); ++i) {
    const std::string& key = n.keys[i].value;
    if (contains(n.asked, key)) continue;
    std::optional<std::string> guess = nearest(key, n.asked);
    for (const auto& [wrong, right] : n.hints) {
      if (wrong == key) guess = right;
    }
    out.push_back(
        {file, n.keys[i].place, fmt::format("unknown key {}{}{}", quoted(key), where(n), did_you_mean(guess)), false});
  }
  for (std::size_t i = 0; i < n.items.size(); ++i) {
    // Inside an unknown key nothing was asked for, and one complaint is enough.
    if (n.kind == Kind::table && !contains(n.asked, n.keys[i].value)) continue;
    note_unknown(file, n.items[i], out);
  }
}

// How many bytes the character at the front has, if it is one that a terminal shows: well-formed UTF-8 (Unicode 3.9, table
// 3-7) and no control character. Else 0: 0x9b alone, from the wire, is to a terminal what ESC [ is.
std::size_t printable(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  std::size_t more = 1;
  if (lead >= 0xe0) more = 2;
  if (lead >= 0xf0) more = 3;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (lead == 0xc2 || lead == 0xe0) low = 0xa0;  // below: U+0080 to U+009F, and what has a shorter form
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf4) high = 0x8f;
  if (lead < 0xc2 || lead > 0xf4 || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i <= more; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return more + 1;
}

}  // namespace

std::string to_string(const Complaint& c) {
  std::string at = c.file;
  if (c.place.line > 0) at += fmt::format(":{}:{}", c.place.line, c.place.column);
  return fmt::format("{}: {}{}", at, c.warning ? "warning: " : "", c.message);
}

std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& known) {
  constexpr std::size_t kLongest = 64;  // no name is longer, and the work is quadratic
  if (wrong.size() > kLongest) return {};
  std::optional<std::string> best;
  std::size_t best_distance = (wrong.size() + 1) / 3 + 1;  // one slip in two letters, two in five, three in eight
  for (const std::string& k : known) {
    if (k.size() > kLongest) continue;
    const std::size_t d = distance(wrong, k);
    if (d < best_distance) {
      best = k;
      best_distance = d;
    }
  }
  return best;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string out = "\"";
  for (std::size_t at = 0; at < std::min(text.size(), kLongest);) {
    const std::size_t bytes = printable(text.substr(at));
    if (bytes > 0 && at + bytes > kLongest) break;
    if (bytes > 0) out += text.substr(at, bytes);
    else if (text[at] == '\n') out += "\\n";
    else out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    at += std::max<std::size_t>(bytes, 1);
  }
  return out + (text.size() > kLongest ? "...\"" : "\"");
}

// ---- Table ---------------------------------------------------------------------------------------------------------

const Node* Table::find(std::string_view key, bool required) const {
  if (!contains(node_->asked, key)) node_->asked.emplace_back(key);
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].value == key) return &node_->items[i];
  }
  if (required) complain(fmt::format("{} lacks the key {}", node_->label.empty() ? "the file" : node_->label, quoted(key)));
  return nullptr;
}

bool Table::has(std::string_view key) const { return find(key, false) != nullptr; }

std::vector<std::string> Table::keys() const {
  std::vector<std::string> out;
  for (const auto& k : node_->keys) out.push_back(k.value);
  return out;
}

void Table::wrong_type(const Node& n, std::string_view key, std::string_view wanted) const {
  Document(state_).complain(n.place,
                            fmt::format("{}{} must be {}, not {}", quoted(key), where(*node_), wanted, article_and_kind(n)));
}

std::string Table::text(std::string_view key, std::optional<std::string> fallback) const {
  const Node* n = find(key, !fallback);
  if (n == nullptr) return fallback.value_or("");
  if (n->kind != Kind::text) {
    wrong_type(*n, key, "a text");
  } else if (n->text.empty() && !(fallback && fallback->empty())) {
    complain(key, fmt::format("{}{} must not be empty", quoted(key), where(*node_)));
  } else {
    return n->text;
  }
  return fallback.value_or("");
}

bool Table::inside(std::string_view key, double value, Range r) const {
  if (value >= r.low && value <= r.high) return true;
  std::string allowed = fmt::format("from {} to {}", r.low, r.high);
  if (r.high == std::numeric_limits<double>::max()) allowed = fmt::format("at least {}", r.low);
  if (r.low == std::numeric_limits<double>::lowest()) allowed = fmt::format("at most {}", r.high);
  complain(key, fmt::format("{}{} must be {}, not {}", quoted(key), where(*node_), allowed, plain(value)));
  return false;
}

std::int64_t Table::integer(std::string_view key, Range r, std::optional<std::int64_t> fallback) const {
  const Node* n = find(key, !fallback);
  if (n != nullptr && n->kind != Kind::integer) wrong_type(*n, key, "a whole number");
  if (n != nullptr && n->kind == Kind::integer && inside(key, n->number, r)) return n->integer;
  return fallback.value_or(0);
}

std::optional<double> Table::ranged(std::string_view key, Range r, bool required) const {
  const Node* n = find(key, required);
  if (n == nullptr) return {};
  if (n->kind != Kind::number && n->kind != Kind::integer) {
    wrong_type(*n, key, "a number");
    return {};
  }
  if (!std::isfinite(n->number)) {
    complain(key, fmt::format("{}{} must be a finite number", quoted(key), where(*node_)));
    return {};
  }
  if (!inside(key, n->number, r)) return {};
  return n->number;
}

double Table::number(std::string_view key, Range r, std::optional<double> fallback) const {
  return ranged(key, r, !fallback).value_or(fallback.value_or(0));
}

Amps Table::amps(std::string_view key, Range r, std::optional<Amps> fallback) const {
  const std::optional<double> v = ranged(key, r, !fallback);
  return v ? Amps::of(*v) : fallback.value_or(Amps{});
}

Volts Table::volts(std::string_view key, Range r, std::optional<Volts> fallback) const {
  const std::optional<double> v = ranged(key, r, !fallback);
  return v ? Volts::of(*v) : fallback.value_or(Volts{});
}

Watts Table::watts(std::string_view key, Range r, std::optional<Watts> fallback) const {
  const std::optional<double> v = ranged(key, r, !fallback);
  return v ? Watts::of(*v) : fallback.value_or(Watts{});
}

Duration Table::duration(std::string_view key, Range r, std::optional<Duration> fallback) const {
  double microseconds = 1e6;  // _s
  if (key.ends_with("_us")) microseconds = 1;
  if (key.ends_with("_ms")) microseconds = 1e3;
  if (key.ends_with("_min")) microseconds = 60e6;
  if (key.ends_with("_h")) microseconds = 3600e6;
  const std::optional<double> v = ranged(key, r, !fallback);
  return v ? Duration{std::llround(*v * microseconds)} : fallback.value_or(Duration{});
}

bool Table::flag(std::string_view key, std::optional<bool> fallback) const {
  const Node* n = find(key, !fallback);
  if (n != nullptr && n->kind == Kind::flag) return n->flag;
  if (n != nullptr) wrong_type(*n, key, "true or false");
  return fallback.value_or(false);
}

std::optional<std::size_t> Table::choose(std::string_view key, const std::vector<std::string>& names, bool optional) const {
  const Node* n = find(key, !optional);
  if (n == nullptr) return {};
  if (n->kind != Kind::text) {
    wrong_type(*n, key, "a text");
    return {};
  }
  const auto at = std::find(names.begin(), names.end(), n->text);
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  complain(key, fmt::format("{}{} must be one of {}, not {}{}", quoted(key), where(*node_), fmt::join(names, ", "),
                            quoted(n->text), did_you_mean(nearest(n->text, names))));
  return {};
}

std::vector<Placed<std::string>> Table::texts(std::string_view key) const {
  std::vector<Placed<std::string>> out;
  const Node* n = find(key, false);
  if (n == nullptr) return out;
  if (n->kind != Kind::list) {
    wrong_type(*n, key, "a list of texts");
    return out;
  }
  for (const Node& item : n->items) {
    if (item.kind == Kind::text) out.push_back({item.text, item.place});
    else wrong_type(item, key, "a list of texts, an item is");
  }
  return out;
}

std::vector<Placed<std::int64_t>> Table::integers(std::string_view key, Range r) const {
  std::vector<Placed<std::int64_t>> out;
  const Node* n = find(key, false);
  if (n == nullptr) return out;
  if (n->kind != Kind::list) {
    wrong_type(*n, key, "a list of whole numbers");
    return out;
  }
  for (const Node& item : n->items) {
    if (item.kind != Kind::integer) wrong_type(item, key, "a list of whole numbers");
    else if (inside(key, item.number, r)) out.push_back({item.integer, item.place});
  }
  return out;
}

std::vector<Table> Table::tables(std::string_view key) const {
  std::vector<Table> out;
  const Node* n = find(key, false);
  if (n == nullptr) return out;
  const std::string wanted = fmt::format("a list of tables, written [[{}]]", key);
  if (n->kind != Kind::list) {
    wrong_type(*n, key, wanted);
    return out;
  }
  for (const Node& item : n->items) {
    if (item.kind == Kind::table) out.push_back(Table(state_, &item));
    else wrong_type(item, key, wanted);
  }
  return out;
}

std::optional<Table> Table::table(std::string_view key) const {
  const Node* n = find(key, false);
  if (n == nullptr) return {};
  if (n->kind == Kind::table) return Table(state_, n);
  const bool shown = node_->label.empty() || !node_->label.starts_with("[[");
  const std::string inside = node_->label.empty() ? "" : node_->label.substr(1, node_->label.size() - 2) + ".";
  wrong_type(*n, key, shown ? fmt::format("a table, written [{}{}]", inside, key) : "a table");
  return {};
}

void Table::hint(std::string_view wrong, std::string_view right) const { node_->hints.emplace_back(wrong, right); }

Place Table::place() const { return node_->place; }

Place Table::place(std::string_view key) const {
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].value == key) return node_->items[i].place;
  }
  return node_->place;
}

const std::string& Table::label() const { return node_->label; }
void Table::complain(std::string message) const { Document(state_).complain(node_->place, std::move(message)); }
void Table::complain(std::string_view key, std::string message) const {
  Document(state_).complain(place(key), std::move(message));
}

// ---- Document ------------------------------------------------------------------------------------------------------

Document Document::from_text(std::string_view text, std::string file) {
  auto state = std::make_shared<detail::State>();
  state->file = std::move(file);
  state->root.kind = Kind::table;
  detail::parse(*state, text);
  return Document(std::move(state));
}

Document Document::from_file(const std::string& path) {
  const Result<std::string> text = read_file(path, kMostMiB);
  if (text) return from_text(*text, path);
  auto state = std::make_shared<detail::State>();
  state->file = path;
  state->root.kind = Kind::table;
  state->broken = true;
  state->complaints.push_back({path, {}, text.error().message, false});
  return Document(std::move(state));
}

Table Document::root() const { return Table(state_, &state_->root); }
const std::string& Document::file() const { return state_->file; }

void Document::complain(Place place, std::string message) const {
  if (!state_->broken) state_->complaints.push_back({state_->file, place, std::move(message), false});
}

void Document::warn(Place place, std::string message) const {
  if (!state_->broken) state_->complaints.push_back({state_->file, place, std::move(message), true});
}

std::vector<Complaint> Document::complaints() const {
  std::vector<Complaint> out = state_->complaints;
  if (!state_->broken) note_unknown(state_->file, state_->root, out);
  std::stable_sort(out.begin(), out.end(), [](const Complaint& a, const Complaint& b) { return a.place < b.place; });
  // A value that two getters asked for is complained of once.
  const auto same = [](const Complaint& a, const Complaint& b) { return a.place == b.place && a.message == b.message; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

bool Document::ok() const {
  const std::vector<Complaint> all = complaints();
  return std::all_of(all.begin(), all.end(), [](const Complaint& c) { return c.warning; });
}

}  // namespace greenroom
