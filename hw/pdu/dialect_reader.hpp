// What the readers of all kinds of dialect files share. Callers: dialect.cpp, which asks the reader of a file's
// kind, and those readers, cli_dialect.cpp and modbus_loader.cpp, which ask for what all files say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/reader.hpp"
#include "hw/pdu/dialect.hpp"

namespace greenroom {

// A table that must stand; an empty result is reported.
std::optional<Table> dialect_section(const Table& in, std::string_view key);

// A text that people are shown: without a control character, which a terminal would obey.
std::string shown(const Table& t, std::string_view key, std::optional<std::string> fallback = {});
bool has_control(std::string_view text);

// [dialect] [outlets] [[bank]] [line] [switching] [meter] [boot]. `switches`: the file is of a device with outlets.
void read_facts(Document&, const Table& root, bool switches, DialectFacts&);

// [[evidence]]: every fact that a decision rests on names who says so. `needed` are the facts of this file.
void read_evidence(Document&, const Table& root, const std::vector<std::string>& needed, DialectFacts&);

CliDialect read_cli_dialect(Document&);
ModbusDialect read_modbus_dialect(Document&);

}  // namespace greenroom
