#include "controller/cli/setup_files.hpp"

#include <cstdio>

#include "config/macs.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/cli/room_wires.hpp"

namespace greenroom::cli {

bool complain(const std::vector<Complaint>& complaints) {
  bool wrong = false;
  for (const Complaint& complaint : complaints) {
    std::fprintf(stderr, "%s\n", to_string(complaint).c_str());
    wrong = wrong || !complaint.warning;
  }
  return wrong;
}

std::optional<RoomSetup> load_setup(const std::string& room_file, DfuVias* vias) {
  RoomFile room = load_room(room_file);
  MacsFile macs = load_macs();
  RecipesFile recipes = load_recipes();
  const bool wrong_room = complain(room.complaints);
  const bool wrong_macs = complain(macs.complaints);
  const bool wrong_recipes = complain(recipes.complaints);
  if (wrong_room || wrong_macs || wrong_recipes || !room.room) return std::nullopt;
  std::vector<Complaint> wires = check_wires(room, room_file);
  std::erase_if(wires, [](const Complaint& c) { return c.warning; });  // told by the room check
  if (complain(wires)) return std::nullopt;
  if (vias != nullptr) *vias = std::move(room.dfu_vias);
  RoomSetup setup;
  setup.room = std::move(*room.room);
  setup.catalogue.models = std::move(macs.models);
  setup.catalogue.recipes = std::move(recipes.recipes);
  return setup;
}

}  // namespace greenroom::cli
