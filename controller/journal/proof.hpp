// The whole chain, walked from its first fact to its last, through archives and database as one. Needs no lock and runs
// beside a service. Who calls: `greenroom journal verify`, and backup and restore for what they made.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "controller/journal/journal_file.hpp"

namespace greenroom {

struct Proof {
  struct Wrong {
    Seq seq{};         // the first fact that is not as it was written; 0: none can be named
    std::string what;  // with the file's name
  };
  Seq first{1};                      // every fact from here to `last` was proven; above 1 where an archive is missing
  Mark last;                         // where the chain ends
  std::size_t facts{};               // that were read
  std::size_t archives{};            // that were read
  std::vector<std::string> missing;  // archives that are not there, with their facts
  std::optional<Wrong> wrong;        // the first
};

Proof prove(const JournalFile&);

}  // namespace greenroom
