// What the readers of all kinds of dialect files share. Callers: hw/pdu/*_dialect.cpp alone.
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

// [dialect] [outlets] [[bank]] [line] [switching] [meter] [boot]
void read_facts(const Table& root, DialectFacts&);

// [[evidence]]: every fact that a decision rests on names who says so. `needed` are the facts of this file.
void read_evidence(Document&, const Table& root, const std::vector<std::string>& needed, DialectFacts&);

CliDialect read_cli_dialect(Document&);
ModbusDialect read_modbus_dialect(Document&);

}  // namespace greenroom
