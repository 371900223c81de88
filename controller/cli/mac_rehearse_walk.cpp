#include "controller/cli/mac_rehearse_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "hw/async/task_group.hpp"

namespace greenroom::cli {
namespace {

constexpr Duration between_readings = std::chrono::seconds{2};
constexpr std::size_t most_draws = 300;
constexpr Duration meter_patience = std::chrono::seconds{30};  // beyond its lag, for enough readings
constexpr Duration shows_itself = std::chrono::seconds{60};    // a Mac whose engine was ended, until it stands somewhere
constexpr Duration boot_patience = std::chrono::minutes{10};   // macOS after a restore, to its first screen

std::optional<MacMode> mode_of(const UsbSighting& s) {
  const auto device = classify(s);
  return device ? std::optional(device->mode) : mode_by_id(s);
}

class Walk {
 public:
  Walk(const RehearsalPorts& p, const RehearsalWatch& w, RehearsalSeen& s) : p_(p), mac_(p.mac), watch_(w), seen_(s) {}
  Task<void> run(JobId first);
  // From wherever it stands: to the system that it has.
  Task<std::string> take_back();
  asio::awaitable<void> read_meter();
  void reach(Point point) { point_ = point; }
  void breaks(const Error& e) {
    const bool signal = e.code == Errc::cancelled;
    seen_.broke = Broke{point_, signal ? "ended by a signal" : e.message, "see to that, then rehearse again"};
  }

 private:
  Task<RestoreOrder> enter(Point);
  Task<void> shut_run(RestoreOrder order, JobId);
  Task<void> open_run(RestoreOrder order, JobId);
  Task<void> until_booted(Point);
  Task<void> ask_for_data();
  Task<void> enough_draws_of(DrawOf);
  asio::awaitable<void> hold_gate(const RestoreOrder&, ProcessEngine&, EngineRun&);
  Task<void> follow(EngineRun&, ProcessEngine&, asio::awaitable<void> gate, RehearsalRun&);
  Result<void> so_far() const;

  const RehearsalPorts& p_;
  const MacAtHand& mac_;
  const RehearsalWatch& watch_;
  RehearsalSeen& seen_;
  Point point_ = Point::dfu;
};

// What the judge says of it ends the walk, too.
Result<void> Walk::so_far() const {
  const auto all = judge_rehearsal(seen_);
  const PointItem* bad = first_failed(all);
  if (bad == nullptr) return {};
  return fail(Errc::refused, fmt::format("{}: {}", to_string(bad->point), bad->words));
}

asio::awaitable<void> Walk::read_meter() {
  while (seen_.draws.size() < most_draws) {
    const auto reading = co_await p_.meter->pdu.read(Depth::full);
    if (!reading && reading.error().code == Errc::cancelled) co_return;
    for (const OutletReading& o : reading ? reading->outlets : std::vector<OutletReading>{}) {
      if (o.number != p_.meter->outlet || !o.current) continue;
      const Duration age = reading->received - reading->began;
      seen_.draws.push_back({watch_.now() - (mac_.clock.now() - reading->began), age, *o.current});
    }
    if (!co_await mac_.clock.sleep_until(mac_.clock.now() + between_readings)) co_return;
  }
}

Task<void> Walk::enough_draws_of(DrawOf of) {
  if (!p_.meter) co_return Result<void>{};
  const TimePoint longest = mac_.clock.now() + p_.meter->lag + meter_patience;
  while (draws_of(seen_, of).size() < enough_draws && mac_.clock.now() < longest)
    if (const auto slept = co_await mac_.clock.sleep_until(mac_.clock.now() + between_readings / 4); !slept) co_return slept;
  co_return Result<void>{};
}

Task<RestoreOrder> Walk::enter(Point point) {
  reach(point);
  mac_.engine_owns = false;
  auto order = co_await into_dfu(mac_);
  if (!order) co_return order;
  if (auto known = p_.known(order->chip_board); !known) co_return fail(known.error());
  if (seen_.ecid && *seen_.ecid != order->ecid)
    co_return fail(Errc::refused, "the Mac that is in DFU there now has another ECID than the one before");
  seen_.ecid = order->ecid;
  co_return order;
}

// Until the Mac has stood in its restore OS for the whole time, with nothing but the gate between it and its engine. Whoever
// names himself as another is refused at once.
asio::awaitable<void> Walk::hold_gate(const RestoreOrder& order, ProcessEngine& engine, EngineRun& run) {
  UsbTable::Predicate speaks = names_itself;
  const auto said = co_await mac_.table.wait_for(order.path, std::move(speaks), never);
  if (!said) co_return;
  auto why = not_the_one(order, *said);
  if (!why) why = another_in_the_way(mac_.table.places(), order.path);
  if (!why) {
    UsbTable::Predicate waits = [](const UsbSighting& s) { return mode_of(s) == MacMode::restore; };
    if (!co_await mac_.table.wait_for(order.path, std::move(waits), never)) co_return;
    p_.say(fmt::format("The Mac runs its restore OS; the gate stays shut for {:.0f} s.", in_seconds(seen_.shut_for)));
    if (!co_await mac_.clock.sleep_until(mac_.clock.now() + seen_.shut_for)) co_return;
    if (!co_await enough_draws_of(DrawOf::restore)) co_return;
    seen_.shut->released = watch_.now();
  }
  run.refused = why.value_or("");
  if (const auto stopped = co_await engine.stop(run.id); !stopped) run.refused += stopped.error().message;
}

Task<void> Walk::follow(EngineRun& run, ProcessEngine& engine, asio::awaitable<void> gate, RehearsalRun& seen) {
  ProgressSink sink = [this, &seen](const RestoreProgress& now) {
    if (now.stage > seen.furthest) p_.say(fmt::format("{}, {} %", to_string(now.stage), now.percent));
    seen.furthest = std::max(seen.furthest, now.stage);
  };
  const auto came = co_await attend(mac_, engine, run, std::move(gate), std::move(sink));
  seen.permitted = run.permitted;
  seen.refused = run.refused;
  if (!came) co_return fail(came.error());
  seen.outcome = *came;
  seen.ended = watch_.now();
  mac_.engine_owns = false;
  // attend() has put it off, so that no engine is left alone; from here on a signal ends the wait for the Mac again.
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return so_far();
}

Task<void> Walk::shut_run(RestoreOrder order, JobId id) {
  const auto engine = engine_for(mac_, p_.engines);
  EngineRun run;
  run.id = id;
  if (const auto started = co_await start_engine(mac_, *engine, order, id); !started) co_return started;
  auto gate = hold_gate(order, *engine, run);
  co_return co_await follow(run, *engine, std::move(gate), *seen_.shut);
}

Task<void> Walk::open_run(RestoreOrder order, JobId id) {
  const auto engine = engine_for(mac_, p_.engines);
  auto machine = co_await machine_ready(mac_);  // a person may have taken long since the first run
  if (!machine) co_return fail(machine.error());
  EngineRun run;
  run.id = id;
  run.machine = std::move(*machine);
  seen_.open.emplace();
  seen_.open->began = watch_.now();
  if (const auto started = co_await start_engine(mac_, *engine, order, id); !started) co_return started;
  auto gate = keep_gate(order, mac_, *engine, run);
  co_return co_await follow(run, *engine, std::move(gate), *seen_.open);
}

Task<void> Walk::until_booted(Point point) {
  const TimePoint longest = mac_.clock.now() + boot_patience;
  const auto is_there = [this, point] {
    const auto all = judge_rehearsal(seen_);
    return all[static_cast<std::size_t>(point)].result != PointResult::not_reached;
  };
  p_.say("Waiting until the Mac shows itself booted.");
  if (!is_there()) {
    UsbTable::Predicate up = [is_there](const UsbSighting&) { return is_there(); };
    const auto seen = co_await mac_.table.wait_for(mac_.port.path, std::move(up), longest);
    if (!seen && seen.error().code != Errc::timeout) co_return fail(seen.error());
    if (!seen)
      co_return fail(Errc::timeout, fmt::format("the Mac did not show itself booted, with its serial number, within {:.0f} "
                                                "min: look at its screen",
                                                in_seconds(boot_patience) / 60));
  }
  co_return so_far();
}

Task<std::string> Walk::take_back() {
  const PortPath& path = mac_.port.path;
  mac_.engine_owns = false;
  UsbTable::Predicate stands = [](const UsbSighting& s) { return mode_of(s).has_value(); };
  const auto there = co_await mac_.table.wait_for(path, std::move(stands), mac_.clock.now() + shows_itself);
  if (!there) co_return fail(there.error().code, fmt::format("the Mac does not show itself at {}", path.text()));
  const auto mode = mode_of(*there);
  UsbMacActions actions = actions_at(mac_);
  const TimePoint longest = mac_.clock.now() + seconds_of(mac_.options.mac.within_s);
  Result<void> left;
  if (mode == MacMode::booted || mode == MacMode::t2_booted) co_return std::string("it is booted");
  if (mode == MacMode::recovery || mode == MacMode::restore) left = co_await actions.put_back(path, longest);
  else left = co_await actions.leave_dfu(path, longest);
  if (!left) co_return fail(left.error());
  co_return std::string("it was put back");
}

Task<void> Walk::ask_for_data() {
  reach(Point::data);
  const auto answer =
      co_await p_.ask("Look at the Mac: is everything on it as it was? The next step erases it. Type yes or no:");
  if (!answer) co_return fail(answer.error());
  if (*answer != "yes" && *answer != "no")
    co_return fail(Errc::refused, "nobody said whether the Mac's data are as they were");
  seen_.intact = *answer == "yes";
  co_return so_far();
}

Task<void> Walk::run(JobId first) {
  const auto order = co_await enter(Point::dfu);
  if (!order) co_return fail(order.error());
  if (auto read = co_await enough_draws_of(DrawOf::dfu); !read) co_return read;
  seen_.shut.emplace();
  seen_.shut->began = watch_.now();
  if (auto good = so_far(); !good) co_return good;
  reach(Point::shut_gate);
  if (auto held = co_await shut_run(*order, first); !held) co_return held;
  reach(Point::put_back);
  p_.say("The engine was ended behind the shut gate. The Mac is put back.");
  if (auto back = co_await take_back(); !back) co_return fail(back.error());
  if (auto up = co_await until_booted(Point::put_back); !up) co_return up;
  if (auto told = co_await ask_for_data(); !told) co_return told;
  const auto again = co_await enter(Point::erased);
  if (!again) co_return fail(again.error());
  const JobId second{static_cast<std::uint64_t>(first) + 1};
  if (auto done = co_await open_run(*again, second); !done) co_return done;
  reach(Point::boots);
  co_return co_await until_booted(Point::boots);
}

}  // namespace

RehearsalWatch::RehearsalWatch(UsbTable& table, Clock& clock, RehearsalSeen& seen)
    : table_(table), clock_(clock), seen_(seen), start_(clock.now()) {
  table_.on_change([this](const PortPath& path, const UsbSighting* sighting) { take(path, sighting); });
}

RehearsalWatch::~RehearsalWatch() { table_.on_change(nullptr); }

void RehearsalWatch::take(const PortPath& path, const UsbSighting* sighting) {
  Showing w{now(), path, {}, "", {}};
  if (sighting != nullptr) {
    if (sighting->serial_from == SerialFrom::pending) return;  // it is told again when it is known
    w.mode = mode_of(*sighting);
    if (const auto device = classify(*sighting)) {
      w.serial = device->serial;
      w.ecid = device->ecid;
    }
  }
  const bool names_it = w.serial == seen_.serial || (w.ecid && w.ecid == seen_.ecid);
  if (path != seen_.port && !names_it) return;  // another slot's
  seen_.timeline.push_back(std::move(w));
}

asio::awaitable<std::string> walk_rehearsal(const RehearsalPorts& p, const RehearsalWatch& watch, RehearsalSeen& seen,
                                            JobId first) {
  Walk walk(p, watch, seen);
  TaskGroup meter(p.mac.executor);
  if (p.meter) meter.spawn(walk.read_meter());
  const auto done = co_await walk.run(first);
  // Whatever ended it, the Mac is seen to.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  meter.cancel();
  while (meter.size() > 0) static_cast<void>(co_await p.mac.clock.sleep_until(p.mac.clock.now()));
  if (done) co_return "";
  if (done.error().code == Errc::cancelled) p.say("The Mac is seen to. A second signal leaves it as it stands.");
  const auto judged = judge_rehearsal(seen);
  if (first_failed(judged) == nullptr) walk.breaks(done.error());
  if (seen.open && seen.open->permitted) {  // it may be at work: nobody restarts it
    if (!seen.open->ended) co_return "the engine goes on by itself; until it has ended this machine's USB is its own";
    p.say("The Mac is put back as soon as it shows recovery or DFU; restart it when its screen stands still.");
    auto back = co_await put_back(p.mac);
    co_return back ? std::move(*back) : back.error().message;
  }
  auto back = co_await walk.take_back();
  if (back) co_return std::move(*back);
  co_return back.error().message + "; " + by_hand(p.mac.port.path, "");
}

}  // namespace greenroom::cli
