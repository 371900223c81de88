// How one family of PDUs talks: a file of data (config/pdu/*.toml), read once, checked as a whole, never changed.
// Callers: main and simulate, which make drivers of it; the room check; the commands that list dialects.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "config/reader/reader.hpp"
#include "hw/pdu/cli_dialect.hpp"
#include "hw/pdu/modbus_dialect.hpp"

namespace greenroom {

using Dialect = std::variant<CliDialect, ModbusDialect>;

inline const DialectFacts& facts(const Dialect& d) {
  return std::visit([](const DialectFacts& f) -> const DialectFacts& { return f; }, d);
}
inline DialectFacts& facts(Dialect& d) {
  return std::visit([](DialectFacts& f) -> DialectFacts& { return f; }, d);
}

// The dialect, or everything that is wrong with the file, in the order of its lines.
using LoadedDialect = tl::expected<Dialect, std::vector<Complaint>>;
LoadedDialect load_dialect(const std::string& path);
LoadedDialect parse_dialect(std::string_view text, const std::string& file);  // `file` only names it in messages

}  // namespace greenroom
