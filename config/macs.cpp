#include "config/macs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/embedded.hpp"

namespace greenroom {
namespace {

const Choices<std::string> kFamilies{{"AppleSilicon", "AppleSilicon"}, {"T2", "T2"}, {"Intel", "Intel"}};

const Choices<DfuKeys> kKeys{
    {"as_laptop", DfuKeys::as_laptop}, {"t2_laptop", DfuKeys::t2_laptop}, {"desktop", DfuKeys::desktop}};

Choices<DfuPort> port_choices() {
  Choices<DfuPort> all;
  for (const DfuPortName& p : dfu_ports()) all.emplace_back(p.name, p.port);
  return all;
}

// A model that nothing could tell from an earlier one would never be found.
void check_unlike(const std::vector<MacModel>& earlier, const MacModel& m, const Table& t) {
  for (const MacModel& e : earlier) {
    if (e.product_type == m.product_type)
      t.complain("product_type", fmt::format("{} stands in this file twice", quoted(m.product_type)));
    if (e.name == m.name) t.complain("name", fmt::format("{} is also the name of {}", quoted(m.name), e.product_type));
    for (const std::uint32_t cb : m.chip_boards) {
      if (std::count(e.chip_boards.begin(), e.chip_boards.end(), cb) == 0) continue;
      t.complain("chip_boards", fmt::format("0x{:06X} is also a board of {}", cb, e.product_type));
    }
  }
}

MacModel read_model(const Table& t) {
  MacModel m;
  m.product_type = t.text("product_type");
  m.name = t.text("name");
  for (const auto& n : t.texts("model_numbers")) m.model_numbers.push_back(n.value);
  m.family = t.choice<std::string>("family", kFamilies);
  m.desktop = t.flag("desktop", false);
  for (const auto& cb : t.integers("chip_boards", {1, 0xFFFFFF}))
    m.chip_boards.push_back(static_cast<std::uint32_t>(cb.value));
  // Without a T2 an Intel Mac shows no chip; any other without one would never pass the gate.
  if (m.chip_boards.empty() && m.family != "Intel") t.complain(fmt::format("{} lacks the key \"chip_boards\"", t.label()));
  m.dfu.port = t.choice<DfuPort>("dfu_port", port_choices(), DfuPort::unknown);
  m.dfu.keys = t.choice<DfuKeys>("dfu_keys", kKeys, DfuKeys::unknown);
  // Which keys are never unknown (macs facts 3); without a chip there is no DFU.
  if (!m.chip_boards.empty() && !t.has("dfu_keys")) t.complain(fmt::format("{} lacks the key \"dfu_keys\"", t.label()));
  if (t.has("dfu_keys") && m.desktop != (m.dfu.keys == DfuKeys::desktop))
    t.complain("dfu_keys",
               m.desktop ? "a desktop has no keys: its \"dfu_keys\" are \"desktop\"" : "a laptop has keys to hold");
  m.brick_W = t.number("brick_W", {1, 3000}, m.desktop ? std::optional<double>(0.0) : std::nullopt);
  if (m.desktop) {
    if (t.has("battery_Wh")) t.complain("battery_Wh", "a desktop has no battery: leave \"battery_Wh\" out");
  } else {
    m.battery_Wh = t.number("battery_Wh", {1, 200});
  }
  return m;
}

}  // namespace

MacsFile load_macs_text(std::string_view text, const std::string& file) {
  const Document doc = Document::from_text(text, file);
  MacsFile out;
  for (const Table& t : doc.root().tables("mac")) {
    MacModel m = read_model(t);
    check_unlike(out.models, m, t);
    out.models.push_back(std::move(m));
  }
  if (out.models.empty()) doc.complain({}, "has no [[mac]]");
  out.complaints = doc.complaints();
  if (!doc.ok()) out.models.clear();
  return out;
}

MacsFile load_macs() { return load_macs_text(embedded("config/macs.toml").value_or(""), "config/macs.toml"); }

Amps Brick::draw_at(Volts v) const {
  const double milliamps = 1000.0 * output.value() / (efficiency * power_factor * v.value());
  return Amps::from_milli(static_cast<std::int64_t>(std::ceil(milliamps - 1e-6)));
}

Amps Brick::nameplate(Volts nominal) const { return draw_at(Volts::from_milli(nominal.milli * 9 / 10)); }

BricksFile load_bricks_text(std::string_view text, const std::string& file) {
  const Document doc = Document::from_text(text, file);
  BricksFile out;
  for (const Table& t : doc.root().tables("brick")) {
    Brick b{t.text("name"), t.watts("output_W", {1, 3000}), t.number("power_factor", {0.3, 1}),
            t.number("efficiency", {0.5, 1})};
    const bool twice = std::any_of(out.bricks.begin(), out.bricks.end(), [&](const Brick& e) { return e.name == b.name; });
    if (twice) t.complain("name", fmt::format("{} stands in this file twice", quoted(b.name)));
    out.bricks.push_back(std::move(b));
  }
  if (out.bricks.empty()) doc.complain({}, "has no [[brick]]");
  out.complaints = doc.complaints();
  if (!doc.ok()) out.bricks.clear();
  return out;
}

BricksFile load_bricks() { return load_bricks_text(embedded("config/bricks.toml").value_or(""), "config/bricks.toml"); }

}  // namespace greenroom
