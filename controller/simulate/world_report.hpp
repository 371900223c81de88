// Keeps what the report of a run shows: the load of every circuit each 10 s, and every fact.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/domain/room.hpp"
#include "hw/async/clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::sim {

struct WorldResult;

class WorldReport {
 public:
  // Runs until it is cancelled. All outlive it.
  asio::awaitable<void> sample(Clock&, model::Plant&, const Room&);
  void on_fact(const Fact& fact) { facts_.push_back(fact); }
  // One self-contained HTML page of a finished run.
  [[nodiscard]] std::string html(const Room&, const WorldResult&) const;

 private:
  struct Sample {
    TimePoint at;
    std::vector<model::CircuitTruth> circuits;
  };
  std::vector<Sample> samples_;
  std::vector<Fact> facts_;
};

}  // namespace greenroom::sim
