// The judge of a simulated room: holds what the controller did against the model's ground truth and the rules R1 to R14
// (R11 is about words and is left out). It believes the plant and the witnesses at the lines; of the controller it
// reads only the facts that became durable, as what was claimed.
//
// Attribution. A trip or an excess is the fault's only while the same circuit without the injected current would be
// within its limit, and no more than the line's response time has passed since the first reading that could show it;
// from then on it is ours if an unprotected outlet could still have been opened. An opening is the fault's only if no
// order of ours to that outlet was queued, sent or in doubt. All else is ours.
//
// Who calls: the world. PlantListener and WitnessListener calls only note, and are safe inside the plant's turn;
// on_fact and settle may ask the plant.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controller/domain/decide.hpp"
#include "controller/domain/room.hpp"
#include "controller/simulate/witness_pdu.hpp"
#include "controller/simulate/world_spec.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

struct Verdict {
  std::uint64_t trips{}, fault_trips{};
  std::uint64_t protected_opens{}, fault_opens{};
  std::uint64_t wrong_mac{};          // erases of a Mac that must not be erased, or not by that permit
  std::uint64_t unerased_released{};  // packed as erased, and its own flag says no
  double hard_limit_amp_seconds{};    // ours, over all circuits
  double fault_amp_seconds{};
  double soft_over_seconds{};  // ours, beyond the 60 s in any hour that R2 allows
  double soft_ours_seconds{};  // ours, all
  double soft_fault_seconds{};
  std::map<std::string, std::uint64_t> violations;  // "R1" to "R14" without R11, every one present
  std::vector<std::string> first_violations;        // bounded; virtual time, rule and what happened

  // None of our figures is above zero.
  [[nodiscard]] bool clean() const;
};

// Who a Mac of the world really is, and whether it may be erased: by the first row of its serial.
struct TrueMac {
  model::MacId mac;
  std::string serial;  // what the machine itself says
  std::uint64_t ecid{};
  bool approved{};  // for erasure
};
std::vector<TrueMac> true_macs(const WorldPlan&);

class Judge final : public model::PlantListener, public WitnessListener {
 public:
  // `live` gives the controller's state, or nothing while there is none. Room, plant and clock outlive the judge.
  Judge(const Clock&, model::Plant&, const Room&, std::vector<TrueMac>, std::function<const RoomState*()> live);
  ~Judge() override;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  void on(const model::PlantEvent&) override;

  void ordered(PduId, OutletNumber, Switch) override;
  void committed(PduId, OutletNumber, Switch) override;
  void ended(PduId, OutletNumber, Switch, const Result<OutletReading>&) override;
  void reading(PduId, const PduReading&) override;
  void identified(PduId, const PduTraits&) override;
  void failed(PduId, const Error&) override;

  void on_fact(const Fact&);  // every fact, once it is durable
  // How long a commit of this world's journal may take, and with it the fact of a shed. 0: none is seen to.
  void commits_take(Duration longest);
  void controller_started();  // before its first turn, each time
  void controller_stopped();  // killed or ended
  // When no handler is ready at an instant, and once at the end of the run. Cheap when nothing was noted.
  void settle();
  [[nodiscard]] Verdict verdict() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace greenroom::sim
