#include "controller/simulate/wrong_mac/engines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "firmware-bridge/progress.hpp"
#include "hw/async/handover.hpp"

namespace greenroom::sim::wrong_mac {
namespace {

// Waits of the real engine (macs facts, 2.5).
constexpr Duration detect_wait = std::chrono::seconds{10};
constexpr Duration reconnect_wait = std::chrono::seconds{20};
constexpr Duration restore_mode_wait = std::chrono::seconds{300};
// A restore OS whose host went away gives up and restarts (assumption, as in model_engine.cpp).
constexpr Duration gives_up = std::chrono::seconds{60};

bool takes_orders(const Mac& m) {
  return m.shows && (m.mode == Mode::dfu || m.mode == Mode::port_dfu || m.mode == Mode::recovery);
}

std::uint64_t shown_ecid(const Mac& m) { return m.mode == Mode::port_dfu ? m.port_ecid : m.ecid; }

}  // namespace

struct Engines::Job {
  Job(RestoreJob o, PortNo p)
      : order(std::move(o)), port(p), ecid(static_cast<std::uint64_t>(order.ecid)), log(order.kind, order.ecid) {}
  struct Follower {
    std::uint64_t number;
    Handover<RestoreOutcome>::Giver ended;
  };
  RestoreJob order;
  PortNo port;
  std::uint64_t ecid;  // whom it is about: not always whom it was started for
  RestoreLog log;
  bool greedy{}, lies{}, fails{}, permitted{};
  std::optional<MacNo> mac;
  TimePoint until{}, adopts_from{};
  std::vector<Follower> followers;
  std::optional<RestoreOutcome> outcome;
  std::uint64_t turn{};  // a step asked for before the job moved on is void
  bool at_gate{};
};

Engines::Engines(Clock& clock, Floor& floor, Random random, EngineManners manners)
    : clock_(clock), floor_(floor), random_(random), manners_(manners) {}
Engines::~Engines() = default;

Engines::Job* Engines::find(JobId id) const {
  const auto job = jobs_.find(id);
  return job == jobs_.end() ? nullptr : job->second.get();
}

void Engines::next(Job& job, double wait_s, Step step) {
  clock_.call_at(clock_.now() + seconds_of(wait_s), [this, &job, step, turn = ++job.turn] {
    if (!job.outcome && job.turn == turn) (this->*step)(job);
  });
}

void Engines::say(Job& job, const std::string& line) const {
  job.log.line(EngineStream::err, "12:00:00.000    <Info> " + line);
}

// ---- what the bench asks --------------------------------------------------------------------------------------------

Task<JobId> Engines::start(RestoreJob order) {
  const JobId id = order.id;
  if (find(id) != nullptr) co_return id;
  const auto port = floor_.port_of(order.path);
  if (!port) co_return fail(Errc::refused, order.path.text() + ": no such port");
  auto made = std::make_unique<Job>(std::move(order), *port);
  Job& job = *jobs_.emplace(id, std::move(made)).first->second;
  job.greedy = random_.chance(manners_.greedy);
  job.lies = random_.chance(manners_.lies);
  job.fails = random_.chance(manners_.fails);
  job.until = clock_.now() + detect_wait;
  if (floor_.tell)
    floor_.tell(fmt::format("engine {} starts at {} for ECID {:X}{}", static_cast<std::uint64_t>(id),
                            floor_.path(*port).text(), job.ecid, job.greedy ? ", greedy" : ""));
  next(job, 1, &Engines::look);
  co_return id;
}

Task<RestoreOutcome> Engines::attach(JobId id, ProgressSink) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, "there is no such job");
  if (job->outcome) co_return *job->outcome;
  Handover<RestoreOutcome> ended;
  const std::uint64_t number = ++followers_;
  job->followers.push_back(Job::Follower{number, ended.giver()});
  auto outcome = co_await ended.take();
  std::erase_if(job->followers, [number](const Job::Follower& f) { return f.number == number; });
  co_return outcome;
}

Task<void> Engines::stop(JobId id) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, "there is no such job");
  if (!job->outcome) end(*job, std::nullopt);
  co_return Result<void>{};
}

Task<void> Engines::permit(JobId id) {
  Job* job = find(id);
  if (job == nullptr) co_return fail(Errc::refused, "there is no such job");
  if (!std::exchange(job->permitted, true) && job->at_gate && !job->outcome) next(*job, 0, &Engines::gate);
  co_return Result<void>{};
}

Result<bool> Engines::permitted(JobId id) const {
  const Job* job = find(id);
  if (job == nullptr) return fail(Errc::refused, "there is no such job");
  return job->permitted;
}

// ---- whom it opens --------------------------------------------------------------------------------------------------

bool Engines::may_open(const Job& job, PortNo port) const { return !manners_.fenced || job.port == port; }

// The Mac that it is about, where it shows in that mode and may be opened.
std::optional<MacNo> Engines::mine(const Job& job, Mode mode) const {
  if (!job.mac) return std::nullopt;
  const Mac& m = floor_.macs[*job.mac];
  return m.port && m.shows && m.mode == mode && may_open(job, *m.port) ? job.mac : std::nullopt;
}

// As libirecovery looks: device by device; the first KIS device is taken without a question, and only then asked who it is
// (macs facts, section 2: libusb_open_with_ecid).
std::optional<MacNo> Engines::first_match(Job& job, bool& wrong_kis) const {
  for (PortNo port = 0; port < floor_.ports(); ++port) {
    const auto mac = may_open(job, port) ? floor_.at(port) : std::nullopt;
    if (!mac || !takes_orders(floor_.macs[*mac])) continue;
    const Mac& m = floor_.macs[*mac];
    if (shown_ecid(m) == job.ecid) return mac;
    if (m.mode != Mode::dfu || m.family != Family::kis) continue;
    wrong_kis = true;
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<MacNo> Engines::any_mac(const Job& job) {
  std::vector<MacNo> there;
  for (PortNo port = 0; port < floor_.ports(); ++port) {
    const auto mac = may_open(job, port) ? floor_.at(port) : std::nullopt;
    if (mac && takes_orders(floor_.macs[*mac])) there.push_back(*mac);
  }
  return there.empty() ? std::nullopt : std::optional(there[random_.below(there.size())]);
}

// ---- a run, step by step --------------------------------------------------------------------------------------------

void Engines::look(Job& job) {
  bool wrong_kis = false;
  const auto mac = job.greedy ? any_mac(job) : first_match(job, wrong_kis);
  if (mac) return take(job, *mac);
  if (wrong_kis || clock_.now() >= job.until)
    return fail_with(job, "Unable to discover device mode. Please make sure a device is attached.");
  next(job, 1, &Engines::look);
}

void Engines::take(Job& job, MacNo mac) {
  const Mac& m = floor_.macs[mac];
  job.mac = mac;
  job.ecid = m.ecid;
  const bool port_dfu = m.mode == Mode::port_dfu;
  say(job, port_dfu ? "Found device in Port DFU mode" : "Found device in DFU mode");
  say(job, fmt::format("ECID: {}", shown_ecid(m)));
  say(job, "Performing macOS restore");
  if (floor_.tell) floor_.tell(fmt::format("engine {} takes Mac {}", static_cast<std::uint64_t>(job.order.id), mac));
  if (job.fails) return fail_with(job, "Unable to get SHSH blobs for this device");
  if (port_dfu) return next(job, 4, &Engines::port_firmware);
  if (m.mode == Mode::dfu) return next(job, 3, &Engines::ibss);
  job.until = clock_.now() + reconnect_wait;
  next(job, 2, &Engines::recovery);
}

// From here on it knows no ECID: the next Apple device that appears is its own (macs facts: the Port-DFU trap).
void Engines::port_firmware(Job& job) {
  if (!mine(job, Mode::port_dfu)) return fail_with(job, "Device did not reconnect in DFU mode. Port DFU failed.");
  job.adopts_from = clock_.now();
  job.until = floor_.port_firmware(*job.mac) + reconnect_wait;
  job.mac.reset();
  adopt(job);
}

void Engines::adopt(Job& job) {
  std::optional<MacNo> next_one;
  for (PortNo port = 0; port < floor_.ports(); ++port) {
    const auto mac = may_open(job, port) ? floor_.at(port) : std::nullopt;
    if (!mac) continue;
    const Mac& m = floor_.macs[*mac];
    const bool appeared = takes_orders(m) && m.mode != Mode::port_dfu && m.since > job.adopts_from;
    if (appeared && (!next_one || m.since < floor_.macs[*next_one].since)) next_one = mac;
  }
  if (!next_one) {
    if (clock_.now() >= job.until) return fail_with(job, "Device did not reconnect in DFU mode. Port DFU failed.");
    return next(job, 0.5, &Engines::adopt);
  }
  job.mac = next_one;
  job.ecid = floor_.macs[*next_one].ecid;
  if (floor_.tell) floor_.tell(fmt::format("engine {} adopts Mac {}", static_cast<std::uint64_t>(job.order.id), *next_one));
  next(job, 3, &Engines::ibss);
}

void Engines::ibss(Job& job) {
  job.until = clock_.now() + reconnect_wait;
  if (mine(job, Mode::dfu)) job.until = floor_.ibss(*job.mac) + reconnect_wait;
  else if (!mine(job, Mode::recovery)) return fail_with(job, "Unable to place device into recovery mode from DFU mode");
  next(job, 2, &Engines::recovery);
}

void Engines::recovery(Job& job) {
  if (!mine(job, Mode::recovery)) {
    if (clock_.now() >= job.until) return fail_with(job, "Unable to place device into recovery mode from DFU mode");
    return next(job, 2, &Engines::recovery);
  }
  Mac& m = floor_.macs[*job.mac];
  say(job, "INFO: device serial number is " + m.iboot_serial);
  m.auto_boot = false;  // before anybody knows the serial (design.md 8)
  job.until = floor_.restore_os(*job.mac) + restore_mode_wait;
  job.at_gate = true;
  next(job, 30, &Engines::gate);
}

// The restore OS is reached through usbmuxd, which the gate shows once it is open; matched by its ECID (macs facts 3).
void Engines::gate(Job& job) {
  if (job.permitted && mine(job, Mode::restore)) return erase(job);
  if (clock_.now() >= job.until) return fail_with(job, "Device failed to enter restore mode.");
  next(job, job.permitted ? 2 : in_seconds(job.until - clock_.now()), &Engines::gate);
}

void Engines::erase(Job& job) {
  job.at_gate = false;
  Mac& m = floor_.macs[*job.mac];
  say(job, "About to restore device... ");
  say(job, fmt::format("UniqueChipID: {}", m.ecid));
  if (!job.lies) {
    if (on_erase) on_erase(job.order.id, *job.mac);
    m.erased = true;
    job.log.line(EngineStream::err,
                 "12:00:00.000 <Verbose> Checkpoint completed id: 0x61F (format_effaceable_storage) result=0");
  }
  next(job, random_.uniform(60, 240), &Engines::finish);
}

void Engines::finish(Job& job) {
  if (!mine(job, Mode::restore)) return fail_with(job, "Could not read data (-256). Aborting.");
  floor_.finish(*job.mac);
  for (const char* line : {"Done sending filesystem", "Status: Restore Finished", "DONE"}) say(job, line);
  end(job, 0);
}

void Engines::fail_with(Job& job, const char* words) {
  say(job, std::string("ERROR: ").append(words));
  end(job, 1);
}

void Engines::end(Job& job, std::optional<int> exit_code) {
  job.outcome = job.log.finish(exit_code);
  if (floor_.tell)
    floor_.tell(fmt::format("engine {} ends: {}", static_cast<std::uint64_t>(job.order.id),
                            job.outcome->completed ? "DONE" : job.outcome->cause));
  for (const auto& follower : job.followers) follower.ended.give(*job.outcome);
  if (job.outcome->completed || !job.mac) return;
  clock_.call_at(clock_.now() + gives_up, [this, mac = *job.mac] {
    const bool taken_up =
        std::any_of(jobs_.begin(), jobs_.end(), [mac](const auto& j) { return !j.second->outcome && j.second->mac == mac; });
    if (!taken_up && floor_.macs[mac].mode == Mode::restore) floor_.press_power(mac);
  });
}

// ---- actions --------------------------------------------------------------------------------------------------------

Task<AppleDevice> Actions::enter_dfu(PortPath path, TimePoint deadline) {
  const UsbTable::Predicate dfu = [](const UsbSighting& seen) {
    const auto mode = mode_by_id(seen);
    return mode == MacMode::dfu || mode == MacMode::kis || mode == MacMode::port_dfu;
  };
  if (const auto there = table_.at(path); there && dfu(*there)) co_return classify(*there);
  const auto port = floor_.port_of(path);
  if (!port) co_return fail(Errc::device_gone, path.text() + ": no such port");
  if (const auto due = floor_.enter_dfu(*port); !due) co_return fail(due.error());
  auto fits = dfu;
  const auto seen = co_await table_.wait_for(std::move(path), std::move(fits), deadline);
  if (!seen) co_return fail(seen.error());
  co_return classify(*seen);
}

Task<void> Actions::restart(PortPath path, TimePoint deadline) {
  const auto port = floor_.port_of(path);
  const auto mac = port ? floor_.at(*port) : std::nullopt;
  if (!mac) co_return fail(Errc::device_gone, path.text() + ": nothing there");
  floor_.press_power(*mac);
  co_return co_await table_.wait_empty(std::move(path), deadline);
}

Task<void> Actions::leave_dfu(PortPath path, TimePoint deadline) { co_return co_await restart(std::move(path), deadline); }

Task<void> Actions::put_back(PortPath path, TimePoint deadline) {
  const auto port = floor_.port_of(path);
  const auto mac = port ? floor_.showing(*port, Mode::recovery) : std::nullopt;
  if (!mac) co_return fail(Errc::refused, path.text() + ": no Mac in recovery there");
  floor_.macs[*mac].auto_boot = true;
  co_return co_await restart(std::move(path), deadline);
}

}  // namespace greenroom::sim::wrong_mac
