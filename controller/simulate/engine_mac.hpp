// What a restore engine can do to a Mac, wherever the Mac is: on a plant of the same process (engine_mac.cpp), or in a
// world process behind a socket (remote_engine.hpp). The engine's steps (engine_run.hpp) know nothing else of it.
// Errors: Errc::device_gone when the Mac or its world is gone; Errc::refused with the reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "firmware-bridge/facts/identity.hpp"
#include "hw/model/plant.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom::sim {

struct EngineSubject {
  std::string model;
  bool t2{};
  std::uint64_t ecid{};
  std::string serial;  // empty where the machine reports none
};

enum class EngineImage { ibss, restore_os };  // DFU -> recovery, recovery -> restore

struct EngineMac {
  virtual ~EngineMac() = default;
  // On any port, as the real tool looks. All other calls are about the Mac that was found.
  virtual std::optional<EngineSubject> find(Ecid) = 0;
  // Its port, when it shows there in that mode now.
  virtual std::optional<PortPath> port_in(model::Mode) = 0;
  // How long until it shows in the next mode.
  virtual Result<Duration> send(EngineImage, const PortPath&) = 0;
  virtual Result<void> start_restore(const PortPath&, model::EraseKind) = 0;  // the erase point
  virtual Result<void> finish(const PortPath&, bool with_os) = 0;
  // How many transfer over that USB upstream now, this one included. Empty: this one transfers nothing.
  virtual std::size_t share(const std::string& upstream) = 0;
};

// Who transfers over which upstream, by run.
using EngineShares = std::map<std::uint64_t, std::string>;

class PlantEngineMac final : public EngineMac {
 public:
  // Plant and shares outlive it.
  PlantEngineMac(Clock& clock, model::Plant& plant, EngineShares& shares, std::uint64_t run)
      : clock_(clock), plant_(plant), shares_(shares), run_(run) {}
  ~PlantEngineMac() override { shares_.erase(run_); }
  PlantEngineMac(const PlantEngineMac&) = delete;
  PlantEngineMac& operator=(const PlantEngineMac&) = delete;

  std::optional<EngineSubject> find(Ecid) override;
  std::optional<PortPath> port_in(model::Mode) override;
  Result<Duration> send(EngineImage, const PortPath&) override;
  Result<void> start_restore(const PortPath&, model::EraseKind) override;
  Result<void> finish(const PortPath&, bool with_os) override;
  std::size_t share(const std::string& upstream) override;

  [[nodiscard]] std::optional<model::MacId> mac() const { return mac_; }

 private:
  Clock& clock_;
  model::Plant& plant_;
  EngineShares& shares_;
  std::uint64_t run_;
  std::optional<model::MacId> mac_;
};

}  // namespace greenroom::sim
