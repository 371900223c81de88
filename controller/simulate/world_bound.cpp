#include "controller/simulate/world_bound.hpp"

#include <algorithm>

#include "controller/simulate/bound.hpp"
#include "controller/simulate/judge.hpp"

namespace greenroom::sim {
namespace {

const Recipe* recipe_for(const Catalogue& catalogue, const MacModel& model) {
  const std::string family = model.desktop ? model.family + "/desktop" : model.family;
  for (const Recipe& recipe : catalogue.recipes) {
    if (std::find(recipe.families.begin(), recipe.families.end(), family) != recipe.families.end()) return &recipe;
  }
  return nullptr;
}

// The least time a Mac holds a restore slot: into DFU, the engine's own steps, the first boot, and for a T2 the
// installation of macOS. Nothing of people, of waiting, or of charging.
double slot_time_s(const MacModel& model, const model::MacTimings& mac, const EngineTimings& engine) {
  const bool t2 = model.family == "T2";
  const double transfer = in_seconds(engine.images + engine.file_system + engine.install) * (t2 ? engine.bridge_os : 1.0);
  Duration fixed = mac.dfu_entry + mac.to_recovery + mac.to_restore_os + mac.reboot + mac.first_boot;
  if (t2) fixed += mac.install_os;
  return transfer + in_seconds(fixed);
}

int goal_of(const Recipe& recipe) {
  int goal = 0;
  for (const Step& step : recipe.steps) goal = std::max(goal, step.goal_percent);
  return goal;
}

}  // namespace

double batch_bound_s(const RoomSetup& setup, const WorldPlan& plan, const EngineTimings& engine) {
  std::vector<MacNeed> needs;
  for (const TrueMac& mac : true_macs(plan)) {
    const model::MacSpec& spec = plan.spec.macs[mac.mac.value];
    const auto known = std::find_if(setup.catalogue.models.begin(), setup.catalogue.models.end(),
                                    [&](const MacModel& m) { return m.product_type == spec.model; });
    if (!mac.approved || known == setup.catalogue.models.end()) continue;
    const Recipe* recipe = recipe_for(setup.catalogue, *known);
    if (recipe == nullptr) continue;
    MacNeed need;
    need.in_slot_s = slot_time_s(*known, plan.spec.timings, engine);
    // Charging goes on while a booted Mac stands in a restore slot: at most for its first boot and the installation.
    need.charging_in_slot_s =
        in_seconds(plan.spec.timings.first_boot + (known->family == "T2" ? plan.spec.timings.install_os : Duration{}));
    if (spec.battery && goal_of(*recipe) > 0) {
      ChargeNeed charge;
      charge.capacity_Wh = spec.capacity.value() * spec.health;
      charge.adapter_W = spec.input_most.value();
      charge.idle_W = spec.idle.value();
      charge.c_rate = spec.c_rate;
      charge.knee = spec.knee;
      charge.start = spec.charge;
      charge.goal = goal_of(*recipe) / 100.0;
      need.charge = charge;
    }
    needs.push_back(need);
  }
  int restore = 0;
  int places = 0;
  Amps continuous;
  for (const Slot& slot : setup.room.slots) {
    if (slot.kind == SlotKind::restore) ++restore;
    if (!slot.outlet) continue;
    ++places;
    // The highest circuit with a limit above the outlet: all outlets of the example room share one.
    const CircuitId top = setup.room.pdus[setup.room.outlets[slot.outlet->value].pdu.value].circuit;
    continuous = std::max(continuous, setup.room.circuits[top.value].continuous);
  }
  return bound(needs, restore, places, continuous, plan.spec.nominal).largest();
}

}  // namespace greenroom::sim
