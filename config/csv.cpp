#include "config/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace greenroom {
namespace {

constexpr std::size_t kMostComplaints = 20;  // a file of another kind would fill the screen
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Column {
  std::string_view name;  // as asset teams write it
  std::string ExpectedRow::*field;
};
constexpr std::array<Column, 7> kColumns{{{"Asset Tag", &ExpectedRow::asset_tag},
                                          {"Serial", &ExpectedRow::serial},
                                          {"Model", &ExpectedRow::model},
                                          {"Model No.", &ExpectedRow::model_number},
                                          {"Status", &ExpectedRow::status},
                                          {"Location", &ExpectedRow::location},
                                          {"Notes", &ExpectedRow::notes}}};

struct Record {
  std::vector<std::string> cells;
  std::uint32_t line{};    // where it begins
  std::uint64_t number{};  // as a spreadsheet counts rows, empty ones too; the first is 1
};

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = s.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kSpace) - first + 1);
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string from_utf16(std::string_view bytes, bool big) {
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return big ? static_cast<std::uint32_t>(a << 8 | b) : static_cast<std::uint32_t>(b << 8 | a);
  };
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const std::uint32_t high = unit(i);
    const bool pair =
        high >= 0xD800 && high < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000;
    if (pair) {
      append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (unit(i + 2) - 0xDC00));
      i += 2;
    } else if (high >= 0xD800 && high < 0xE000) {
      out += kReplacement;
    } else {
      append_utf8(out, high);
    }
  }
  return out;
}

// Without a byte order mark UTF-16 still shows: a header in Latin letters has a zero in every second byte.
std::string to_utf8(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE")) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with("\xFE\xFF")) return from_utf16(bytes.substr(2), true);
  const bool long_enough = bytes.size() >= 4;
  if (long_enough && bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0) return from_utf16(bytes, false);
  if (long_enough && bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0 && bytes[3] != 0) return from_utf16(bytes, true);
  return std::string(bytes);
}

// The first byte that is no UTF-8; npos when all is. Excel's plain "CSV" is Windows-1252: an e with an accent is one byte
// there, and nothing in the bytes tells which of the many one-byte tables was meant.
std::size_t not_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t more = c < 0x80                ? 0
                             : c >= 0xC2 && c < 0xE0 ? 1
                             : c >= 0xE0 && c < 0xF0 ? 2
                             : c >= 0xF0 && c < 0xF5 ? 3
                                                     : 4;
    if (more == 4 || i + more >= s.size()) return i;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0U) != 0x80U) return i;
    }
    i += more + 1;
  }
  return std::string_view::npos;
}

// "sep=;" on the first line, as Excel writes and reads it: the separator, and no row.
std::optional<char> told_separator(std::string_view text) {
  if (text.size() < 5 || lower(text.substr(0, 4)) != "sep=") return {};
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const char sign = text[4];
  const bool known = sign == ',' || sign == ';' || sign == '\t';
  return known && trim(text.substr(5, end - 5)).empty() ? std::optional(sign) : std::nullopt;
}

// The sign that parts most columns of the header; quoted text does not count.
char separator_of(std::string_view text) {
  constexpr std::string_view kSigns = ",;\t";
  std::array<int, 3> seen{};
  bool quoted_text = false;
  for (const char c : text) {
    if (c == '"') quoted_text = !quoted_text;
    if (!quoted_text && (c == '\n' || c == '\r')) break;
    const std::size_t at = quoted_text ? std::string_view::npos : kSigns.find(c);
    if (at != std::string_view::npos) ++seen[at];
  }
  return kSigns[static_cast<std::size_t>(std::max_element(seen.begin(), seen.end()) - seen.begin())];
}

class Parser {
 public:
  Parser(std::string_view text, std::string file) : text_(text), file_(std::move(file)), separator_(separator_of(text)) {
    const std::optional<char> told = told_separator(text);
    if (!told) return;
    separator_ = *told;
    at_ = std::min(text.find('\n'), text.size() - 1) + 1;
    line_ = 2;
    first_ = 2;
  }

  // Quotes as in RFC 4180: "" inside quotes is one; a newline inside quotes belongs to the cell.
  std::vector<Record> run() {
    std::vector<Record> out;
    for (std::uint64_t number = first_; at_ < text_.size(); ++number) {
      Record r{{}, line_, number};
      while (cell(r)) {}
      const bool empty = std::all_of(r.cells.begin(), r.cells.end(), [](const std::string& c) { return trim(c).empty(); });
      if (!empty) out.push_back(std::move(r));
    }
    return out;
  }
  std::vector<Complaint> complaints;

 private:
  void complain(std::uint32_t line, std::string message) {
    complaints.push_back({file_, {line, 1}, std::move(message), false});
  }

  // One cell and the sign after it; false at the end of the record.
  bool cell(Record& r) {
    std::string& c = r.cells.emplace_back();
    if (at_ < text_.size() && text_[at_] == '"') inside_quotes(c);
    const std::size_t end = std::min(text_.find_first_of(ends(), at_), text_.size());
    c.append(text_.substr(at_, end - at_));
    at_ = end;
    if (at_ == text_.size()) return false;
    if (text_[at_++] == separator_) return true;
    if (text_[at_ - 1] == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
    return false;
  }

  void inside_quotes(std::string& c) {
    const std::uint32_t opened = line_;
    ++at_;
    while (true) {
      const std::size_t quote = text_.find('"', at_);
      const std::size_t end = std::min(quote, text_.size());
      line_ += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                     text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      c.append(text_.substr(at_, end - at_));
      at_ = end;
      if (quote == std::string_view::npos) return complain(opened, "a quote is opened here and never closed");
      ++at_;
      if (at_ >= text_.size() || text_[at_] != '"') return;
      c += '"';
      ++at_;
    }
  }

  [[nodiscard]] const char* ends() const { return separator_ == ',' ? ",\r\n" : (separator_ == ';' ? ";\r\n" : "\t\r\n"); }

  std::string_view text_;
  std::string file_;
  char separator_;
  std::size_t at_{};
  std::uint32_t line_{1};
  std::uint64_t first_{1};  // the header's row
};

// A spreadsheet would run these: what begins with = or @, and after a sign a call, a reference (A1) or a sum (2+3). A lone
// dash, "-5", a telephone number and "- none -" are data.
bool is_formula(std::string_view cell) {
  const std::string_view c = trim(cell);
  if (c.size() < 2) return false;
  if (c[0] == '=' || c[0] == '@') return true;
  if (c[0] != '+' && c[0] != '-') return false;
  if (c.find_first_of("(!|*=") != std::string_view::npos) return true;
  const bool spaced = c.find(' ') != std::string_view::npos;
  const bool letters_then_number =
      std::isalpha(static_cast<unsigned char>(c[1])) != 0 && c.find_first_of("0123456789") != std::string_view::npos;
  const bool sum =
      std::isdigit(static_cast<unsigned char>(c[1])) != 0 && c.find_first_of("+-/", 1) != std::string_view::npos;
  return !spaced && (letters_then_number || sum);
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  BatchFile run(std::string_view bytes) {
    const std::string text = to_utf8(bytes);
    if (const std::size_t zero = text.find('\0'); zero != std::string::npos) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
      error(static_cast<std::uint32_t>(line), "holds a NUL byte: this is no text file; export the list again as CSV");
      return finish();
    }
    if (const std::size_t odd = not_utf8(text); odd != std::string::npos) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(odd), '\n');
      error(static_cast<std::uint32_t>(line),
            fmt::format("the byte {:02X} is no UTF-8: the list seems to be in Windows-1252 (Latin-1), as Excel's plain "
                        "\"CSV\" is; save it as \"CSV UTF-8\", or as \"Unicode text\"",
                        static_cast<unsigned char>(text[odd])));
      return finish();
    }
    Parser parser(text, file_);
    const std::vector<Record> records = parser.run();
    out_.complaints = std::move(parser.complaints);
    if (!out_.complaints.empty()) return finish();
    if (records.empty())
      error(0, "is empty: a list begins with the line Asset Tag, Serial, Model, Model No., Status, Location, Notes");
    else if (header(records[0])) rows(records);
    return finish();
  }

 private:
  void error(std::uint32_t line, std::string message) {
    if (++errors_ == kMostComplaints + 1) message = "there are more errors, not listed";
    if (errors_ <= kMostComplaints + 1)
      out_.complaints.push_back({file_, {line, line > 0 ? 1U : 0U}, std::move(message), false});
  }

  bool header(const Record& r) {
    width_ = r.cells.size();
    for (const Column& c : kColumns) {
      std::vector<std::size_t> found;
      for (std::size_t i = 0; i < width_; ++i) {
        if (lower(trim(r.cells[i])) == lower(c.name)) found.push_back(i);
      }
      if (found.empty()) missing_.emplace_back(c.name);
      if (found.size() > 1) error(r.line, fmt::format("the column {} stands twice in the header", quoted(c.name)));
      at_.push_back(found.empty() ? 0 : found[0]);
    }
    if (!missing_.empty()) {
      std::vector<std::string> names;
      for (const std::string& n : r.cells) names.push_back(quoted(trim(n)));
      error(r.line, fmt::format("the header lacks {} {}; it has {}{}", missing_.size() > 1 ? "the columns" : "the column",
                                fmt::join(missing_, ", "), fmt::join(names, ", "), misspelt(r)));
    }
    if (errors_ > 0) return false;
    for (std::size_t i = 0; i < width_; ++i) {
      const bool used = std::find(at_.begin(), at_.end(), i) != at_.end();
      if (!used)
        out_.complaints.push_back(
            {file_, {r.line, 1}, fmt::format("the column {} is not used", quoted(trim(r.cells[i]))), true});
    }
    return true;
  }

  // A column that is not known, near to one that is missing.
  [[nodiscard]] std::string misspelt(const Record& r) const {
    std::string out;
    for (const std::string& cell : r.cells) {
      const bool known =
          std::any_of(kColumns.begin(), kColumns.end(), [&](const Column& c) { return lower(c.name) == lower(trim(cell)); });
      const auto guess = known ? std::nullopt : nearest(trim(cell), missing_);
      if (guess) out += fmt::format("; did you mean {} by {}?", quoted(*guess), quoted(trim(cell)));
    }
    return out;
  }

  void rows(const std::vector<Record>& records) {
    out_.rows.reserve(records.size());
    for (std::size_t i = 1; i < records.size(); ++i) {
      const Record& r = records[i];
      if (r.cells.size() != width_) {
        error(r.line, fmt::format("row {} has {} cells, the header has {}: is a sign of the text taken for a separator?",
                                  r.number, r.cells.size(), width_));
        continue;
      }
      ExpectedRow row;
      row.row = r.number;
      for (std::size_t c = 0; c < kColumns.size(); ++c) {
        const std::string& cell = r.cells[at_[c]];
        if (is_formula(cell)) {
          error(r.line, fmt::format("row {}, column {}: {} is a formula, not a value; export the list with values only",
                                    r.number, quoted(kColumns[c].name), quoted(trim(cell))));
        }
        row.*kColumns[c].field = std::string(trim(cell));
      }
      out_.rows.push_back(std::move(row));
    }
    if (records.size() == 1) error(records[0].line, "has a header and no row");
  }

  BatchFile finish() {
    const bool bad =
        std::any_of(out_.complaints.begin(), out_.complaints.end(), [](const Complaint& c) { return !c.warning; });
    if (bad) out_.rows.clear();
    return std::move(out_);
  }

  std::string file_;
  BatchFile out_;
  std::size_t errors_{}, width_{};
  std::vector<std::string> missing_;
  std::vector<std::size_t> at_;  // the column of each of kColumns
};

}  // namespace

BatchFile read_batch(std::string_view bytes, const std::string& file) { return Reader(file).run(bytes); }

}  // namespace greenroom
