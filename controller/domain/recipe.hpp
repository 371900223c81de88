// Recipes: an ordered list of steps, a versioned file, for each model family. Loaded by config/recipes.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/facts/dfu_hints.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

enum class StepKind {
  receive,
  seat,
  move,
  identify,
  clear,
  charge_gate,
  dfu,
  restore,
  install_os,
  first_boot,
  enroll,
  configure,
  charge,
  checklist,
  label,
  pack
};
std::string_view to_string(StepKind);
std::optional<StepKind> step_kind_from(std::string_view);

// Who must act when the step waits for a person.
enum class Owner { technician, batch_lead, facilities, repair, security, mdm_admin, recipe_owner, bench_owner, auditor };
std::string_view to_string(Owner);
std::optional<Owner> owner_from(std::string_view);

struct Step {
  StepKind kind{};
  std::string to;            // move, seat: kind of slot wanted ("restore", "shelf", "pack_table")
  std::string restore_kind;  // restore: erase | revive | erase_only
  std::string firmware;      // restore: which image of the firmware library
  std::string entry;         // dfu: "by_outlet" | "by_hand" for this model; empty: as the slot does it
  int goal_percent{};        // charge
  Duration deadline{};       // for one attempt; staffed time where a person acts
  int tries{1};
  Owner owner{Owner::technician};
  bool protects{};          // the outlet must not open during it (R1)
  std::string instruction;  // what a person reads when the step is theirs
};

struct Recipe {
  std::string id;  // "full-apple-silicon"
  int version{};
  std::vector<std::string> families;  // AppleSilicon | T2 | Intel | desktop forms: "AppleSilicon/desktop"
  std::vector<Step> steps;
};

// One row of config/macs.toml and its battery data (config/bricks.toml for the class curve).
struct MacModel {
  std::string product_type;  // "MacBookPro18,1"
  std::string name;
  std::vector<std::string> model_numbers;  // "A2485", as asset lists write them
  std::string family;                      // AppleSilicon | T2 | Intel
  bool desktop{};                          // no battery: protected whenever on
  std::vector<std::uint32_t> chip_boards;  // chip << 8 | board
  double battery_Wh{};
  double brick_W{};  // the brick it ships with
  DfuHint dfu;
};

struct Catalogue {
  std::vector<Recipe> recipes;
  std::vector<MacModel> models;
};

}  // namespace greenroom
