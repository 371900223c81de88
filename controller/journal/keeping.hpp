// What a person does to a journal: back it up, put one in place, take over a copy, move old facts out.
// `data` is a DATA directory: its journal is DATA/journal.db. Errors name the file and the remedy.
// Who calls: `greenroom journal`. restore and adopt want the lock of DATA, which their caller holds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "controller/journal/proof.hpp"

namespace greenroom {

std::filesystem::path journal_of(const std::filesystem::path& data);

// Online. The copy is proven and synced before it gets its name; an existing file is not written over.
Result<Proof> back_up(const std::filesystem::path& data, const std::filesystem::path& to);

struct Restored {
  Proof proof;
  std::vector<std::filesystem::path> aside;  // what stood there before, kept
};
// `from` is a backup, or a journal as lines (one fact of JSON each, from fact 1). It is proven before the old one is
// touched, and the old one is kept. Cut short, it is simply called again; until then no service starts.
Result<Restored> restore(const std::filesystem::path& data, const std::filesystem::path& from);

// This copy is the room's journal from now on. Answers where it had lived.
Result<std::string> adopt(const std::filesystem::path& data);

struct Retained {
  std::size_t facts{}, archives{};
  Seq first{1};       // of those that are left in the database
  std::string stays;  // why less was moved than was asked for; empty: nothing stays
};
// Moves facts before `before` (or older than `older_than`) to archives, one transaction for each. Beside a service: its
// commits wait for tens of milliseconds. Only facts up to the last snapshot are moved, so that a start does not read them.
Result<Retained> retain(const std::filesystem::path& data, std::optional<Seq> before, std::optional<WallTime> older_than);

}  // namespace greenroom
