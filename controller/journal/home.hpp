// Where a journal's file lives. Two services on two copies of one DATA directory would each believe that they own the
// same PDUs, jobs and permits, so a journal remembers its own inode and machine: a copy has another inode, a moved or
// renamed directory has not. A whole disk or virtual machine that is cloned keeps both, and cannot be told.
#pragma once

#include <filesystem>
#include <string>

#include "hw/base/result.hpp"

namespace greenroom {

// "inode 123 of machine 0f..."; `machine` empty: that of /etc/machine-id, or "unknown" where there is none.
Result<std::string> home_of(const std::filesystem::path& file, const std::string& machine = "");

// Errc::refused, with what to do, unless `kept` (what the journal remembers) is where the file is.
Result<void> at_home(const std::filesystem::path& file, const std::string& kept, const std::string& machine = "");

}  // namespace greenroom
