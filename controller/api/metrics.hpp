// The room as numbers for a monitoring system: Prometheus' text format, version 0.0.4. Pure. What is not known is left out,
// so that a graph shows a gap and an alert on absence works; it is never 0.
#pragma once

#include <string>
#include <string_view>

#include "controller/api/room_view.hpp"

namespace greenroom {

inline constexpr std::string_view metrics_path = "/metrics";
inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const RoomView&);

}  // namespace greenroom
