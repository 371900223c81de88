// What no dialect of a command line may say, whatever its device. Each tells what is wrong in the words of a complaint;
// empty: nothing is. Callers: hw/pdu/cli_dialect.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hw/pdu/cli_dialect.hpp"

namespace greenroom {

// Each of `known` may stand once in a text that is sent, and no other {word}: cli_session fills in the first of each.
std::string wrong_stand_in(std::string_view text, const std::vector<std::string_view>& known);

// More than the one command that `send` is.
std::string wrong_command(std::string_view send, std::string_view end_of_command);

// A message of `enter`, `before` or `after` carries its own end, and may be an Esc; it is one command all the same.
std::string wrong_message(std::string_view message, std::string_view end_of_command);

// The device's own reboot, cycle, toggle or "all".
std::string own_switching(std::string_view message);

// A message of another exchange, a wake-up or a mark that would switch: at every poll. on and off have been read.
std::string question_that_switches(std::string_view message, const CliDialect&);

// To a device that minds neither case nor blanks: then off would close the outlet.
bool same_order(const Exchange&, const Exchange&);

// A pattern that is to be told from an answer (a prompt, a question, an error), and that an ordinary line would match.
std::string matches_an_answer(const re2::RE2& pattern, const CliDialect&);

// [states] by which no outlet would read on, or off; `word` is told apart by its letters' case alone.
std::string wrong_word(const CliDialect&, std::string_view word, OutletState);
std::string words_missing(const CliDialect&);

}  // namespace greenroom
