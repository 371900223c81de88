#include "controller/cli/mac_rehearse_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::cli {
namespace {

constexpr std::string_view point_names[] = {"dfu",      "draw_in_dfu", "serial", "shut_gate", "draw_in_restore",
                                            "put_back", "data",        "erased", "boots",     "own_port"};

bool in_dfu(MacMode mode) { return mode == MacMode::dfu || mode == MacMode::kis; }
bool booted(MacMode mode) { return mode == MacMode::booted || mode == MacMode::t2_booted; }
bool driven(MacMode mode) { return mode == MacMode::recovery || mode == MacMode::restore; }

std::string s(Duration d) { return fmt::format("{:.1f} s", in_seconds(d)); }

PointItem passed(Point p, std::string words) { return {p, PointResult::passed, std::move(words), ""}; }
PointItem failed(Point p, std::string words, std::string remedy) {
  return {p, PointResult::failed, std::move(words), std::move(remedy)};
}
PointItem open(Point p) { return {p, PointResult::not_reached, "", ""}; }

// The first at the Mac's own port, from then on, that is in such a mode; null: none.
template <class Fits>
const Showing* first_at(const RehearsalSeen& seen, Duration from, Fits fits) {
  for (const Showing& w : seen.timeline)
    if (w.path == seen.port && w.at >= from && w.mode && fits(w)) return &w;
  return nullptr;
}
const Showing* first_in(const RehearsalSeen& seen, Duration from, bool (*mode)(MacMode)) {
  return first_at(seen, from, [mode](const Showing& w) { return mode(*w.mode); });
}

// When the Mac came into the mode in which it shows that.
Duration arrival_of(const RehearsalSeen& seen, const Showing& shown) {
  const Showing* came = nullptr;
  for (const Showing& w : seen.timeline) {
    if (w.path != shown.path || w.at > shown.at) continue;
    if (came == nullptr || came->mode != w.mode) came = &w;
  }
  return came->at;
}

PointItem judge_dfu(const RehearsalSeen& seen) {
  const Showing* came = first_in(seen, {}, in_dfu);
  return came == nullptr || !seen.shut ? open(Point::dfu) : passed(Point::dfu, s(came->at) + " after the start");
}

PointItem judge_draw(const RehearsalSeen& seen, Point point, DrawOf of) {
  if (!seen.meter_lag) return {point, PointResult::not_metered, "", ""};
  const auto all = draws_of(seen, of);
  if (all.size() >= enough_draws)
    return passed(point, fmt::format("{:.3f} A, the median of {} readings", median_draw(all)->value(), all.size()));
  const bool over = seen.shut && (of == DrawOf::dfu || seen.shut->ended);
  if (!over) return open(point);
  return failed(point, fmt::format("the meter gave {} readings, and {} are needed", all.size(), enough_draws),
                "see that the PDU answers (greenroom pdu read), then rehearse again");
}

PointItem judge_serial(const RehearsalSeen& seen) {
  if (!seen.shut) return open(Point::serial);
  const Showing* said =
      first_at(seen, seen.shut->began, [](const Showing& w) { return driven(*w.mode) && !w.serial.empty(); });
  if (said == nullptr && !seen.shut->ended) return open(Point::serial);
  if (said == nullptr)
    return failed(Point::serial,
                  "the Mac never said its serial number while an engine drove it: the room would not restore it",
                  "read the engine's words in the run's directory; a Mac that says none is restored by Apple Configurator");
  if (said->serial != seen.serial)
    return failed(Point::serial, fmt::format("the Mac says {}, and {} was typed", said->serial, seen.serial),
                  "find the Mac that is meant to be sacrificed");
  return passed(Point::serial,
                fmt::format("in {}, {} after that came", to_string(*said->mode), s(said->at - arrival_of(seen, *said))));
}

// Was it in its restore OS from then to then, without a gap?
bool stood_in_restore(const RehearsalSeen& seen, Duration from, Duration to) {
  return std::none_of(seen.timeline.begin(), seen.timeline.end(), [&](const Showing& w) {
    return w.path == seen.port && w.at > from && w.at <= to && w.mode != MacMode::restore;
  });
}

// Only a Mac in its restore OS can be sent StartRestore, and only through the gate.
PointItem judge_shut_gate(const RehearsalSeen& seen) {
  if (!seen.shut || !seen.shut->ended) return open(Point::shut_gate);
  const RehearsalRun& run = *seen.shut;
  const std::string again = "keep this machine from restoring anything, and report it with the run's directory";
  if (run.permitted) return failed(Point::shut_gate, "the gate was opened", again);
  if (run.furthest > RestoreStage::waiting_for_restore_mode || !run.outcome.evidence.checkpoint.empty())
    return failed(Point::shut_gate, "the engine came past the shut gate", again);
  if (!run.refused.empty())
    return failed(Point::shut_gate, run.refused, "nothing was erased; see to that, then rehearse again");
  const Showing* came = first_in(seen, run.began, [](MacMode m) { return m == MacMode::restore; });
  if (came == nullptr || !run.released)
    return failed(Point::shut_gate, run.outcome.cause.empty() ? "the engine ended by itself" : run.outcome.cause,
                  run.outcome.remedy.empty() ? "read its words in the run's directory" : run.outcome.remedy);
  if (*run.released - came->at < seen.shut_for || !stood_in_restore(seen, came->at, *run.released))
    return failed(Point::shut_gate,
                  fmt::format("the Mac did not stay in its restore OS for {} behind the shut gate", s(seen.shut_for)),
                  "try another cable and port, then rehearse again");
  return passed(Point::shut_gate, fmt::format("shut for {} beside the Mac in its restore OS: no StartRestore can have come",
                                              s(*run.released - came->at)));
}

// By what it says of itself; nothing: it says nothing.
std::optional<bool> is_it(const RehearsalSeen& seen, const Showing& w) {
  if (!w.serial.empty()) return w.serial == seen.serial;
  if (w.ecid && seen.ecid) return *w.ecid == *seen.ecid;
  return std::nullopt;
}

// A booted Mac counts when it says who it is (rules.md R12).
PointItem judge_boot(const RehearsalSeen& seen, Point point, const std::optional<RehearsalRun>& run) {
  if (!run || !run->ended) return open(point);
  // An engine may end after its Mac has booted.
  const Showing* restore = first_in(seen, run->began, [](MacMode m) { return m == MacMode::restore; });
  const Showing* came = first_at(seen, restore != nullptr ? restore->at : *run->ended,
                                 [&seen](const Showing& w) { return booted(*w.mode) && is_it(seen, w).has_value(); });
  if (came == nullptr) return open(point);
  if (!*is_it(seen, *came))
    return failed(point, fmt::format("another Mac booted there, {}", came->serial),
                  "put the right Mac back, and begin anew");
  return passed(point, s(came->at) + " after the start");
}

PointItem judge_data(const RehearsalSeen& seen) {
  if (!seen.intact) return open(Point::data);
  if (*seen.intact) return passed(Point::data, "a person looked, and they are as they were");
  return failed(Point::data, "a person looked, and they are not as they were",
                "restore nothing on this machine; report it with the run's directory");
}

PointItem judge_erased(const RehearsalSeen& seen) {
  if (!seen.open || !seen.open->ended) return open(Point::erased);
  const RehearsalRun& run = *seen.open;
  const Evidence& said = run.outcome.evidence;
  if (!run.refused.empty())
    return failed(Point::erased, run.refused, "nothing was erased; see to that, then rehearse again");
  if (!run.outcome.completed) return failed(Point::erased, run.outcome.cause, run.outcome.remedy);
  if (!run.permitted) return failed(Point::erased, "the engine was content behind a shut gate", "use a proven engine");
  if (said.erased != Erased::confirmed || said.checkpoint.empty())
    return failed(Point::erased, "the engine says that all is well, and the Mac never said that it was erased: unconfirmed",
                  "use another engine version; this one gives no proof of an erasure (docs/restoring.md)");
  return passed(Point::erased, said.checkpoint);
}

PointItem judge_own_port(const RehearsalSeen& seen) {
  for (const Showing& w : seen.timeline) {
    if (w.path != seen.port && is_it(seen, w) == true)
      return failed(Point::own_port,
                    fmt::format("it showed itself at {} as well, {} after the start", w.path.text(), s(w.at)),
                    "leave one cable in, in the DFU port, and rehearse again");
  }
  if (judge_boot(seen, Point::boots, seen.open).result != PointResult::passed) return open(Point::own_port);
  return passed(Point::own_port, "never at another port than " + seen.port.text());
}

}  // namespace

std::string_view to_string(Point p) { return point_names[static_cast<std::size_t>(p)]; }

std::string_view to_string(PointResult r) {
  switch (r) {
    case PointResult::passed: return "passed";
    case PointResult::failed: return "failed";
    case PointResult::not_metered: return "not metered";
    case PointResult::not_reached: break;
  }
  return "not reached";
}

std::vector<DrawReading> draws_of(const RehearsalSeen& seen, DrawOf of) {
  std::vector<DrawReading> fit;
  for (const DrawReading& d : seen.draws) {
    const Showing* at = nullptr;  // the last before it began
    bool left = false;
    for (const Showing& w : seen.timeline) {
      if (w.path != seen.port) continue;
      if (w.at <= d.at) at = at != nullptr && at->mode == w.mode ? at : &w;
      else if (w.at <= d.at + d.age && w.mode != (at != nullptr ? at->mode : std::nullopt)) left = true;
    }
    if (at == nullptr || !at->mode || left || d.at - at->at < seen.meter_lag.value_or(Duration{})) continue;
    if (of == DrawOf::dfu ? in_dfu(*at->mode) : at->mode == MacMode::restore) fit.push_back(d);
  }
  return fit;
}

std::optional<Amps> median_draw(std::vector<DrawReading> all) {
  if (all.empty()) return std::nullopt;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end(), [](const auto& a, const auto& b) { return a.current < b.current; });
  return middle->current;
}

std::vector<PointItem> judge_rehearsal(const RehearsalSeen& seen) {
  std::vector<PointItem> all{judge_dfu(seen),
                             judge_draw(seen, Point::draw_in_dfu, DrawOf::dfu),
                             judge_serial(seen),
                             judge_shut_gate(seen),
                             judge_draw(seen, Point::draw_in_restore, DrawOf::restore),
                             judge_boot(seen, Point::put_back, seen.shut),
                             judge_data(seen),
                             judge_erased(seen),
                             judge_boot(seen, Point::boots, seen.open),
                             judge_own_port(seen)};
  if (!seen.broke) return all;
  PointItem& item = all[static_cast<std::size_t>(seen.broke->point)];
  if (item.result != PointResult::failed) item = failed(seen.broke->point, seen.broke->cause, seen.broke->remedy);
  return all;
}

const PointItem* first_failed(const std::vector<PointItem>& all) {
  const auto at = std::find_if(all.begin(), all.end(), [](const PointItem& i) { return i.result == PointResult::failed; });
  return at == all.end() ? nullptr : &*at;
}

bool all_passed(const std::vector<PointItem>& all) {
  return std::all_of(all.begin(), all.end(), [](const PointItem& i) {
    return i.result == PointResult::passed || i.result == PointResult::not_metered;
  });
}

}  // namespace greenroom::cli
