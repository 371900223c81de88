// The Macs and chargers that Greenroom knows: config/macs.toml and config/bricks.toml.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/reader.hpp"
#include "controller/domain/recipe.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

struct MacsFile {
  std::vector<MacModel> models;  // in the order of the file; empty if it has an error
  std::vector<Complaint> complaints;
};
MacsFile load_macs_text(std::string_view text, const std::string& file);
MacsFile load_macs();  // the embedded file

struct Brick {
  std::string name;  // "apple-140"
  Watts output;      // rated DC output
  double power_factor{1};
  double efficiency{1};
  // What it draws at most from a supply of this voltage; rounded up to a milliamp.
  [[nodiscard]] Amps draw_at(Volts) const;
  // Its nameplate amps on a circuit of this nominal voltage: the draw at 0.9 of it, for a sagging supply (R2).
  [[nodiscard]] Amps nameplate(Volts nominal) const;
};
struct BricksFile {
  std::vector<Brick> bricks;
  std::vector<Complaint> complaints;
};
BricksFile load_bricks_text(std::string_view text, const std::string& file);
BricksFile load_bricks();  // the embedded file

}  // namespace greenroom
