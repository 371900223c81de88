// Facts to spans of time.
#include <fmt/format.h>

#include <optional>

#include "controller/simulate/report_parts.hpp"

namespace greenroom::sim {
namespace {

Paint paint_of(std::string_view kind, std::string_view state) {
  if (state == "held") return Paint::held;
  if (state == "hands") return Paint::hand;
  if (kind == "charge" || kind == "charge_gate") return Paint::charge;
  if (kind == "dfu" || kind == "restore" || kind == "install_os") return Paint::restore;
  if (kind == "first_boot") return Paint::boot;
  if (kind == "identify" || kind == "clear" || kind == "enroll" || kind == "configure") return Paint::look;
  return Paint::hand;
}

class SlotRows {
 public:
  explicit SlotRows(TimePoint end) : end_(end) {}

  void take(const Fact& f) {
    if (const auto* opened = std::get_if<VisitOpened>(&f.body)) visits_[opened->visit].serial = opened->serial;
    else if (const auto* sat = std::get_if<SeatingBegan>(&f.body)) sit(visits_[sat->visit], sat->slot, f.at);
    else if (const auto* left = std::get_if<SeatingEnded>(&f.body)) sit(visits_[left->visit], "", f.at);
    else if (const auto* step = std::get_if<StepChanged>(&f.body)) change(visits_[step->visit], *step, f.at);
  }
  Rows finish() {
    for (auto& [number, visit] : visits_) close(visit, end_);
    return std::move(rows_);
  }

 private:
  struct Visit {
    std::string serial, slot, kind{"seat"}, state{"running"}, what;
    TimePoint since;
  };
  void sit(Visit& v, const std::string& slot, TimePoint at) {
    close(v, at);
    v.slot = slot;
  }
  void change(Visit& v, const StepChanged& s, TimePoint at) {
    close(v, at);
    v.kind = s.kind;
    v.state = s.state;
    v.what = s.what;
  }
  void close(Visit& v, TimePoint at) {
    if (!v.slot.empty() && at > v.since) {
      std::string title =
          fmt::format("{}: {}, {}, {} to {}", v.serial, v.kind, v.state, hours_text(v.since), hours_text(at));
      if (!v.what.empty()) title += ": " + v.what;
      rows_[v.slot].push_back({v.since, at, paint_of(v.kind, v.state), v.kind, std::move(title)});
    }
    v.since = at;
  }

  TimePoint end_;
  std::map<std::uint64_t, Visit> visits_;
  Rows rows_;
};

class OutletRows {
 public:
  explicit OutletRows(TimePoint end) : end_(end) {}

  void take(const Fact& f) {
    if (const auto* sensed = std::get_if<OutletSensed>(&f.body)) {
      Outlet& o = outlets_[sensed->outlet];
      close(sensed->outlet, o, f.at);
      o.state = sensed->state;
      if (o.state == "on") o.shed = false;
    } else if (const auto* given = std::get_if<LeaseGiven>(&f.body)) {
      lease(given->outlet, true, f.at);
    } else if (const auto* over = std::get_if<LeaseEnded>(&f.body)) {
      lease(over->outlet, false, f.at);
    } else if (const auto* order = std::get_if<SwitchStarted>(&f.body); order && order->shed) {
      Outlet& o = outlets_[order->outlet];
      close(order->outlet, o, f.at);
      o.shed = true;
    }
  }
  Rows finish() {
    for (auto& [name, outlet] : outlets_) close(name, outlet, end_);
    return std::move(rows_);
  }

 private:
  struct Outlet {
    std::string state{"unknown"};
    bool leased{}, shed{};
    TimePoint since;
  };
  void lease(const std::string& name, bool given, TimePoint at) {
    Outlet& o = outlets_[name];
    close(name, o, at);
    o.leased = given;
  }
  static std::optional<Paint> paint_of_outlet(const Outlet& o) {
    if (o.leased) return Paint::leased;
    if (o.state == "on") return Paint::on;
    if (o.shed) return Paint::shed;
    if (o.state == "off") return std::nullopt;
    return Paint::unknown;
  }
  void close(const std::string& name, Outlet& o, TimePoint at) {
    const auto colour = paint_of_outlet(o);
    if (colour && at > o.since) {
      const std::string word = paint(*colour).words;
      rows_[name].push_back(
          {o.since, at, *colour, word, fmt::format("{}: {}, {} to {}", name, word, hours_text(o.since), hours_text(at))});
    }
    o.since = at;
  }

  TimePoint end_;
  std::map<std::string, Outlet> outlets_;
  Rows rows_;
};

}  // namespace

Rows slot_rows(const ReportData& data) {
  SlotRows rows(TimePoint{} + data.length);
  for (const Fact& f : data.facts) rows.take(f);
  return rows.finish();
}

Rows outlet_rows(const ReportData& data) {
  OutletRows rows(TimePoint{} + data.length);
  for (const Fact& f : data.facts) rows.take(f);
  return rows.finish();
}

}  // namespace greenroom::sim
