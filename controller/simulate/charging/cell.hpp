// One charging cell: circuits, slots, a mix of Macs, a goal, a seed; and what it becomes, a room for the product and Macs
// for the model. Plain data, made once; the same spec gives the same cell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/power/power.hpp"
#include "controller/simulate/charging/laptops.hpp"

namespace greenroom::sim::charging {

// What is plugged into which circuits. `feeds` 0: one single-phase branch. Else wye feeds of three phases and a neutral,
// each phase and the neutral with the branch's limits, below a panel; 24-slot banks of 16 A are dealt to phases in turn.
struct Wiring {
  std::size_t slots{};
  double volts{120};
  double hard_A{}, continuous_A{};
  std::size_t feeds{};
  double panel_A{};           // of each phase of the panel; wye only
  double demand_response{1};  // share of the panel that is left from half an hour on, for an hour
};

struct CellSpec {
  std::string name;
  Wiring wiring;
  Mix mix{Mix::m1};
  double goal{0.99};  // of every Mac
  std::uint64_t seed{};
  Planner planner{Planner::planned};
  RuleSet rules;                           // all of them; a mutant lacks one
  bool wall_only{};                        // no report of charge: what the outlet's meter showed is all there is
  bool bank_meter{};                       // meters on banks of 12 outlets, none on outlets
  bool hard_is_soft{};                     // the hard limit is the continuous one
  bool surges{true};                       // a Mac wakes and its brick draws all it can for two minutes, once in two hours
  double deadlines{};                      // slack over the necessary edge of three waves; 0: none
  bool drawn{};                            // its result keeps what a picture needs
  bool trouble{};                          // arrivals, pins, aged and dead packs, holds, lost readings
  Duration poll{std::chrono::seconds{3}};  // supervising polls of every PDU, which read states and currents
};

// A Mac in its slot, as it truly is.
struct Seat {
  const LaptopClass* of{};
  model::MacSpec mac;
  double goal{};
  double bias{};       // of the reported charge, for the whole run
  Duration arrives{};  // after the start
  Duration pinned{};   // from its arrival on its outlet must not open
  std::optional<Duration> due;
};

struct Cell {
  CellSpec spec;
  Room room;
  std::vector<Seat> seats;  // by slot, which is by outlet
};

Cell make_cell(const CellSpec&);

constexpr std::size_t bank_slots = 24;
constexpr double bank_A = 16;
constexpr Duration response_from = std::chrono::minutes{30}, response_until = std::chrono::minutes{90};

}  // namespace greenroom::sim::charging
