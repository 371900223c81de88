// One seeded history before it is lived: who is in the room, what people believe, and what will go wrong. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controller/domain/decide.hpp"
#include "controller/simulate/wrong_mac/floor.hpp"

namespace greenroom::sim::wrong_mac {

// One row of the list that means a Mac of ours, and how people go about it.
struct Item {
  std::string serial;
  MacNo mac{};     // the one that it means
  MacNo hand{};    // the one that people take for it, until somebody in charge looks
  bool carried{};  // `hand` says this serial and is not ours: it may come only while another open visit knows its ECID
  bool waits{};    // nobody takes it up before a mishap says so
};

// What people and hardware do to a room. Each strikes once, so long after the Mac in that item's place came into a mode.
enum class MishapKind {
  swap,       // its data cable and that of another place are exchanged
  replug,     // it is pulled out and put in again, here or elsewhere
  restart,    // somebody presses its power button
  twin,       // another Mac of the same serial and model takes its place: its board was exchanged, its ECID is another one
  stranger,   // a Mac that nobody gave us is plugged in at another port, in whatever mode
  revoke,     // its serial goes on the deny list; sometimes it comes off again
  kill,       // the controller dies, for up to a minute
  release,    // the next item that waits is taken up
  fall_back,  // it comes up in recovery where DFU was expected (seen on an M4: macs facts, libirecovery 143)
};
struct Mishap {
  MishapKind kind{};
  std::size_t item{};
  Mode when{};
  Duration after{};
  double draw{};               // of its particulars
  std::optional<MacNo> mac{};  // twin, stranger
};

struct Plan {
  RoomSetup setup;
  std::vector<ExpectedRow> rows;
  std::vector<Mac> macs;
  std::vector<Item> items;
  std::vector<Mishap> mishaps;
  std::size_t ports{};
  double greedy{}, lies{}, fails{};
  Duration slowest_commit{};  // of the journal
};

Plan plan_history(std::uint64_t seed, RuleSet);

}  // namespace greenroom::sim::wrong_mac
