// A run of the model engine, step by step. The lines are idevicerestore's own (git, February 2026, run with
// `-e -y -P --logfile -`); the few that no reader needs are left out.
#include "controller/simulate/engine_run.hpp"

#include <fmt/format.h>

#include <algorithm>

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

void ModelEngine::Run::say(Level level, std::string_view text) {
  static constexpr std::string_view marks[] = {"   <Info>", "<Verbose>", "  <Error>"};
  const auto ms = std::chrono::duration_cast<milliseconds>(engine_.clock_.wall().time_since_epoch()).count();
  const auto day_ms = ((ms % 86'400'000) + 86'400'000) % 86'400'000;
  const auto line = fmt::format("{:02}:{:02}:{:02}.{:03} {} {}", day_ms / 3'600'000, day_ms / 60'000 % 60,
                                day_ms / 1000 % 60, day_ms % 1000, marks[static_cast<std::size_t>(level)], text);
  job_.log.line(EngineStream::err, line);
  if (level != Level::verbose) job_.log.line(EngineStream::out, text);
}

void ModelEngine::Run::progress(int step, double fraction) {
  job_.log.line(EngineStream::out, fmt::format("progress: {} {:f}", step, fraction));
}

void ModelEngine::Run::next(Duration wait, void (Run::*step)()) { engine_.later(job_, wait, step); }

void ModelEngine::Run::fail_with(Words errors) {
  for (const auto line : errors) error(line);
  engine_.end(job_, 1);
}

bool ModelEngine::Run::struck(double share, Words errors) {
  using Kind = model::EngineFault::Kind;
  if (share < job_.fault.at) return false;
  if (job_.fault.kind == Kind::fail) fail_with(errors);
  if (job_.fault.kind == Kind::hang) job_.transferring = false;  // and no next step is asked for
  return job_.fault.kind == Kind::fail || job_.fault.kind == Kind::hang;
}

// The Mac's port, when it shows there in that mode now.
std::optional<PortPath> ModelEngine::Run::port_in(Mode mode) {
  const model::MacTruth mac = engine_.plant_.mac(*job_.mac);
  if (!mac.showing || mac.mode != mode || !mac.data) return std::nullopt;
  const auto path = PortPath::parse(engine_.plant_.spec().places[mac.data->value].data_port);
  return path ? std::optional(*path) : std::nullopt;
}

// True when the Mac shows in that mode; else looks again until `patience` after it should have, then fails.
bool ModelEngine::Run::await_mode(Mode mode, void (Run::*again)(), Duration patience, Words errors) {
  if (port_in(mode)) return true;
  if (engine_.clock_.now() < job_.shows_by + patience) next(look_again, again);
  else fail_with(errors);
  return false;
}

void ModelEngine::Run::link_lost() { fail_with(link_down); }

void ModelEngine::Run::detect() {
  if (!job_.mac) {
    const auto& macs = engine_.plant_.spec().macs;
    for (std::uint32_t i = 0; i < macs.size(); ++i) {
      if (Ecid{macs[i].ecid} == job_.order.ecid) job_.mac = model::MacId{i};
    }
    job_.shows_by = engine_.clock_.now();
    info("idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)");
    progress(0, 0.0);
    progress(0, 0.1);
  }
  if (!job_.mac) return fail_with(no_mac);
  const bool in_recovery = port_in(Mode::recovery).has_value();
  if (!in_recovery && !await_mode(Mode::dfu, &Run::detect, detect_wait, no_mac)) return;
  info(in_recovery ? "Found device in Recovery mode" : "Found device in DFU mode");
  info(fmt::format("ECID: {}", spec().ecid));
  progress(0, 0.2);
  info(t2() ? "Identified device as j132ap, iBridge2,4" : fmt::format("Identified device as j313ap, {}", spec().model));
  info("Extracting BuildManifest from IPSW");
  progress(0, 0.8);
  if (erases()) info("Variant: Customer Erase Install (IPSW)");
  if (erases()) info("This restore will erase all device data.");
  if (!t2()) info("Performing macOS restore");
  next(seconds{2}, &Run::prepare);
}

void ModelEngine::Run::prepare() {
  progress(1, 0.0);
  info("Checking IPSW for required components...");
  info("All required components found in IPSW");
  progress(1, 0.2);
  info("Trying to fetch new SHSH blob");
  if (struck(0.03, no_ticket)) return;
  info("Received SHSH blobs");
  progress(1, 0.3);
  if (port_in(Mode::recovery)) return next(seconds{2}, &Run::first_recovery);
  next(seconds{2}, &Run::send_ibss);
}

void ModelEngine::Run::send_ibss() {
  info("Sending iBSS (204142 bytes)...");
  const auto port = port_in(Mode::dfu);
  if (!port) return fail_with(not_sent);
  if (struck(0.05, no_ibss)) return;
  const auto shows = engine_.plant_.send_ibss(*port);
  if (!shows) return fail_with(not_sent);
  job_.shows_by = *shows;
  next(*shows - engine_.clock_.now() + milliseconds{200}, &Run::first_recovery);
}

void ModelEngine::Run::first_recovery() {
  if (!await_mode(Mode::recovery, &Run::first_recovery, reconnect_wait, no_ibss)) return;
  if (struck(0.08, no_ibec)) return;
  info("INFO: executing command: setenv auto-boot false");
  info("INFO: executing command: saveenv");
  info("Sending iBEC (204142 bytes)...");
  next(seconds{5}, &Run::second_recovery);
}

void ModelEngine::Run::second_recovery() {
  if (!port_in(Mode::recovery)) return fail_with(no_ibec);
  if (!spec().blank_serial) info(fmt::format("INFO: device serial number is {}", spec().serial));
  progress(1, 0.5);
  info("Recovery Mode Environment:");
  info("iBoot boot-stage=2");
  progress(1, 0.7);
  info("Sending RestoreRamDisk (904142 bytes)...");
  next(seconds{12}, &Run::boot_restore_os);
}

void ModelEngine::Run::boot_restore_os() {
  const auto port = port_in(Mode::recovery);
  if (!port) return fail_with(no_tree);
  if (struck(0.12, no_tree)) return;
  info("Sending RestoreKernelCache (704142 bytes)...");
  const auto shows = engine_.plant_.boot_restore_os(*port);
  if (!shows) return fail_with(no_tree);
  progress(1, 0.9);
  info("Waiting for device to enter restore mode...");
  job_.at_gate = true;
  job_.shows_by = *shows;
  job_.gate_closes = engine_.clock_.now() + engine_.timings_.gate_wait;
  next(*shows - engine_.clock_.now() + milliseconds{500}, &Run::gate);
}

// usbmuxd shows the Mac to the engine only once the permit is written; both may come late.
void ModelEngine::Run::gate() {
  const TimePoint now = engine_.clock_.now();
  if (job_.permitted && port_in(Mode::restore)) return start_restore();
  if (now >= job_.gate_closes) return fail_with(no_restore_mode);
  // Without a permit only the end of the wait is worth waking for; permit() comes here by itself.
  next(job_.permitted ? std::min<Duration>(seconds{5}, job_.gate_closes - now) : job_.gate_closes - now, &Run::gate);
}

void ModelEngine::Run::start_restore() {
  job_.at_gate = false;
  if (struck(0.16, fell_back)) return;
  info("About to restore device... ");
  info("Connected to com.apple.mobile.restored, version 15");
  info("Hardware Information:");
  info(fmt::format("UniqueChipID: {}", spec().ecid));
  progress(1, 1.0);
  // A run that lies leaves the data where it is, or erases it and keeps the proof to itself.
  const bool really = erases() && !(lies() && job_.fault.at < 0.5);
  const auto port = port_in(Mode::restore);
  const auto started = port ? engine_.plant_.start_restore(*port, static_cast<std::uint64_t>(job_.order.id),
                                                           really ? model::EraseKind::erase : model::EraseKind::revive)
                            : Result<void>(fail(Errc::device_gone, "the Mac left"));
  if (!started) return link_lost();
  say(Level::verbose, "Checkpoint started   id: 0x600 (start_restore)");
  next(seconds{8}, &Run::erase);
}

void ModelEngine::Run::erase() {
  if (!port_in(Mode::restore)) return link_lost();
  if (struck(0.18, link_down)) return;
  info("Waiting for NAND (28)");
  info("Creating partition map (11)");
  info("Creating filesystem (12)");
  if (erases() && !lies()) {
    say(Level::verbose, "Checkpoint started   id: 0x61F (format_effaceable_storage)");
    say(Level::verbose, "Checkpoint completed id: 0x61F (format_effaceable_storage) result=0");
  }
  job_.chunk = 0;
  if (job_.order.kind == RestoreKind::erase_only) return next(seconds{20}, &Run::finish);
  next(seconds{5}, &Run::images);
}

// One part of a transfer; asks for the next. True when all is sent.
bool ModelEngine::Run::transfer(Duration whole, int chunks, void (Run::*again)(), int step) {
  const auto port = port_in(Mode::restore);
  if (!port) {
    link_lost();
    return false;
  }
  if (job_.chunk > 0) progress(step, static_cast<double>(job_.chunk) / chunks);
  job_.transferring = job_.chunk < chunks;
  if (!job_.transferring) return true;
  job_.upstream = upstream_of(*port);
  const auto sharing = std::count_if(engine_.jobs_.begin(), engine_.jobs_.end(), [this](const auto& other) {
    return other.second->transferring && other.second->upstream == job_.upstream;
  });
  const double divided = std::max(1.0, static_cast<double>(sharing) / engine_.timings_.streams);
  const double size = t2() ? engine_.timings_.bridge_os : 1.0;
  ++job_.chunk;
  next(seconds_of(in_seconds(whole) * size * divided * job_.slowness / chunks), again);
  return false;
}

void ModelEngine::Run::images() {
  if (struck(0.2 + 0.06 * job_.chunk, link_down)) return;
  if (job_.chunk == 0) info("Sending BaseSystem now (300027 bytes)");
  if (!transfer(engine_.timings_.images, image_chunks, &Run::images, 7)) return;
  job_.chunk = 0;
  info("About to send filesystem...");
  info("Connected to ASR");
  info("Sending filesystem now...");
  file_system();
}

void ModelEngine::Run::file_system() {
  if (struck(0.45 + 0.03 * job_.chunk, no_asr)) return;
  if (!transfer(engine_.timings_.file_system, system_chunks, &Run::file_system, 2)) return;
  info("Done sending filesystem");
  info("Restoring image (13)");
  progress(2, 0.34);
  next(seconds_of(in_seconds(engine_.timings_.install) * 0.2 * job_.slowness), &Run::verify);
}

void ModelEngine::Run::verify() {
  if (!port_in(Mode::restore)) return link_lost();
  if (struck(0.8, link_down)) return;
  info("Verifying restore (14)");
  progress(3, 0.5);
  progress(3, 1.0);
  next(seconds_of(in_seconds(engine_.timings_.install) * 0.6 * job_.slowness), &Run::flash);
}

void ModelEngine::Run::flash() {
  if (!port_in(Mode::restore)) return link_lost();
  if (job_.fault.kind == model::EngineFault::Kind::fail && job_.fault.at <= 0.9) {
    info("Got status message");
    info("Status: Fail");
    return fail_with(status_fail);
  }
  if (struck(0.9, link_down)) return;
  info("Flashing firmware (18)");
  progress(4, 1.0);
  info("Requesting FUD data (36)");
  progress(6, 1.0);
  next(seconds_of(in_seconds(engine_.timings_.install) * 0.2 * job_.slowness), &Run::finish);
}

void ModelEngine::Run::finish() {
  if (struck(1.0, link_down)) return;  // the last moment at which a hang or a failure can strike
  const auto port = port_in(Mode::restore);
  const bool with_os = job_.order.kind != RestoreKind::erase_only && !t2();
  if (!port || !engine_.plant_.finish(*port, with_os || !erases())) return link_lost();
  info("Unmounting filesystems (29)");
  say(Level::verbose, "Checkpoint completed id: 0x6FF (finish) result=0");
  info("Got status message");
  info("Status: Restore Finished");
  info("DONE");
  progress(7, 1.0);
  engine_.end(job_, 0);
}

}  // namespace greenroom::sim
