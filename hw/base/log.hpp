// The log of a running program, for operators. Levels have a meaning:
//   error  a person must act        warn  something was retried
//   info   a slot changed state     debug bytes on a wire
// What was decided goes to the journal, not here.
#pragma once

#include <string_view>

namespace greenroom::log {

enum class Level { debug, info, warn, error };

// Everything below this level is dropped; `warn` until main says otherwise.
void set_threshold(Level);
[[nodiscard]] bool enabled(Level);
void write(Level, std::string_view message);  // to stderr

inline void error(std::string_view m) { write(Level::error, m); }
inline void warn(std::string_view m) { write(Level::warn, m); }
inline void info(std::string_view m) { write(Level::info, m); }

}  // namespace greenroom::log
