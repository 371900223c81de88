#include "config/reader/tree.hpp"

// toml++ 3.3 asserts of some texts what it checks a moment later: "[[[" ended the program. What it throws instead is caught
// below; through a noexcept of its own it would end the program as an assertion does.
#undef NDEBUG  // with it toml++ tells the compiler that they hold
struct TomlAssertion {};
[[noreturn]] static void toml_asserts() { throw TomlAssertion{}; }
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : toml_asserts())
#define TOML_EXCEPTIONS 0
#define TOML_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>

namespace greenroom::detail {
namespace {

Place place_of(const toml::source_region& s) { return {s.begin.line, s.begin.column}; }

Node convert(const toml::node& from, const std::string& label);

void convert_table(Node& to, const toml::table& from) {
  struct Member {
    const toml::key* key;
    const toml::node* value;
  };
  std::vector<Member> members;
  for (const auto& [k, v] : from) members.push_back({&k, &v});
  // toml++ sorts by name; people read in the order of the file.
  std::stable_sort(members.begin(), members.end(),
                   [](const Member& a, const Member& b) { return place_of(a.key->source()) < place_of(b.key->source()); });
  for (const Member& m : members) {
    const std::string key{m.key->str()};
    to.keys.push_back({key, place_of(m.key->source())});
    const bool nested = to.label.starts_with('[') && !to.label.starts_with("[[");
    const std::string path = nested ? to.label.substr(1, to.label.size() - 2) + "." + key : key;
    to.items.push_back(convert(*m.value, path));
  }
}

Node convert(const toml::node& from, const std::string& path) {
  Node to;
  to.place = place_of(from.source());
  if (const auto* s = from.as_string()) {
    to.kind = Kind::text;
    to.text = s->get();
  } else if (const auto* i = from.as_integer()) {
    to.kind = Kind::integer;
    to.integer = i->get();
    to.number = static_cast<double>(i->get());
  } else if (const auto* d = from.as_floating_point()) {
    to.kind = Kind::number;
    to.number = d->get();
  } else if (const auto* b = from.as_boolean()) {
    to.kind = Kind::flag;
    to.flag = b->get();
  } else if (const auto* a = from.as_array()) {
    to.kind = Kind::list;
    for (const toml::node& item : *a) {
      to.items.push_back(convert(item, path));
      if (item.is_table()) to.items.back().label = "[[" + path + "]]";
    }
  } else if (const auto* t = from.as_table()) {
    to.kind = Kind::table;
    to.label = path.empty() ? "" : "[" + path + "]";
    convert_table(to, *t);
  } else {
    to.text = from.is_time() ? "a time" : (from.is_date() ? "a date" : "a date and time");
  }
  return to;
}

// Every editor offers UTF-8; the Notepad of old Windows calls UTF-16 "Unicode". toml++ would name a strange byte only.
std::string_view other_encoding(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return "UTF-16";
  if (text.substr(0, 64).find('\0') != std::string_view::npos) return "UTF-16, or no text at all";
  return {};
}

// toml++ goes down one call for each part of a key, and the tree is taken down so as well: a.a.a.. of 20,000 parts ends the
// program. Where such a key stands; nothing when there is none. Quoted text and comments are passed over.
std::optional<Place> deepest_key(std::string_view text) {
  constexpr int most_parts = 64;
  Place at{1, 1};
  int dots = 0;
  char quote = 0;
  char before = '.';
  for (const char c : text) {
    if (c == '\n') {
      ++at.line;
      at.column = 0;
    }
    ++at.column;
    if (c == '\n' || c == quote) quote = 0;
    else if (quote != 0) continue;
    else if (c == '"' || c == '\'' || c == '#') quote = c == '#' ? '\n' : c;
    else if (c == '.' && before != '.' && ++dots >= most_parts) return at;
    else if (c == '=' || c == ']' || c == ',' || c == '{') dots = 0;
    if (c == '\n') dots = 0;
    before = c;
  }
  return std::nullopt;
}

// The first header without a name: "[[[a]]]", "[=]". For the place of what toml++ could not say.
Place nameless_header(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  constexpr std::string_view begins_name = "]\"'_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned line = 1;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    const auto bracket = one.find_first_not_of(blank);
    if (bracket != one.npos && one[bracket] == '[') {
      const auto second = one.find_first_not_of(blank, bracket + 1);
      const auto name = second != one.npos && one[second] == '[' ? one.find_first_not_of(blank, second + 1) : second;
      if (name != one.npos && begins_name.find(one[name]) == begins_name.npos)
        return {line, static_cast<unsigned>(name + 1)};
    }
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    ++line;
  }
  return {1, 1};
}

}  // namespace

void parse(State& state, std::string_view text) {
  if (const std::string_view is = other_encoding(text); !is.empty()) {
    state.broken = true;
    state.complaints.push_back(
        {state.file, {1, 1}, "is written in " + std::string(is) + "; save it again as UTF-8 (plain text)", false});
    return;
  }
  if (const auto place = deepest_key(text)) {
    state.broken = true;
    state.complaints.push_back(
        {state.file, *place, "a key has more parts than any file of Greenroom; is this the right file?", false});
    return;
  }
  const auto read = [text]() -> std::optional<toml::parse_result> {
    try {
      return toml::parse(text);
    } catch (const TomlAssertion&) { return std::nullopt; }
  }();
  if (!read) {
    state.broken = true;
    state.complaints.push_back(
        {state.file, nameless_header(text), "not valid TOML: a table is [name], and one of a list [[name]]", false});
    return;
  }
  const toml::parse_result& result = *read;
  if (!result) {
    const toml::parse_error& e = result.error();
    state.broken = true;
    state.complaints.push_back({state.file, place_of(e.source()), "not valid TOML: " + std::string(e.description()), false});
    return;
  }
  state.root = convert(result.table(), "");
}

}  // namespace greenroom::detail
