// What a disk says, for the person who must act: what happened, and the remedy.
#pragma once

#include <filesystem>
#include <string>

#include "hw/base/result.hpp"

namespace greenroom {

// `code` is SQLite's (also extended, sqlite.org/rescode.html), `system_errno` what the system said or 0.
std::string disk_words(int code, int system_errno, const char* sqlite_said);

// Names that were given in this folder are on the disk when it ends. Empty: the working directory.
Result<void> sync_folder(const std::filesystem::path&);

}  // namespace greenroom
