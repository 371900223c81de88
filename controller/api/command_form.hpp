// The commands of the room as people and programs write them: which fields each takes, and what they mean. The one table
// for the API, the command line and their help.
#pragma once

#include <span>
#include <string_view>

#include "controller/api/room_view.hpp"
#include "controller/domain/input.hpp"

namespace greenroom {

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
