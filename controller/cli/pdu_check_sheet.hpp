// The sheet of a commissioning test: for people to print and sign, and as one JSON value.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/pdu_check_walk.hpp"

namespace greenroom::cli {

struct CheckSheet {
  std::string line, made_at;  // made_at: UTC, to the minute
  std::vector<CheckItem> items;
  CheckWalk walk;
};

// Every verdict of a walk, in the order of the sheet.
std::vector<CheckItem> judge(const CheckWalk&, const DialectFacts&, const OutageNotes&, const std::optional<KnownLoad>&);
bool any_bad(const std::vector<CheckItem>&);

std::string sheet_text(const CheckSheet&, const DialectFacts&);
std::string sheet_json(const CheckSheet&, const DialectFacts&);

}  // namespace greenroom::cli
