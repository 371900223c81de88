// What really happened in a simulated world, from the plant alone: one JSON line for each event, flushed at once so that
// it outlives a kill, and sums for the end. The services that the world is for are judged by it, and have no say in it.
//
//   {"at_s":12.5,"event":"outlet","outlet":"left:3","on":false,"cause":"ordered"}
//   mac_power_lost {mac, serial, in}   mac_mode {.., mode}   erase_started, restore_finished {.., run}   first_boot
//   mac_moved {mac, serial}: somebody moved one of its cables
//   tripped {circuit, by_fault}        protected_open {outlet, mac, serial, in}
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "controller/domain/room.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

class WorldTruth final : public model::PlantListener {
 public:
  // All outlive it. Listens from now on.
  WorldTruth(Clock&, model::Plant&, const Room&);
  ~WorldTruth() override;
  WorldTruth(const WorldTruth&) = delete;
  WorldTruth& operator=(const WorldTruth&) = delete;

  Result<void> write_to(const std::string& file);  // anew; Errc::refused when it cannot be written
  void on(const model::PlantEvent&) override;
  void finished(model::MacId, std::uint64_t run);  // told by whoever carries engines out: the plant has no event for it

  // One line of JSON: trips, fault_trips, outlets_switched, protected_opens, erases and erases_by_run (counts by serial
  // and by run), erased_twice (runs), finishes, first_boots, packed (erased, started once or left without an OS on
  // purpose, and off every cable).
  [[nodiscard]] std::string sums();

 private:
  struct Line;
  void write(TimePoint, const Line&);
  void outlet(TimePoint, const model::OutletSwitched&);
  // A Mac that an order took the outlet of, with the mode it was in: none of ours may ever be so.
  [[nodiscard]] bool into_dfu(model::MacId);
  void judge_open(TimePoint, OutletId, model::MacId, model::Mode);

  Clock& clock_;
  model::Plant& plant_;
  const Room& room_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  std::uint64_t trips_{}, fault_trips_{}, switched_{}, protected_opens_{}, finishes_{}, first_boots_{};
  std::map<std::string, std::uint64_t> erases_;
  std::map<std::uint64_t, std::uint64_t> erases_by_run_;
  std::map<model::MacId, model::Mode> died_now_;  // by their outlet, in this turn of the plant
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace greenroom::sim
