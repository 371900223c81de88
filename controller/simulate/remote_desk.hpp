// A running service as the people of a simulated room see it: chores and screens over DATA/greenroom.sock, and commands
// with a key each, through the same lines that the command line uses. While the service is down the screens are dark; what
// was asked meanwhile is asked again, with the same key, once it is back.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "controller/simulate/people.hpp"
#include "controller/simulate/remote_link.hpp"

namespace greenroom::sim {

class RemoteDesk final : public FrontDesk {
 public:
  // The setup is the one that the service runs; both outlive it. `life` tells this world from any before it on the same
  // DATA: their people's keys must not be mistaken for one another.
  RemoteDesk(asio::any_io_executor, Clock&, const RoomSetup&, std::string data, double speed, std::string life);

  // Reads the screens again and again; spawn once.
  asio::awaitable<void> watch();
  // The batch, under a key that its rows make: a list that is there already is not imported twice.
  asio::awaitable<void> import(std::vector<ExpectedRow>);
  void close() { over_ = true; }

  std::vector<Chore> chores() override { return lit_ ? chores_ : std::vector<Chore>{}; }
  const RoomState* state() override { return lit_ ? &state_ : nullptr; }
  Task<Answer> ask(Command) override;
  bool over() override { return over_; }

 private:
  Task<std::string> request(std::shared_ptr<LocalLink>, std::string line);
  Task<Answer> ask_until_answered(Command);
  bool read_chores(const std::string&);
  bool read_slots(const std::string&);
  bool read_power(const std::string&);

  asio::any_io_executor executor_;
  Clock& clock_;
  const RoomSetup& setup_;
  std::string socket_;
  double speed_;
  std::string life_;
  std::vector<Chore> chores_;
  RoomState state_;  // only what a screen shows: who sits where, and what facilities must see to
  bool lit_{}, over_{};
};

}  // namespace greenroom::sim
