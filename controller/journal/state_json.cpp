#include "controller/journal/state_json.hpp"

#include <algorithm>
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

using nlohmann::json;

template <class T>
concept Record = requires(T& x) {
  T::members(x);
};
template <class T>
concept Body = requires {
  T::type, T::version;
};  // of a fact
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

// The last value of each enumeration that stands in a record.
constexpr Sensed last_of(Sensed) { return Sensed::unknown; }
constexpr StepState last_of(StepState) { return StepState::done; }
constexpr MacMode last_of(MacMode) { return MacMode::t2_booted; }

// ---- values --------------------------------------------------------------------------------------------------------

json cell(const std::string& x) { return x; }
json cell(Duration x) { return x.count(); }
json cell(TimePoint x) { return x.time_since_epoch().count(); }
json cell(WallTime x) { return x.time_since_epoch().count(); }
template <class Tag>
json cell(Quantity<Tag> x) {
  return x.milli;
}
template <class Tag>
json cell(Id<Tag> x) {
  return x.value;
}
template <class T>
requires std::is_arithmetic_v<T> json cell(T x) { return x; }
template <class T>
requires std::is_enum_v<T> json cell(T x) { return static_cast<int>(x); }
template <class T>
json cell(const std::optional<T>& x);
template <Body T>
json cell(const T& x);
template <Record T>
json cell(const T& x);
template <class T>
json cell(const std::pair<const std::string, T>& x) {
  return json::array({x.first, cell(x.second)});
}
template <class T>
json cell(const std::optional<T>& x) {
  return x ? cell(*x) : json();
}
template <Body T>
json cell(const T& x) {
  json row = json::array();
  T::fields([&row](const char*, const auto& value) { row.push_back(cell(value)); }, x);
  return row;
}
template <Record T>
json cell(const T& x) {
  json row = json::array();
  std::apply([&row](const auto&... value) { (row.push_back(cell(value)), ...); }, T::members(x));
  return row;
}

// False when the value is of another type, length or range; then `x` may be half read.
bool read(const json& j, std::string& x) {
  if (!j.is_string()) return false;
  x = j.get_ref<const std::string&>();
  return true;
}
bool read(const json& j, bool& x) {
  if (!j.is_boolean()) return false;
  x = j.get<bool>();
  return true;
}
template <class T>
requires std::is_integral_v<T>
bool read(const json& j, T& x) {
  if (!j.is_number_integer()) return false;
  if (j.is_number_unsigned() ? !std::in_range<T>(j.get<std::uint64_t>()) : !std::in_range<T>(j.get<std::int64_t>()))
    return false;
  x = j.get<T>();
  return true;
}
template <class T>
requires std::is_enum_v<T>
bool read(const json& j, T& x) {
  unsigned value{};
  if (!read(j, value) || value > static_cast<unsigned>(last_of(x))) return false;
  x = static_cast<T>(value);
  return true;
}
template <class T>
bool read_whole(const json& j, T& x) {  // what is one std::int64_t inside
  std::int64_t value{};
  if (!read(j, value)) return false;
  x = T{typename T::duration{value}};
  return true;
}
bool read(const json& j, TimePoint& x) { return read_whole(j, x); }
bool read(const json& j, WallTime& x) { return read_whole(j, x); }
bool read(const json& j, Duration& x) {
  std::int64_t value{};
  if (!read(j, value)) return false;
  x = Duration{value};
  return true;
}
template <class Tag>
bool read(const json& j, Quantity<Tag>& x) {
  return read(j, x.milli);
}
template <class Tag>
bool read(const json& j, Id<Tag>& x) {
  return read(j, x.value);
}
template <class T>
bool read(const json& j, std::optional<T>& x);
template <Body T>
bool read(const json& j, T& x);
template <Record T>
bool read(const json& j, T& x);
template <class T>
bool read(const json& j, std::pair<std::string, T>& x) {
  return j.is_array() && j.size() == 2 && read(j[0], x.first) && read(j[1], x.second);
}
template <class T>
bool read(const json& j, std::optional<T>& x) {
  if (j.is_null()) x.reset();
  return j.is_null() || read(j, x.emplace());
}
template <Body T>
bool read(const json& j, T& x) {
  std::size_t i = 0;
  bool good = j.is_array();
  T::fields([&](const char*, auto& value) { good = good && i < j.size() && read(j[i++], value); }, x);
  return good && i == j.size();
}
template <Record T>
bool read(const json& j, T& x) {
  constexpr std::size_t columns = std::tuple_size_v<decltype(T::members(x))>;
  if (!j.is_array() || j.size() != columns) return false;
  std::size_t i = 0;
  return std::apply([&](auto&... value) { return (read(j[i++], value) && ...); }, T::members(x));
}

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
    line(cell(row));
  }
  template <class T>
  void many(const char* name, const std::vector<T>& rows) {
    head(name, columns_of<T>(), rows.size());
    for (const T& row : rows) line(cell(row));
  }
  template <class T, class Less>
  void many(const char* name, const std::map<std::string, T, Less>& rows) {
    head(name, columns_of<T>(), rows.size());
    for (const auto& row : rows) line(cell(row));
  }
  void many(const char* name, const Facts& rows) {
    head(name, "fact", rows.size());
    for (const Fact& row : rows) text_ += to_json_line(row) + '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  void head(const char* name, std::string_view columns, std::size_t rows) { line(json::array({name, columns, rows})); }
  // Labels are typed by people and scanners: as in the journal, a byte that is no UTF-8 is replaced.
  void line(const json& j) { text_ += j.dump(-1, ' ', false, json::error_handler_t::replace) + '\n'; }

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
      std::pair<std::string, T> row;
      row_of(row);
      rows.insert_or_assign(rows.end(), std::move(row.first), std::move(row.second));
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
    const json j = json::parse(next(), nullptr, /*allow_exceptions=*/false);
    std::uint64_t rows{};
    if (j.is_array() && j.size() == 3 && j[0] == name && j[1] == columns && read(j[2], rows)) return rows;
    complain(std::string("not the table \"") + name + "\" with the columns of this program");
    return 0;
  }
  template <class T>
  void row_of(T& row) {
    if (!good()) return;
    const json j = json::parse(next(), nullptr, /*allow_exceptions=*/false);
    if (!read(j, row)) complain("a value of another type or range");
  }

  std::string_view rest_;
  std::size_t line_{};
  std::string trouble_;
};

template <class Io, class Folded>
void walk(Io& io, Folded& folded) {
  auto& [state, open_facts] = folded;
  auto& [power, visit_state, next_effect, last_seq, lifetime] = state;
  auto& [outlets, pdus, circuits] = power;
  auto& [batches, expected, visits, open, slots, cases, open_effects, offers, commands, denied, slot_names, outlet_slots,
         serials, asset_tags, rows, open_cases] = visit_state;
  io.one("next_effect", next_effect);
  io.one("last_seq", last_seq);
  io.one("lifetime", lifetime);
  io.many("outlets", outlets);
  io.many("pdus", pdus);
  io.many("circuits", circuits);
  io.many("batches", batches);
  io.many("expected", expected);
  io.many("visits", visits);
  io.many("slots", slots);
  io.many("cases", cases);
  io.many("open_effects", open_effects);
  io.many("offers", offers);
  io.many("commands", commands);
  io.many("denied", denied);
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
    return e.batch < s.batches.size() && within(e.model, c.models) && within(e.recipe, c.recipes) &&
           e.visit <= s.visits.size();
  };
  const auto visit_good = [&](const Visit& v) {
    return v.id == static_cast<VisitNumber>(&v - s.visits.data()) + 1 && v.expected < s.expected.size() &&
           v.model < c.models.size() && v.recipe < c.recipes.size() && v.step < c.recipes[v.recipe].steps.size() &&
           within(v.slot, setup.room.slots);
  };
  const auto case_good = [&](const Case& k) {
    return k.number == static_cast<std::uint64_t>(&k - s.cases.data()) + 1 && within(k.expected, s.expected);
  };
  return s.slots.size() == setup.room.slots.size() && std::all_of(s.expected.begin(), s.expected.end(), row_good) &&
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
  if (!trouble.empty()) return fail(Errc::storage, "snapshot: " + trouble + "; the whole journal has to be read instead");
  index_visits(folded.state.visits, setup.room);
  return folded;
}

}  // namespace greenroom
