// What a rehearsal of one model proves (rules.md R4, R10), from what USB, the engine, the meter and a person showed. Pure.
// `greenroom mac rehearse` and its walk gather; these functions decide. Times count from the start of the rehearsal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware-bridge/apple_device.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom::cli {

// In the order in which they are reached.
enum class Point { dfu, draw_in_dfu, serial, shut_gate, draw_in_restore, put_back, data, erased, boots, own_port };
enum class PointResult { passed, failed, not_reached, not_metered };
std::string_view to_string(Point);
std::string_view to_string(PointResult);

struct PointItem {
  Point point{};
  PointResult result{PointResult::not_reached};
  std::string words, remedy;
};

// The Mac comes to a port, says more there, or leaves it.
struct Showing {
  Duration at{};
  PortPath path;
  std::optional<MacMode> mode;  // nothing: the port became empty
  std::string serial;
  std::optional<Ecid> ecid;
};

struct RehearsalRun {
  Duration began{};
  std::optional<Duration> released;  // of the run behind the shut gate: until then it was waited
  std::optional<Duration> ended;
  RestoreStage furthest{};
  bool permitted{};
  std::string refused;  // why we ended it
  RestoreOutcome outcome;
};

struct DrawReading {
  Duration at{};   // when it began: no sample in it is older
  Duration age{};  // until it was whole
  Amps current;
};

// What the rehearsal could not go on by.
struct Broke {
  Point point{};
  std::string cause, remedy;
};

struct RehearsalSeen {
  RehearsalSeen(PortPath p, std::string typed, Duration s) : port(std::move(p)), serial(std::move(typed)), shut_for(s) {}
  PortPath port;
  std::string serial;        // typed
  std::optional<Ecid> ecid;  // as it was in DFU
  Duration shut_for;         // how long the gate is to stay shut beside a Mac in its restore OS
  std::vector<Showing> timeline;
  std::optional<RehearsalRun> shut, open;
  std::optional<bool> intact;         // a person's answer
  std::optional<Duration> meter_lag;  // nothing: the outlet is not metered
  std::vector<DrawReading> draws;
  std::optional<Broke> broke;
};

// Of those that began when the Mac had been in that mode for the meter's lag, and ended before it left it.
enum class DrawOf { dfu, restore };
std::vector<DrawReading> draws_of(const RehearsalSeen&, DrawOf);
constexpr std::size_t enough_draws = 3;
std::optional<Amps> median_draw(std::vector<DrawReading>);  // of an even number: the larger of the two in the middle

// Every point, in their order.
std::vector<PointItem> judge_rehearsal(const RehearsalSeen&);
const PointItem* first_failed(const std::vector<PointItem>&);  // null: none so far
bool all_passed(const std::vector<PointItem>&);

}  // namespace greenroom::cli
