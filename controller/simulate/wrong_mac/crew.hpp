// The people of one history, and what goes wrong under their hands. They go by labels and by what the room tells them; who
// is in charge of a case looks at the Macs themselves before closing it.
#pragma once

#include <map>
#include <string>

#include "controller/bench/bench.hpp"
#include "controller/simulate/wrong_mac/plan.hpp"

namespace greenroom::sim::wrong_mac {

struct CrewDesk {
  virtual ~CrewDesk() = default;
  [[nodiscard]] virtual Bench* bench() = 0;  // none while the controller is dead
  virtual void kill_for(Duration) = 0;
  virtual void import() = 0;  // the list, again if its first import was lost with a controller
  // Whose ECIDs open visits have noted, in facts that are durable; by visit.
  struct Noted {
    std::string serial;
    std::uint64_t ecid{};
  };
  [[nodiscard]] virtual const std::map<VisitNumber, Noted>& runs() const = 0;
};

class Crew {
 public:
  Crew(Clock&, Floor&, CrewDesk&, Plan&, Random);
  void start();
  [[nodiscard]] bool done() const { return done_; }

 private:
  struct Work {
    bool over{}, given_up{};
    int cases{};
    TimePoint held_since{never};
  };
  void look();
  bool see_to(std::size_t item);
  bool see_to_held(std::size_t item, const Visit&);
  bool seat(std::size_t item);
  void to_table(std::size_t item);
  void right_mac(std::size_t item, PortNo);
  void set_right(std::size_t item);
  [[nodiscard]] bool known(const Item&, bool own) const;
  void close_cases(const std::string& serial, VisitNumber);
  void scan(const std::string& label);
  void command(CommandKind, const std::string& serial, std::uint64_t number = 0);
  void later(double seconds, std::function<void()>);

  void arrived(MacNo);
  void strike(const Mishap&);
  void deny(const std::string& serial, bool lift);
  [[nodiscard]] MacNo in_place(const Mishap&) const;  // who is where that item's Mac should be
  std::optional<PortNo> other_port(PortNo);

  Clock& clock_;
  Floor& floor_;
  CrewDesk& desk_;
  Plan& plan_;
  Random random_;
  std::vector<Work> work_;
  std::vector<bool> struck_;
  bool done_{};
};

}  // namespace greenroom::sim::wrong_mac
