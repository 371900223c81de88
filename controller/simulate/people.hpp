// Model people: technicians who do what the room's chores say, with human delays, breaks and mistakes; the facilities
// person who resets breakers; and the MDM, which is a program that people once set up. They see the room as people do
// (chores, screens) and touch it as people do (cables, keys, breakers); to the controller they speak through commands
// alone, with an idempotency key each.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/bench/command_port.hpp"
#include "controller/domain/decide.hpp"
#include "controller/simulate/world_spec.hpp"
#include "hw/async/clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/base/random.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

// What people see of the controller, and how they ask it. Implemented by the world: the controller may be dead.
struct FrontDesk {
  virtual ~FrontDesk() = default;
  // Empty while the controller is dead: the screens are dark.
  virtual std::vector<Chore> chores() = 0;
  virtual const RoomState* state() = 0;
  // Answers when the controller has; a controller that died is asked again with the same key once it is back.
  virtual Task<Answer> ask(Command) = 0;
  virtual bool over() = 0;
};

class People final : public model::PlantListener {
 public:
  People(Clock&, model::Plant&, FrontDesk&, const Room&, const std::vector<RowMac>&, const Random&);
  ~People() override;

  // Technicians by name ("anna", "ben"), the facilities person and the MDM start as coroutines of the group.
  void start(TaskGroup&, int technicians);
  void on(const model::PlantEvent&) override;

 private:
  // technicians.cpp
  asio::awaitable<void> technician(std::string name, Random);
  Task<void> perform(std::string name, Chore, Random&);
  Task<void> seat(std::string name, Chore, Random&);
  Task<void> move(std::string name, Chore, Random&);
  Task<void> look(Chore, Random&);
  Task<void> hold(std::string name, Chore, Random&);
  Task<void> keys(Chore, Random&);
  Task<std::optional<model::MacId>> cables_right(const Chore&, Random&);
  Task<void> tick(std::string name, Chore, Random&);
  Task<void> plug_in(model::MacId, SlotId, Random&);
  Task<bool> scan(std::string name, std::string label);
  enum class Pair { taken, mac_refused, place_refused };
  Task<Pair> scan_pair(std::string name, std::string serial, std::string slot_name, Random&);
  [[nodiscard]] std::optional<Chore> next_chore() const;
  [[nodiscard]] bool still_asked(const Chore&) const;
  [[nodiscard]] std::optional<model::MacId> labelled(const std::string& serial) const;
  [[nodiscard]] std::optional<SlotId> place_for(const Chore&) const;

  // services.cpp
  asio::awaitable<void> facilities(Random);
  Task<void> commission();
  asio::awaitable<void> mdm_check_ins(Random);
  asio::awaitable<void> mdm_batteries(Random);
  Task<void> tidy_power(Random&);

  Task<void> pause(Random&, double from_s, double to_s);
  Task<Answer> ask(CommandKind, std::string by, std::string label, std::string serial, std::string text,
                   std::uint64_t number);

  Clock& clock_;
  model::Plant& plant_;
  FrontDesk& desk_;
  const Room& room_;
  const std::vector<RowMac>& rows_;
  Random seed_;
  WallTime opened_;  // the room's clock may jump; people know what time it is
  std::uint64_t keys_{};
  std::set<std::string> claimed_;  // serials somebody is busy with
  std::map<std::string, TimePoint>
      put_aside_;  // serials the room would not take: back on the trolley, until somebody tries again
  std::map<std::string, TimePoint> looked_;  // when somebody last saw to a Mac: the next look waits for it to work
  struct CheckIn {
    std::string serial;
    int percent;
    TimePoint at;
  };
  std::vector<CheckIn> check_ins_;
};

}  // namespace greenroom::sim
