// What SQLite's codes mean for the person who must act: what happened, and the remedy.
#pragma once

#include <string>

namespace greenroom {

// `code` is SQLite's (also extended, sqlite.org/rescode.html), `system_errno` what the system said or 0.
std::string disk_words(int code, int system_errno, const char* sqlite_said);

}  // namespace greenroom
