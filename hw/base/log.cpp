#include "hw/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace greenroom::log {
namespace {

spdlog::level::level_enum as_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The one process-wide sink: stderr is itself process-wide, and no decision depends on it.
spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("greenroom", std::make_shared<spdlog::sinks::stderr_sink_st>());
    made->set_pattern("%H:%M:%S.%e %l %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *logger;
}

}  // namespace

void set_threshold(Level level) { sink().set_level(as_spdlog(level)); }
bool enabled(Level level) { return sink().should_log(as_spdlog(level)); }
void write(Level level, std::string_view message) { sink().log(as_spdlog(level), "{}", message); }

}  // namespace greenroom::log
