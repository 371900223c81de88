#include "controller/cli/screen.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::cli {

Table::Table(std::vector<std::string> heads) : heads_(std::move(heads)), right_(heads_.size(), false) {}

void Table::right(std::size_t column) { right_[column] = true; }

void Table::add(std::vector<std::string> cells) {
  cells.resize(heads_.size());
  for (std::string& cell : cells) cell = plain(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(heads_.size(), 0);
  std::vector<bool> used(heads_.size(), false);
  for (std::size_t c = 0; c < heads_.size(); ++c) {
    widths[c] = width_of(heads_[c]);
    for (const auto& row : rows_) {
      widths[c] = std::max(widths[c], width_of(row[c]));
      used[c] = used[c] || !row[c].empty();
    }
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string one;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (!used[c]) continue;
      const std::string blanks(widths[c] - width_of(cells[c]), ' ');
      one += (one.empty() ? "" : "  ") + (right_[c] ? blanks + cells[c] : cells[c] + blanks);
    }
    one.erase(one.find_last_not_of(' ') + 1);
    text += one + "\n";
  };
  line(heads_);
  for (const auto& row : rows_) line(row);
  return text;
}

std::string duration_words(std::int64_t seconds) {
  if (seconds < 0) return "-" + duration_words(-seconds);
  const std::int64_t minutes = seconds / 60, hours = minutes / 60;
  if (minutes == 0) return fmt::format("{} s", seconds);
  if (hours == 0) return fmt::format("{} min", minutes);
  if (hours < 48) return fmt::format("{} h {:02} min", hours, minutes % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string plain(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  // U+0080 to U+009F are control characters as well: C2 80 to C2 9F.
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    const auto next = static_cast<unsigned char>(out[i + 1]);
    if (out[i] == '\xc2' && next >= 0x80 && next < 0xa0) out.replace(i, 2, "  ");
  }
  return out;
}

std::string spaced(std::string_view word) {
  std::string out(word);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace greenroom::cli
