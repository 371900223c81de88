#include "controller/simulate/engine_mac.hpp"

#include <algorithm>

namespace greenroom::sim {

std::optional<EngineSubject> PlantEngineMac::find(Ecid ecid) {
  const auto& macs = plant_.spec().macs;
  for (std::uint32_t i = 0; i < macs.size(); ++i) {
    if (Ecid{macs[i].ecid} == ecid) mac_ = model::MacId{i};
  }
  if (!mac_) return std::nullopt;
  const model::MacSpec& spec = plant_.mac_spec(*mac_);
  return EngineSubject{spec.model, spec.family == model::Family::t2, spec.ecid,
                       spec.blank_serial ? std::string{} : spec.serial};
}

std::optional<PortPath> PlantEngineMac::port_in(model::Mode mode) {
  if (!mac_) return std::nullopt;
  const model::MacTruth mac = plant_.mac(*mac_);
  if (!mac.showing || mac.mode != mode || !mac.data) return std::nullopt;
  const auto path = PortPath::parse(plant_.spec().places[mac.data->value].data_port);
  return path ? std::optional(*path) : std::nullopt;
}

Result<Duration> PlantEngineMac::send(EngineImage image, const PortPath& port) {
  const auto shows = image == EngineImage::ibss ? plant_.send_ibss(port) : plant_.boot_restore_os(port);
  if (!shows) return fail(shows.error());
  return *shows - clock_.now();
}

Result<void> PlantEngineMac::start_restore(const PortPath& port, model::EraseKind kind) {
  return plant_.start_restore(port, run_, kind);
}

Result<void> PlantEngineMac::finish(const PortPath& port, bool with_os) {
  if (const auto boots = plant_.finish(port, with_os); !boots) return fail(boots.error());
  return {};
}

std::size_t PlantEngineMac::share(const std::string& upstream) {
  if (upstream.empty()) {
    shares_.erase(run_);
    return 0;
  }
  shares_[run_] = upstream;
  return static_cast<std::size_t>(
      std::count_if(shares_.begin(), shares_.end(), [&](const auto& other) { return other.second == upstream; }));
}

}  // namespace greenroom::sim
