// Tables and words for a terminal: aligned, without colour, nothing cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greenroom::cli {

// Columns as wide as their widest cell, two blanks between them; the last one is free text. A column whose every cell is
// empty is left out.
class Table {
 public:
  explicit Table(std::vector<std::string> heads);
  void right(std::size_t column);  // numbers
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> heads_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// "45 s", "3 min", "2 h 05 min", "3 d 4 h"; "-" before it when negative.
std::string duration_words(std::int64_t seconds);
// Text that came from outside, made safe for a terminal: control characters become blanks.
std::string plain(std::string_view text);
// "charge_gate" -> "charge gate".
std::string spaced(std::string_view word);
// Columns that a text takes, where each UTF-8 character takes one.
std::size_t width_of(std::string_view text);

}  // namespace greenroom::cli
