// What the world does for model engines in other processes: one session for each connection of theirs, one line of JSON
// in, one out. Who calls: world_server.cpp. The words are those of remote_engine.cpp.
//
//   {"do":"engine","ecid":..,"run":..}   which Mac this is about, and what fault the run suffers; first, on each connection
//   {"do":"port_in","mode":N}            {"do":"share","upstream":"host/1-4"}
//   {"do":"send","image":"ibss"|"restore_os","port":".."}                  over USB only: DFU and recovery
//   {"do":"start_restore","erase":true,"port":".."}  {"do":"finish",..}    through usbmuxd only: the restore OS
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "controller/simulate/engine_mac.hpp"

namespace greenroom::sim {

class EngineDesk {
 public:
  EngineDesk(Clock& clock, model::Plant& plant) : clock_(clock), plant_(plant) {}

  class Session {
   public:
    Session(EngineDesk& desk, bool in_restore_os) : desk_(desk), in_restore_os_(in_restore_os) {}
    // A Mac whose engine went away in the middle gives up after a minute and restarts, unless another took it up.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    std::string answer(std::string_view request);

   private:
    EngineDesk& desk_;
    bool in_restore_os_;
    std::optional<PlantEngineMac> mac_;
    std::uint64_t run_{};
  };

  std::function<void(model::MacId, std::uint64_t run)> on_finish;

 private:
  Clock& clock_;
  model::Plant& plant_;
  EngineShares shares_;
  std::map<model::MacId, int> taken_;  // connections that are about a Mac
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace greenroom::sim
