// A strict reader of TOML files. It collects every error of a file, each with its place, and throws nothing:
//
//   Document doc = Document::from_file("room.toml");
//   for (Table t : doc.root().tables("circuit")) {
//     circuit.name = t.text("name");                                    // required
//     circuit.rating = t.amps("rating_A", {0.1, 6300});                 // required, in this range
//     circuit.standard = t.choice("standard", kStandards, Standard::nec);   // optional: has a fallback
//   }
//   for (const Complaint& c : doc.complaints()) std::cerr << to_string(c) << '\n';
//
// A key is known because some getter asked for it; complaints() reports all others, with the nearest known key. A
// getter that finds nothing usable complains and returns its fallback, or T{} when it has none: read on, then ask ok().
// Units stand in the key: rating_A, usb_feed_W, supervise_s, lag_ms. Callers: config/*.cpp, hw/pdu/dialect.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

// Line and column from 1, as editors count; line 0 is the file as a whole.
struct Place {
  std::uint32_t line{};
  std::uint32_t column{};
  auto operator<=>(const Place&) const = default;
};

struct Complaint {
  std::string file;
  Place place;
  std::string message;
  bool warning{};  // worth reading, stops nothing
};
std::string to_string(const Complaint&);  // room.toml:14:9: unknown key ...

template <class T>
struct Placed {
  T value{};
  Place place;
};

struct Range {
  double low{std::numeric_limits<double>::lowest()};
  double high{std::numeric_limits<double>::max()};
};

template <class E>
using Choices = std::vector<std::pair<std::string_view, E>>;

// The nearest of `known` by edit distance, if it is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view wrong, const std::vector<std::string>& known);
// For messages: in double quotes, control characters escaped, long text cut.
std::string quoted(std::string_view);

namespace detail {
struct Node;
struct State;
}  // namespace detail

// A view of one table of a Document; cheap to copy, valid while any copy of it or its Document lives.
class Table {
 public:
  [[nodiscard]] bool has(std::string_view key) const;   // also makes the key known
  [[nodiscard]] std::vector<std::string> keys() const;  // in the order of the file; for tables of free names

  // Required without a fallback. Text is never empty unless the fallback is.
  std::string text(std::string_view key, std::optional<std::string> fallback = {}) const;
  std::int64_t integer(std::string_view key, Range = {}, std::optional<std::int64_t> fallback = {}) const;
  double number(std::string_view key, Range = {}, std::optional<double> fallback = {}) const;
  bool flag(std::string_view key, std::optional<bool> fallback = {}) const;
  Amps amps(std::string_view key, Range = {0, 10000}, std::optional<Amps> fallback = {}) const;    // key_A
  Volts volts(std::string_view key, Range = {0, 1000}, std::optional<Volts> fallback = {}) const;  // key_V
  Watts watts(std::string_view key, Range = {0, 1e6}, std::optional<Watts> fallback = {}) const;   // key_W
  // By suffix: key_us, key_ms, key_s, key_min, key_h; the range is in that unit.
  Duration duration(std::string_view key, Range = {0, 1e9}, std::optional<Duration> fallback = {}) const;
  template <class E>
  E choice(std::string_view key, const Choices<E>& choices, std::optional<E> fallback = {}) const {
    std::vector<std::string> names;
    for (const auto& c : choices) names.emplace_back(c.first);
    const std::optional<std::size_t> at = choose(key, names, fallback.has_value());
    return at ? choices[*at].second : fallback.value_or(E{});
  }

  // Arrays; absent: empty. A single value is not taken for an array of one.
  [[nodiscard]] std::vector<Placed<std::string>> texts(std::string_view key) const;
  [[nodiscard]] std::vector<Placed<std::int64_t>> integers(std::string_view key, Range = {}) const;
  [[nodiscard]] std::vector<Table> tables(std::string_view key) const;   // [[key]]
  [[nodiscard]] std::optional<Table> table(std::string_view key) const;  // [key] or key = {...}

  // Somebody may write `wrong` for `right`, too far off for the edit distance to see.
  void hint(std::string_view wrong, std::string_view right) const;

  [[nodiscard]] Place place() const;                               // of the table's header
  [[nodiscard]] Place place(std::string_view key) const;           // of the key's value; the table's if it is absent
  [[nodiscard]] const std::string& label() const;                  // "[[circuit]]", as messages name it
  void complain(std::string message) const;                        // at the table
  void complain(std::string_view key, std::string message) const;  // at the key's value

 private:
  friend class Document;
  Table(std::shared_ptr<detail::State> s, const detail::Node* n) : state_(std::move(s)), node_(n) {}
  const detail::Node* find(std::string_view key, bool required) const;
  std::optional<std::size_t> choose(std::string_view key, const std::vector<std::string>& names, bool optional) const;
  std::optional<double> ranged(std::string_view key, Range, bool required) const;
  bool inside(std::string_view key, double value, Range) const;
  void wrong_type(const detail::Node&, std::string_view key, std::string_view wanted) const;

  std::shared_ptr<detail::State> state_;
  const detail::Node* node_;
};

class Document {
 public:
  static Document from_file(const std::string& path);
  static Document from_text(std::string_view text, std::string file);  // `file` only names it in messages

  [[nodiscard]] Table root() const;
  [[nodiscard]] const std::string& file() const;
  // From outside, at any place that a Table gave: what only shows when several values are compared. After a file that
  // cannot be read or parsed, only that is reported and these are dropped.
  void complain(Place, std::string message) const;
  void warn(Place, std::string message) const;

  [[nodiscard]] std::vector<Complaint> complaints() const;  // all, in the order of places; ask it last
  [[nodiscard]] bool ok() const;                            // no error, no unknown key; warnings allowed

 private:
  friend class Table;
  explicit Document(std::shared_ptr<detail::State> s) : state_(std::move(s)) {}
  std::shared_ptr<detail::State> state_;
};

}  // namespace greenroom
