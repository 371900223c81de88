// How a person brings a Mac into DFU: which of its USB-C ports takes the data cable, and which keys are held. Each model of
// config/macs.toml names its own. Where sources disagree, or none is sure, that is said: hints, not proofs (macs facts 3).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace greenroom {

enum class DfuPort {
  unknown,
  left_back,
  left_front,
  back_by_power,
  back_middle,
  back_right,
  back_by_ethernet,
  back_by_hdmi,
  mac_pro_2019
};
enum class DfuKeys { unknown, as_laptop, t2_laptop, desktop };

struct DfuHint {
  DfuPort port{};
  DfuKeys keys{};
};

// As config/macs.toml, the API and --json write it, and where that is. The unknown one has no name.
struct DfuPortName {
  DfuPort port;
  std::string_view name, where;
};
std::span<const DfuPortName> dfu_ports();
std::string_view to_string(DfuPort);  // "" for the unknown one
std::string_view to_string(DfuKeys);

// Sentences. `mac` names it: "C02XYZ in slot 1-01", "the Mac".
std::string dfu_port_words(DfuPort);
std::string dfu_words(DfuHint, std::string_view mac);  // port and keys
std::string restart_by_hand();                         // out of DFU again, any Mac

}  // namespace greenroom
