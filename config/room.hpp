// Room files: a TOML text becomes a Room (controller/domain/room.hpp), or a list of everything that is wrong with it,
// each with its place. What a file may hold is shown by config/examples/returns-room.toml; docs/room.md names every key.
// Callers: `greenroom room check`, serve, demo, tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/macs.hpp"
#include "config/reader/reader.hpp"
#include "controller/domain/room.hpp"

namespace greenroom {

struct RoomFile {
  std::optional<Room> room;           // only when no complaint is an error
  std::vector<Complaint> complaints;  // in the order of places; warnings among them
};

// A file on disk, else an embedded one ("config/examples/returns-room.toml"). Chargers are those of config/bricks.toml.
RoomFile load_room(const std::string& path);
RoomFile load_room_text(std::string_view text, const std::string& file);

}  // namespace greenroom
