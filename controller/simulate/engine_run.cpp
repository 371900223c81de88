// A run of the model engine, step by step. The lines are idevicerestore's own (git, February 2026, run with
// `-e -y -P --logfile -`); the few that no reader needs are left out.
#include "controller/simulate/engine_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/base/random.hpp"

namespace greenroom::sim {
namespace {

using model::Mode;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Waits of the real engine (its source, section 2.5 of the Mac facts).
constexpr Duration detect_wait = seconds{10};
constexpr Duration reconnect_wait = seconds{10};
constexpr Duration look_again = seconds{1};

constexpr int image_chunks = 4;
constexpr int system_chunks = 10;

// What it says when a stage fails.
constexpr std::string_view no_mac[] = {"Unable to discover device mode. Please make sure a device is attached."};
constexpr std::string_view not_sent[] = {"Unable to send iBSS component: Unable to upload data to device"};
constexpr std::string_view fell_back[] = {"Device failed to enter restore mode.",
                                          "Device reconnected in Recovery mode, most likely image personalization failed."};
constexpr std::string_view no_asr[] = {"Unable to send data to ASR. Sent 0 of 131072 bytes.", "Unable to restore device"};
constexpr std::string_view status_fail[] = {"Unable to successfully restore device", "Could not read data (-256). Aborting.",
                                            "Unable to restore device"};
constexpr std::string_view no_ticket[] = {"Unable to get SHSH blobs for this device"};
constexpr std::string_view no_ibss[] = {
    "Device did not reconnect in DFU or recovery mode. Possibly invalid iBSS. Reset device and try again.",
    "Unable to place device into recovery mode from DFU mode"};
constexpr std::string_view no_ibec[] = {
    "Device did not reconnect in recovery mode. Possibly invalid iBEC. Reset device and try again.",
    "Unable to place device into recovery mode from DFU mode"};
constexpr std::string_view no_tree[] = {"Unable to send RestoreDeviceTree component: Invalid input",
                                        "Unable to send RestoreDeviceTree to device.", "Unable to send DeviceTree",
                                        "Unable to place device into restore mode"};
constexpr std::string_view no_restore_mode[] = {"Device failed to enter restore mode.",
                                                "Make sure that usbmuxd is running."};
constexpr std::string_view link_down[] = {"Could not read data (-256). Aborting.", "Unable to restore device"};

// One upstream: the root port and all below it, "host/1-4" of "host/1-4.2".
std::string upstream_of(const PortPath& path) { return path.text().substr(0, path.text().find('.', path.text().find('/'))); }

}  // namespace

EngineRun::EngineRun(EngineMac& mac, const EngineTimings& timings, RestoreKind kind, Ecid ecid, model::EngineFault fault,
                     Print print)
    : mac_(mac), timings_(timings), kind_(kind), ecid_(ecid), fault_(fault), print_(std::move(print)) {
  Random own(static_cast<std::uint64_t>(ecid));
  slowness_ = 1.0 + timings_.slower_by * own.uniform();
}

std::optional<Duration> EngineRun::step(TimePoint now, WallTime wall) {
  now_ = now;
  wall_ = wall;
  wait_.reset();
  if (!exit_code_) (this->*next_)();
  return exit_code_ ? std::nullopt : wait_;
}

void EngineRun::say(Level level, std::string_view text) {
  static constexpr std::string_view marks[] = {"   <Info>", "<Verbose>", "  <Error>"};
  const auto ms = std::chrono::duration_cast<milliseconds>(wall_.time_since_epoch()).count();
  const auto day_ms = ((ms % 86'400'000) + 86'400'000) % 86'400'000;
  const auto line = fmt::format("{:02}:{:02}:{:02}.{:03} {} {}", day_ms / 3'600'000, day_ms / 60'000 % 60,
                                day_ms / 1000 % 60, day_ms % 1000, marks[static_cast<std::size_t>(level)], text);
  print_(EngineStream::err, line);
  if (level != Level::verbose) print_(EngineStream::out, text);
}

void EngineRun::progress(int step, double fraction) {
  print_(EngineStream::out, fmt::format("progress: {} {:f}", step, fraction));
}

void EngineRun::next(Duration wait, Step then) {
  next_ = then;
  wait_ = wait;
}

void EngineRun::end(int exit_code) {
  exit_code_ = exit_code;
  at_gate_ = false;
  mac_.share({});
}

void EngineRun::fail_with(Words errors) {
  for (const auto line : errors) error(line);
  end(1);
}

bool EngineRun::struck(double share, Words errors) {
  using Kind = model::EngineFault::Kind;
  if (share < fault_.at) return false;
  if (fault_.kind == Kind::fail) fail_with(errors);
  if (fault_.kind == Kind::hang) mac_.share({});  // and no next step is asked for
  return fault_.kind == Kind::fail || fault_.kind == Kind::hang;
}

// True when the Mac shows in that mode; else looks again until `patience` after it should have, then fails.
bool EngineRun::await_mode(Mode mode, Step again, Duration patience, Words errors) {
  if (mac_.port_in(mode)) return true;
  if (now_ < shows_by_ + std::max(patience, timings_.least_wait)) next(look_again, again);
  else fail_with(errors);
  return false;
}

void EngineRun::link_lost() { fail_with(link_down); }

void EngineRun::detect() {
  if (!looked_) {
    looked_ = true;
    subject_ = mac_.find(ecid_);
    shows_by_ = now_;
    info("idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)");
    progress(0, 0.0);
    progress(0, 0.1);
  }
  if (!subject_) return fail_with(no_mac);
  const bool in_recovery = mac_.port_in(Mode::recovery).has_value();
  if (!in_recovery && !await_mode(Mode::dfu, &EngineRun::detect, detect_wait, no_mac)) return;
  info(in_recovery ? "Found device in Recovery mode" : "Found device in DFU mode");
  info(fmt::format("ECID: {}", subject_->ecid));
  progress(0, 0.2);
  info(t2() ? "Identified device as j132ap, iBridge2,4" : fmt::format("Identified device as j313ap, {}", subject_->model));
  info("Extracting BuildManifest from IPSW");
  progress(0, 0.8);
  if (erases()) info("Variant: Customer Erase Install (IPSW)");
  if (erases()) info("This restore will erase all device data.");
  if (!t2()) info("Performing macOS restore");
  next(seconds{2}, &EngineRun::prepare);
}

void EngineRun::prepare() {
  progress(1, 0.0);
  info("Checking IPSW for required components...");
  info("All required components found in IPSW");
  progress(1, 0.2);
  info("Trying to fetch new SHSH blob");
  if (struck(0.03, no_ticket)) return;
  info("Received SHSH blobs");
  progress(1, 0.3);
  if (mac_.port_in(Mode::recovery)) return next(seconds{2}, &EngineRun::first_recovery);
  next(seconds{2}, &EngineRun::send_ibss);
}

void EngineRun::send_ibss() {
  info("Sending iBSS (204142 bytes)...");
  const auto port = mac_.port_in(Mode::dfu);
  if (!port) return fail_with(not_sent);
  if (struck(0.05, no_ibss)) return;
  const auto shows = mac_.send(EngineImage::ibss, *port);
  if (!shows) return fail_with(not_sent);
  shows_by_ = now_ + *shows;
  next(*shows + milliseconds{200}, &EngineRun::first_recovery);
}

void EngineRun::first_recovery() {
  if (!await_mode(Mode::recovery, &EngineRun::first_recovery, reconnect_wait, no_ibss)) return;
  if (struck(0.08, no_ibec)) return;
  info("INFO: executing command: setenv auto-boot false");
  info("INFO: executing command: saveenv");
  info("Sending iBEC (204142 bytes)...");
  next(seconds{5}, &EngineRun::second_recovery);
}

void EngineRun::second_recovery() {
  if (!mac_.port_in(Mode::recovery)) return fail_with(no_ibec);
  if (!subject_->serial.empty()) info(fmt::format("INFO: device serial number is {}", subject_->serial));
  progress(1, 0.5);
  info("Recovery Mode Environment:");
  info("iBoot boot-stage=2");
  progress(1, 0.7);
  info("Sending RestoreRamDisk (904142 bytes)...");
  next(seconds{12}, &EngineRun::boot_restore_os);
}

void EngineRun::boot_restore_os() {
  const auto port = mac_.port_in(Mode::recovery);
  if (!port) return fail_with(no_tree);
  if (struck(0.12, no_tree)) return;
  info("Sending RestoreKernelCache (704142 bytes)...");
  const auto shows = mac_.send(EngineImage::restore_os, *port);
  if (!shows) return fail_with(no_tree);
  progress(1, 0.9);
  info("Waiting for device to enter restore mode...");
  at_gate_ = true;
  shows_by_ = now_ + *shows;
  gate_closes_ = now_ + std::max(timings_.gate_wait, timings_.least_wait);
  next(*shows + milliseconds{500}, &EngineRun::gate);
}

// usbmuxd shows the Mac to the engine only once the permit is written; both may come late.
void EngineRun::gate() {
  const TimePoint now = now_;
  if (permitted_ && mac_.port_in(Mode::restore)) return start_restore();
  if (now >= gate_closes_) return fail_with(no_restore_mode);
  // Without a permit only the end of the wait is worth waking for; permit() comes here by itself.
  next(permitted_ ? std::min<Duration>(seconds{5}, gate_closes_ - now) : gate_closes_ - now, &EngineRun::gate);
}

void EngineRun::start_restore() {
  at_gate_ = false;
  if (struck(0.16, fell_back)) return;
  info("About to restore device... ");
  info("Connected to com.apple.mobile.restored, version 15");
  info("Hardware Information:");
  info(fmt::format("UniqueChipID: {}", subject_->ecid));
  progress(1, 1.0);
  // A run that lies leaves the data where it is, or erases it and keeps the proof to itself.
  const bool really = erases() && !(lies() && fault_.at < 0.5);
  const auto port = mac_.port_in(Mode::restore);
  const auto started = port ? mac_.start_restore(*port, really ? model::EraseKind::erase : model::EraseKind::revive)
                            : Result<void>(fail(Errc::device_gone, "the Mac left"));
  if (!started) return link_lost();
  say(Level::verbose, "Checkpoint started   id: 0x600 (start_restore)");
  next(seconds{8}, &EngineRun::erase);
}

void EngineRun::erase() {
  if (!mac_.port_in(Mode::restore)) return link_lost();
  if (struck(0.18, link_down)) return;
  info("Waiting for NAND (28)");
  info("Creating partition map (11)");
  info("Creating filesystem (12)");
  if (erases() && !lies()) {
    say(Level::verbose, "Checkpoint started   id: 0x61F (format_effaceable_storage)");
    say(Level::verbose, "Checkpoint completed id: 0x61F (format_effaceable_storage) result=0");
  }
  chunk_ = 0;
  if (kind_ == RestoreKind::erase_only) return next(seconds{20}, &EngineRun::finish);
  next(seconds{5}, &EngineRun::images);
}

// One part of a transfer; asks for the next. True when all is sent.
bool EngineRun::transfer(Duration whole, int chunks, Step again, int step) {
  const auto port = mac_.port_in(Mode::restore);
  if (!port) {
    link_lost();
    return false;
  }
  if (chunk_ > 0) progress(step, static_cast<double>(chunk_) / chunks);
  if (chunk_ >= chunks) {
    mac_.share({});
    return true;
  }
  const std::size_t sharing = mac_.share(upstream_of(*port));
  const double divided = std::max(1.0, static_cast<double>(sharing) / timings_.streams);
  const double size = t2() ? timings_.bridge_os : 1.0;
  ++chunk_;
  next(seconds_of(in_seconds(whole) * size * divided * slowness_ / chunks), again);
  return false;
}

void EngineRun::images() {
  if (struck(0.2 + 0.06 * chunk_, link_down)) return;
  if (chunk_ == 0) info("Sending BaseSystem now (300027 bytes)");
  if (!transfer(timings_.images, image_chunks, &EngineRun::images, 7)) return;
  chunk_ = 0;
  info("About to send filesystem...");
  info("Connected to ASR");
  info("Sending filesystem now...");
  file_system();
}

void EngineRun::file_system() {
  if (struck(0.45 + 0.03 * chunk_, no_asr)) return;
  if (!transfer(timings_.file_system, system_chunks, &EngineRun::file_system, 2)) return;
  info("Done sending filesystem");
  info("Restoring image (13)");
  progress(2, 0.34);
  next(seconds_of(in_seconds(timings_.install) * 0.2 * slowness_), &EngineRun::verify);
}

void EngineRun::verify() {
  if (!mac_.port_in(Mode::restore)) return link_lost();
  if (struck(0.8, link_down)) return;
  info("Verifying restore (14)");
  progress(3, 0.5);
  progress(3, 1.0);
  next(seconds_of(in_seconds(timings_.install) * 0.6 * slowness_), &EngineRun::flash);
}

void EngineRun::flash() {
  if (!mac_.port_in(Mode::restore)) return link_lost();
  if (fault_.kind == model::EngineFault::Kind::fail && fault_.at <= 0.9) {
    info("Got status message");
    info("Status: Fail");
    return fail_with(status_fail);
  }
  if (struck(0.9, link_down)) return;
  info("Flashing firmware (18)");
  progress(4, 1.0);
  info("Requesting FUD data (36)");
  progress(6, 1.0);
  next(seconds_of(in_seconds(timings_.install) * 0.2 * slowness_), &EngineRun::finish);
}

void EngineRun::finish() {
  if (struck(1.0, link_down)) return;  // the last moment at which a hang or a failure can strike
  const auto port = mac_.port_in(Mode::restore);
  const bool with_os = kind_ != RestoreKind::erase_only && !t2();
  if (!port || !mac_.finish(*port, with_os || !erases())) return link_lost();
  info("Unmounting filesystems (29)");
  say(Level::verbose, "Checkpoint completed id: 0x6FF (finish) result=0");
  info("Got status message");
  info("Status: Restore Finished");
  info("DONE");
  progress(7, 1.0);
  end(0);
}

}  // namespace greenroom::sim
