// The commands of the room as people and programs write them: which fields each takes, and what they mean. The one table
// for the API, the command line and their help.
#pragma once

#include <span>
#include <string_view>

#include "controller/api/room_view.hpp"
#include "controller/domain/input.hpp"

namespace greenroom {

// Names and notes that people type; a serial number has at most 12 characters, a path or a sentence fits as well.
inline constexpr std::size_t longest_name = 200;
inline constexpr std::size_t longest_text = 4000;
// The room decides a list in one turn, and nothing else meanwhile: so many rows, all of them cases, take less than a second.
inline constexpr std::size_t most_rows = 10'000;
inline constexpr std::uint64_t largest_number = (1ULL << 53) - 1;  // what every JSON reader keeps exactly

struct FieldForm {
  std::string_view name;   // label | serial | text | number | rows
  std::string_view means;  // "the circuit's name"
  bool required{true};
};
struct CommandForm {
  CommandKind kind;
  std::string_view does;  // one line
  std::span<const FieldForm> fields;
};
std::span<const CommandForm> command_forms();
const CommandForm* command_form(std::string_view type);  // by to_string(kind); nothing when there is none

// From {"type":"lock_out","key":"..","by":"..","label":"left:7"}. Errc::usage says which field is wrong and how it should
// be. `key` makes a command safe to send again: the same key gives the same answer. `by` names the person or program.
Result<Command> command_from_json(std::string_view body);
// The same, written: what command_from_json reads.
std::string to_json(const Command&);

}  // namespace greenroom
