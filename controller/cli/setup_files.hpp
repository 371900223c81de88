// Loads what a room is made of, with everything that is wrong told on stderr. For the verbs that run a room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/dfu_via.hpp"
#include "config/reader/reader.hpp"
#include "controller/domain/decide.hpp"

namespace greenroom::cli {

// Prints all; true when one is more than a warning.
bool complain(const std::vector<Complaint>&);

// Room, recipes and models; nothing when one of them is wrong. `vias`: how each slot's DFU message is sent.
using DfuVias = std::vector<std::optional<DfuVia>>;
std::optional<RoomSetup> load_setup(const std::string& room_file, DfuVias* vias = nullptr);

}  // namespace greenroom::cli
