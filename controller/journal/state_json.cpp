#include "controller/journal/state_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "controller/journal/fact_json.hpp"

// A member that is forgotten does not compile: records name theirs by GREENROOM_MEMBERS, the three containers above them
// (RoomState, PowerState, VisitState) are taken apart by structured bindings in `walk`, and both writing and reading go
// through that one walk. What it leaves out is made anew from the rest (index_visits); a test compares the two.
namespace greenroom {
namespace {

template <class T>
concept Record = requires(T& x) {
  T::members(x);
};
template <class T>
concept Body = requires {
  T::type, T::version;
};  // of a fact

// The last value of each enumeration that stands in a record.
constexpr Sensed last_of(Sensed) { return Sensed::unknown; }
constexpr StepState last_of(StepState) { return StepState::done; }
constexpr WaitKind last_of(WaitKind) { return WaitKind::usb_host; }
constexpr MacMode last_of(MacMode) { return MacMode::t2_booted; }

// ---- values --------------------------------------------------------------------------------------------------------
// Text without a tree between: a room's day is some 250,000 values, and a tree of them would be most of a start's time.

void put(std::string& to, const std::string& x) {
  const auto plain = [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; };
  if (std::all_of(x.begin(), x.end(), plain)) {
    ((to += '"') += x) += '"';
  } else {  // labels are typed by people and scanners: as in the journal, a byte that is no UTF-8 is replaced
    to += nlohmann::json(x).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}
void put(std::string& to, bool x) { to += x ? "true" : "false"; }
template <class T>
requires std::is_integral_v<T>
void put(std::string& to, T x) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
  to.append(digits.data(), end);
}
template <class T>
requires std::is_enum_v<T>
void put(std::string& to, T x) { put(to, static_cast<int>(x)); }
void put(std::string& to, Duration x) { put(to, x.count()); }
void put(std::string& to, TimePoint x) { put(to, x.time_since_epoch()); }
void put(std::string& to, WallTime x) { put(to, x.time_since_epoch()); }
template <class Tag>
void put(std::string& to, Quantity<Tag> x) {
  put(to, x.milli);
}
template <class Tag>
void put(std::string& to, Id<Tag> x) {
  put(to, x.value);
}
template <class T>
void put(std::string& to, const std::optional<T>& x);
template <Body T>
void put(std::string& to, const T& x);
template <Record T>
void put(std::string& to, const T& x);
template <class... T>
void put_row(std::string& to, const T&... values) {
  char before = '[';
  ((to += std::exchange(before, ','), put(to, values)), ...);
  to += ']';
}
template <class T>
void put(std::string& to, const std::optional<T>& x) {
  if (x) put(to, *x);
  else to += "null";
}
template <Body T>
void put(std::string& to, const T& x) {
  char before = '[';
  T::fields([&](const char*, const auto& value) { to += std::exchange(before, ','), put(to, value); }, x);
  to += ']';
}
template <Record T>
void put(std::string& to, const T& x) {
  std::apply([&to](const auto&... values) { put_row(to, values...); }, T::members(x));
}

// One line, value by value; exactly what `put` writes. False when the text is anything else; then `x` may be half read.
struct Cursor {
  std::string_view rest;

  bool take(std::string_view word) {
    if (!rest.starts_with(word)) return false;
    rest.remove_prefix(word.size());
    return true;
  }
  bool read(std::string& x) {
    if (!rest.starts_with('"')) return false;
    std::size_t end = rest.find_first_of("\"\\", 1);
    const bool plain = end != std::string_view::npos && rest[end] == '"';
    while (end != std::string_view::npos && rest[end] == '\\') end = rest.find_first_of("\"\\", end + 2);
    if (end == std::string_view::npos) return false;
    const std::string_view quoted = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    if (plain) return x = quoted.substr(1, quoted.size() - 2), true;
    const auto j = nlohmann::json::parse(quoted, nullptr, /*allow_exceptions=*/false);
    if (j.is_string()) x = j.get_ref<const std::string&>();
    return j.is_string();
  }
  bool read(bool& x) { return (x = take("true")) || take("false"); }
  template <class T>
  requires std::is_integral_v<T>
  bool read(T& x) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), x);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return error == std::errc{};
  }
  template <class T>
  requires std::is_enum_v<T>
  bool read(T& x) {
    unsigned value{};
    if (!read(value) || value > static_cast<unsigned>(last_of(x))) return false;
    x = static_cast<T>(value);
    return true;
  }
  bool read(Duration& x) {
    std::int64_t value{};
    if (!read(value)) return false;
    x = Duration{value};
    return true;
  }
  template <class C>
  bool read(std::chrono::time_point<C, Duration>& x) {
    Duration since{};
    if (!read(since)) return false;
    x = std::chrono::time_point<C, Duration>{since};
    return true;
  }
  template <class Tag>
  bool read(Quantity<Tag>& x) {
    return read(x.milli);
  }
  template <class Tag>
  bool read(Id<Tag>& x) {
    return read(x.value);
  }
  template <class T>
  bool read(std::optional<T>& x) {
    x.reset();
    return take("null") || read(x.emplace());
  }
  template <class... T>
  bool row(T&... values) {
    std::string_view before = "[";
    return ((take(std::exchange(before, ",")) && read(values)) && ...) && take("]");
  }
  template <Body T>
  bool read(T& x) {
    std::string_view before = "[";
    bool good = true;
    T::fields([&](const char*, auto& value) { good = good && take(std::exchange(before, ",")) && read(value); }, x);
    return good && take("]");
  }
  template <Record T>
  bool read(T& x) {
    return std::apply([this](auto&... values) { return this->row(values...); }, T::members(x));
  }
};

// ---- tables --------------------------------------------------------------------------------------------------------

template <class T>
constexpr std::string_view columns_of() {
  if constexpr (Record<T>) return T::member_names;
  else return "value";
}

class Writer {
 public:
  template <class T>
  void one(const char* name, const T& row) {
    head(name, columns_of<T>(), 1);
    line(row);
  }
  template <class T>
  void many(const char* name, const std::vector<T>& rows) {
    head(name, columns_of<T>(), rows.size());
    for (const T& row : rows) line(row);
  }
  template <class T, class Less>
  void many(const char* name, const std::map<std::string, T, Less>& rows) {
    head(name, columns_of<T>(), rows.size());
    for (const auto& [key, value] : rows) put_row(text_, key, value), text_ += '\n';
  }
  void many(const char* name, const Facts& rows) {
    head(name, "fact", rows.size());
    for (const Fact& row : rows) text_ += to_json_line(row) + '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  void head(const char* name, std::string_view columns, std::size_t rows) {
    put_row(text_, std::string(name), std::string(columns), rows);
    text_ += '\n';
  }
  template <class T>
  void line(const T& row) {
    put(text_, row);
    text_ += '\n';
  }

  std::string text_;
};

// Reads what Writer wrote, in the same walk. After the first trouble nothing more is read.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  template <class T>
  void one(const char* name, T& row) {
    if (head(name, columns_of<T>()) != 1) return complain("not one row");
    row_of(row);
  }
  template <class T>
  void many(const char* name, std::vector<T>& rows) {
    for (auto left = head(name, columns_of<T>()); left > 0 && good(); --left) row_of(rows.emplace_back());
  }
  template <class T, class Less>
  void many(const char* name, std::map<std::string, T, Less>& rows) {
    for (auto left = head(name, columns_of<T>()); left > 0 && good(); --left) {
      Cursor cursor{next()};
      std::string key;
      T value{};
      if (!cursor.row(key, value) || !cursor.rest.empty()) return complain(wrong_value);
      rows.insert_or_assign(rows.end(), std::move(key), std::move(value));
    }
  }
  void many(const char* name, Facts& rows) {
    for (auto left = head(name, "fact"); left > 0 && good(); --left) {
      auto fact = fact_from_json(next());
      if (!fact) return complain(fact.error().message);
      rows.push_back(std::move(*fact));
    }
  }
  [[nodiscard]] bool good() const { return trouble_.empty(); }
  [[nodiscard]] std::string trouble() const {
    if (!good()) return "line " + std::to_string(line_) + ": " + trouble_;
    return rest_.empty() ? "" : "more text after its end";
  }

 private:
  void complain(std::string what) {
    if (good()) trouble_ = std::move(what);
  }
  std::string_view next() {
    ++line_;
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    if (line.empty()) complain("the text ends here");
    return line;
  }
  // How many rows follow.
  std::uint64_t head(const char* name, std::string_view columns) {
    if (!good()) return 0;
    Cursor cursor{next()};
    std::string said_name, said_columns;
    std::uint64_t rows{};
    const bool whole = cursor.row(said_name, said_columns, rows) && cursor.rest.empty();
    if (whole && said_name == name && said_columns == columns) return rows;
    complain(std::string("not the table \"") + name + "\" with the columns of this program");
    return 0;
  }
  template <class T>
  void row_of(T& row) {
    if (!good()) return;
    Cursor cursor{next()};
    if (!cursor.read(row) || !cursor.rest.empty()) complain(wrong_value);
  }

  static constexpr const char* wrong_value = "a value of another type or range";

  std::string_view rest_;
  std::size_t line_{};
  std::string trouble_;
};

template <class Io, class Folded>
void walk(Io& io, Folded& folded) {
  auto& [state, open_facts] = folded;
  auto& [power, visit_state, next_effect, last_seq, lifetime] = state;
  auto& [outlets, pdus, circuits] = power;
  auto& [batches, expected, visits, next_visit, open, slots, cases, open_effects, offers, commands, forget_at, denied, tried,
         slot_names, outlet_slots, serials, asset_tags, rows, open_cases] = visit_state;
  io.one("next_effect", next_effect);
  io.one("last_seq", last_seq);
  io.one("lifetime", lifetime);
  io.many("outlets", outlets);
  io.many("pdus", pdus);
  io.many("circuits", circuits);
  io.many("batches", batches);
  io.many("expected", expected);
  io.many("visits", visits);
  io.one("next_visit", next_visit);
  io.many("slots", slots);
  io.many("cases", cases);
  io.many("open_effects", open_effects);
  io.many("offers", offers);
  io.many("commands", commands);
  io.one("forget_at", forget_at);
  io.many("denied", denied);
  io.many("tried", tried);
  io.many("open_facts", open_facts);
}

// ---- what the values point at ----------------------------------------------------------------------------------------

template <class Index, class Rows>
bool within(const std::optional<Index>& i, const Rows& rows) {
  if constexpr (std::is_integral_v<Index>) return !i || *i < rows.size();
  else return !i || i->value < rows.size();
}

bool points_within(const VisitState& s, const RoomSetup& setup) {
  const Catalogue& c = setup.catalogue;
  const auto row_good = [&](const ExpectedMac& e) {
    return e.batch < s.batches.size() && within(e.model, c.models) && within(e.recipe, c.recipes);
  };
  const auto visit_good = [&](const Visit& v) {
    return v.id != 0 && v.id < s.next_visit && v.expected < s.expected.size() && v.model < c.models.size() &&
           v.recipe < c.recipes.size() && v.step < c.recipes[v.recipe].steps.size() && within(v.slot, setup.room.slots);
  };
  const auto case_good = [&](const Case& k) {
    return k.number == static_cast<std::uint64_t>(&k - s.cases.data()) + 1 && within(k.expected, s.expected);
  };
  const auto not_before = [](const Visit& a, const Visit& b) { return a.id >= b.id; };
  return std::adjacent_find(s.visits.begin(), s.visits.end(), not_before) == s.visits.end() &&
         s.slots.size() == setup.room.slots.size() && std::all_of(s.expected.begin(), s.expected.end(), row_good) &&
         std::all_of(s.visits.begin(), s.visits.end(), visit_good) &&
         std::all_of(s.cases.begin(), s.cases.end(), case_good) &&
         std::all_of(s.offers.begin(), s.offers.end(), [&](const Offer& o) { return within(o.slot, setup.room.slots); });
}

bool points_within(const PowerState& s, const Room& room) {
  return s.outlets.size() == room.outlets.size() && s.pdus.size() == room.pdus.size() &&
         s.circuits.size() == room.circuits.size();
}

}  // namespace

std::string to_json(const FoldedState& folded) {
  Writer writer;
  walk(writer, folded);
  return writer.take();
}

Result<FoldedState> state_from_json(std::string_view text, const RoomSetup& setup) {
  FoldedState folded;
  Reader reader(text);
  walk(reader, folded);
  std::string trouble = reader.trouble();
  if (trouble.empty() && !(points_within(folded.state.power, setup.room) && points_within(folded.state.visits, setup)))
    trouble = "it points at places that this room has not";
  if (!trouble.empty()) return fail(Errc::storage, "snapshot: " + trouble);
  index_visits(folded.state.visits, setup.room);
  return folded;
}

}  // namespace greenroom
