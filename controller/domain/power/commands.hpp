// Facts that follow from a person's power command; none when the command does not hold (its answer: command_refusal).
#pragma once

#include <string>
#include <vector>

#include "controller/domain/power/power.hpp"

namespace greenroom {

bool is_power_command(CommandKind);
std::vector<FactBody> command_facts(const Room&, const PowerState&, const Command&, TimePoint now);
// Empty when the command can be taken; otherwise why not, and what to do.
std::string command_refusal(const Room&, const PowerState&, const Command&);

}  // namespace greenroom
