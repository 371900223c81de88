// One fact, one line of JSON. The text is canonical (keys sorted, no spaces), because it is what the chain hashes.
#pragma once

#include <string>
#include <string_view>

#include "controller/domain/fact.hpp"
#include "hw/base/result.hpp"

namespace greenroom {

// {"at_us":..,"body":{..},"by":..,"cause":..,"seq":..,"type":"visit_opened","version":1,"wall_us":..}
std::string to_json_line(const Fact&);

// Older versions are upcast to today's; Errc::storage names what is unknown or missing, and the remedy.
Result<Fact> fact_from_json(std::string_view line);

}  // namespace greenroom
