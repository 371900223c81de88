#include "controller/simulate/charging/run.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <unordered_map>

#include "controller/domain/power/charge_model.hpp"
#include "controller/simulate/charging/meters.hpp"
#include "controller/simulate/charging/plant.hpp"
#include "controller/simulate/charging/product.hpp"
#include "controller/simulate/charging/silence.hpp"

namespace greenroom::sim::charging {
namespace {

using namespace std::chrono_literals;

// A serial PDU: an order waits for its line, and a reply is some lines of text at 9600 baud.
constexpr Duration commit_time = 20ms, contact_time = 150ms, order_time = 400ms;
constexpr Duration meter_lag = 2s, read_time = 600ms;
constexpr Duration warm_up = 60s;  // PDUs are known and settled before the Macs want charge
constexpr Duration close_spacing = 200ms;
constexpr double nearly = 0.005;  // a report may be ahead of the truth: it asks until it is there

enum class Kind : std::uint8_t { sample, read, reply, commit, contact, read_back, response, wake };

struct Event {
  TimePoint at;
  std::uint64_t number{};
  Kind kind{};
  std::uint32_t outlet{};
  bool on{};
  bool sent{true}, heard{true};
  std::uint64_t effect{};
  bool operator<(const Event& o) const { return at != o.at ? at > o.at : number > o.number; }  // the earliest on top
};

struct Progress {
  std::optional<Duration> ready;  // since the start
  bool present{}, pinned{}, hopeless{};
};

class Running {
 public:
  Running(const Cell& cell, double longest_s)
      : cell_(cell), plant_(cell), meters_(cell), product_(cell, begin_), line_free_(cell.room.pdus.size(), begin_) {
    end_ = start_ + seconds_of(longest_s);
    progress_.resize(cell.seats.size());
    operations_.assign(cell.seats.size(), 0);
    last_close_.assign(cell.room.circuits.size(), begin_ - 1h);
    tree_ = make_tree(cell.room);
    for (std::uint32_t o = 0; o < cell.room.outlets.size(); ++o) by_name_[cell.room.outlets[o].name] = o;
    for (std::size_t i = 0; i < cell.seats.size(); ++i) {
      const model::MacSpec& mac = cell.seats[i].mac;
      progress_[i].hopeless = mac.dead_pack || mac.charge_limit < cell.seats[i].goal;
    }
  }

  RunResult run() {
    for (std::uint32_t p = 0; p < cell_.room.pdus.size(); ++p) product_.identify(PduId{p}, begin_);
    push({.at = begin_, .kind = Kind::sample});
    if (cell_.spec.wiring.demand_response < 1) {
      push({.at = start_ + response_from, .kind = Kind::response, .on = true});
      push({.at = start_ + response_until, .kind = Kind::response});
    }
    while (!events_.empty() && !all_ready() && events_.top().at <= end_) {
      const Event e = events_.top();
      events_.pop();
      if (e.at > now_) plant_.advance(in_seconds(e.at - now_));
      now_ = std::max(now_, e.at);
      happen(e);
    }
    return result();
  }

 private:
  void push(Event e) {
    e.number = next_event_++;
    events_.push(e);
  }

  void happen(const Event& e) {
    switch (e.kind) {
      case Kind::sample:
        meters_.sample(plant_);
        push({.at = now_ + meter_lag, .kind = Kind::read});
        push({.at = now_ + cell_.spec.poll, .kind = Kind::sample});
        return;
      case Kind::read: read(); return push({.at = now_ + read_time, .kind = Kind::reply});
      case Kind::reply: return replied();
      case Kind::commit: return commit(e);
      case Kind::contact: return contact(e);
      case Kind::read_back: return read_back(e);
      case Kind::response: return respond(e.on);
      case Kind::wake:
        if (woken_at_ == e.at) woken_at_ = never;
        return plan();
    }
  }

  // All PDUs are read at one instant, so that one plan serves them all.
  void read() {
    for (std::uint32_t p = 0; p < cell_.room.pdus.size(); ++p) {
      const bool silent = silence_.holds(PduId{p}, now_);
      if (silence_.back(PduId{p}, silent)) product_.identify(PduId{p}, now_);
      if (silent) product_.take(PduSilent{PduId{p}, "no reply within 2 s", false}, now_);
      else replies_.push_back(meters_.read(PduId{p}, plant_, now_));
    }
  }

  void replied() {
    for (PduRead& r : replies_) product_.take(Input(std::move(r)), now_);
    replies_.clear();
    plant_.suppose_dead();
    if (drawn_ && now_ >= start_) result_.load_A.push_back(plant_.circuit_amps(0));
    look();
    plan();
  }

  // Who is there, who is at the goal, what the others ask for.
  void look() {
    product_.demands.clear();
    for (std::uint32_t i = 0; i < progress_.size(); ++i) {
      Progress& p = progress_[i];
      const Seat& seat = cell_.seats[i];
      const Duration since = now_ - start_;
      if (!p.present && since >= seat.arrives) {
        p.present = true;
        plant_.arrive(i);
      }
      if (!p.present) continue;
      p.pinned = since < seat.arrives + seat.pinned;
      if (!p.ready && is_ready(i)) p.ready = since;
      Demand d;
      d.slot = SlotId{i};
      d.visit = i + 1;
      d.battery_Wh = seat.of->battery_Wh;
      d.goal = seat.goal;
      d.charge = std::min(estimate(i), seat.goal - nearly);
      d.want = p.pinned ? Want::protect : p.ready ? Want::nothing : Want::charge;
      if (seat.due) d.deadline = start_ + *seat.due;
      product_.demands.push_back(d);
    }
  }

  double estimate(std::uint32_t i) const {
    if (!cell_.spec.wall_only) return std::clamp(plant_.charge(i) + cell_.seats[i].bias, 0.0, 1.0);
    return seen_charge(product_.seen(i, now_), cell_.seats[i].of->battery_Wh);
  }

  bool is_ready(std::uint32_t i) {
    if (progress_[i].hopeless) return false;
    if (!cell_.spec.wall_only) return plant_.charge(i) >= cell_.seats[i].goal - 1e-9;
    if (!product_.seen(i, now_).full) return false;
    if (plant_.charge(i) < cell_.seats[i].goal - nearly) ++result_.false_full;
    return true;
  }

  bool all_ready() const {
    return std::all_of(progress_.begin(), progress_.end(), [](const Progress& p) { return p.ready || p.hopeless; });
  }

  void plan() {
    product_.plan(now_);
    for (const SwitchStarted& order : product_.orders) {
      const std::uint32_t o = by_name_.at(order.outlet);
      TimePoint& line = line_free_[cell_.room.outlets[o].pdu.value];
      const TimePoint begins = std::max(now_ + commit_time, line);
      Event e{.at = begins, .kind = Kind::commit, .outlet = o, .on = order.to == "on", .effect = order.effect};
      if (begins > order.expires) {  // its turn comes too late: it takes no time of the line
        e.kind = Kind::read_back;
        e.at = order.expires;
        e.sent = false;
      } else {
        line = begins + order_time;
      }
      push(e);
    }
    product_.orders.clear();
    if (product_.wake_at <= now_ || product_.wake_at == never || product_.wake_at == woken_at_) return;
    woken_at_ = product_.wake_at;
    push({.at = woken_at_, .kind = Kind::wake});
  }

  void commit(Event e) {
    e.sent = e.on || product_.may_commit_open(e.outlet).has_value();
    e.heard = !silence_.holds(cell_.room.outlets[e.outlet].pdu, now_);
    e.kind = Kind::contact;
    e.at = now_ + contact_time;
    if (e.sent && e.heard) push(e);
    e.kind = Kind::read_back;
    e.at = now_ + order_time;
    push(e);
  }

  void contact(const Event& e) {
    if (plant_.closed(e.outlet) != e.on) {
      ++operations_[e.outlet];
      if (drawn_) note_on_time(e.outlet, e.on);
      if (!e.on && progress_[e.outlet].pinned && product_.is_protected(e.outlet)) ++result_.protected_opens;
      if (e.on) {
        TimePoint& last = last_close_[tree_.root[tree_.lowest[e.outlet]]];
        if (now_ < last + close_spacing) ++result_.close_closes;
        last = now_;
      }
    }
    plant_.contact(e.outlet, e.on);
    plant_.draw();
    plant_.suppose_dead();
  }

  void note_on_time(std::uint32_t o, bool on) {
    const double s = in_seconds(now_ - start_);
    if (on) result_.on_times.push_back({o, s, -1});
    else {
      for (RunResult::OnTime& t : result_.on_times) {
        if (t.outlet == o && t.to_s < 0) t.to_s = s;
      }
    }
  }

  void read_back(const Event& e) {
    SwitchResult r{e.effect, OutletId{e.outlet}, e.on, Sensed::unknown, e.sent, {}};
    if (e.sent && e.heard) r.read_back = plant_.closed(e.outlet) ? Sensed::on : Sensed::off;
    else r.error = e.sent ? "no reply within 2 s" : "not sent in time";
    product_.take(Input(std::move(r)), now_);
    plan();
  }

  void respond(bool begins) {
    const double share = cell_.spec.wiring.demand_response;
    for (std::uint32_t c = 0; c < cell_.room.circuits.size(); ++c) {
      if (cell_.room.circuits[c].kind != CircuitKind::panel) continue;
      Command command;
      command.kind = CommandKind::limit;
      command.label = cell_.room.circuits[c].name;
      command.number = begins ? static_cast<std::uint64_t>(share * 1000 * cell_.room.circuits[c].continuous.value()) : 0;
      product_.take(Input(std::move(command)), now_);
      plant_.limit(c, begins ? share : 1.0);
    }
    plan();
  }

  RunResult result() {
    RunResult& r = result_;
    r.finished = all_ready();
    std::vector<double> ready;
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      const Progress& p = progress_[i];
      r.relay_operations += operations_[i];
      if (p.hopeless) continue;
      ready.push_back(in_seconds(p.ready.value_or(now_ - start_)));
      if (!cell_.seats[i].due) continue;
      ++r.due;
      if (!p.ready || *p.ready > *cell_.seats[i].due) ++r.misses;
    }
    std::sort(ready.begin(), ready.end());
    r.devices = static_cast<std::uint32_t>(progress_.size());
    if (!ready.empty()) {
      const auto n = static_cast<double>(ready.size());
      r.makespan_s = ready.back();
      r.p50_s = ready[ready.size() / 2];
      r.p95_s = ready[static_cast<std::size_t>(std::ceil(0.95 * n)) - 1];
    }
    for (std::uint32_t c = 0; c < plant_.circuits(); ++c) {
      const CircuitTruth& t = plant_.truth(c);
      r.hard_As += t.over_hard_As;
      r.fault_As += t.fault_As;
      r.over_soft_s = std::max(r.over_soft_s, t.over_soft_s);
      r.now_over_s = std::max(r.now_over_s, t.now_over_s);
      r.worst_theta = std::max(r.worst_theta, t.worst_theta);
      r.trips += t.trips;
      r.if_dead = std::max(r.if_dead, t.if_dead);
    }
    r.virtual_s = in_seconds(now_ - start_);
    for (RunResult::OnTime& t : r.on_times) {
      if (t.to_s < 0) t.to_s = r.virtual_s;
    }
    r.over_soft_s_per_hour = r.over_soft_s / std::max(1.0, r.virtual_s / 3600.0);
    r.maps_revoked = product_.maps_revoked;
    r.plans = product_.plans;
    return r;
  }

  const Cell& cell_;
  TimePoint begin_ = TimePoint{} + 1h, now_ = begin_, start_ = begin_ + warm_up, end_;
  Plant plant_;
  Meters meters_;
  Product product_;
  Silence silence_{cell_, start_};
  std::vector<TimePoint> line_free_, last_close_;
  std::vector<PduRead> replies_;
  CircuitTree tree_;
  std::vector<Progress> progress_;
  std::vector<std::uint64_t> operations_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::priority_queue<Event> events_;
  std::uint64_t next_event_{};
  TimePoint woken_at_{never};
  RunResult result_;
  bool drawn_{cell_.spec.drawn};
};

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

double RunResult::operations_per_device() const {
  return devices == 0 ? 0.0 : static_cast<double>(relay_operations) / static_cast<double>(devices);
}

RunResult run(const Cell& cell, double longest_s) {
  const double began = thread_seconds();
  RunResult r = Running(cell, longest_s).run();
  r.wall_s = thread_seconds() - began;
  return r;
}

}  // namespace greenroom::sim::charging
