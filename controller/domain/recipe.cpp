#include "controller/domain/recipe.hpp"

namespace greenroom {

std::string_view to_string(StepKind k) {
  switch (k) {
    case StepKind::receive: return "receive";
    case StepKind::seat: return "seat";
    case StepKind::move: return "move";
    case StepKind::identify: return "identify";
    case StepKind::clear: return "clear";
    case StepKind::charge_gate: return "charge_gate";
    case StepKind::dfu: return "dfu";
    case StepKind::restore: return "restore";
    case StepKind::install_os: return "install_os";
    case StepKind::first_boot: return "first_boot";
    case StepKind::enroll: return "enroll";
    case StepKind::configure: return "configure";
    case StepKind::charge: return "charge";
    case StepKind::checklist: return "checklist";
    case StepKind::label: return "label";
    case StepKind::pack: return "pack";
  }
  return "pack";
}

std::string_view to_string(Owner o) {
  switch (o) {
    case Owner::technician: return "technician";
    case Owner::batch_lead: return "batch_lead";
    case Owner::facilities: return "facilities";
    case Owner::repair: return "repair";
    case Owner::security: return "security";
    case Owner::mdm_admin: return "mdm_admin";
    case Owner::recipe_owner: return "recipe_owner";
    case Owner::bench_owner: return "bench_owner";
    case Owner::auditor: return "auditor";
  }
  return "technician";
}

std::optional<StepKind> step_kind_from(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(StepKind::pack); ++i) {
    if (to_string(static_cast<StepKind>(i)) == text) return static_cast<StepKind>(i);
  }
  return {};
}

std::optional<Owner> owner_from(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(Owner::auditor); ++i) {
    if (to_string(static_cast<Owner>(i)) == text) return static_cast<Owner>(i);
  }
  return {};
}

}  // namespace greenroom
