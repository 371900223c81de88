// A small room as text, and what is said of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/room.hpp"

namespace greenroom::test {

// A small room that is right; tests change one thing in it. Line numbers below count from its first line.
inline const std::string kGood = R"([room]
name = "R"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = "baytech-mmp"
line = "model:left"
circuit = "branch"
outlets = 8
power_on = "all_off"
[[slot]]
name = "1-01"
bench = "b"
kind = "restore"
data_port = "host/1-1.1"
dfu_entry = "vdm"
outlet = "left:1"
brick = "apple-140"
[[slot]]
name = "S-01"
bench = "b"
kind = "shelf"
outlet = "left:2"
brick = "apple-96"
[[infrastructure]]
name = "host"
kind = "controller_host"
)";

inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

inline std::vector<std::string> lines(const RoomFile& f) {
  std::vector<std::string> out;
  for (const Complaint& c : f.complaints) out.push_back(to_string(c));
  return out;
}

inline std::vector<std::string> lines_of(const std::string& text) { return lines(load_room_text(text, "room.toml")); }

inline const Circuit* circuit(const Room& room, std::string_view name) {
  const auto at = std::find_if(room.circuits.begin(), room.circuits.end(), [&](const Circuit& c) { return c.name == name; });
  return at == room.circuits.end() ? nullptr : &*at;
}
}  // namespace greenroom::test
