#include "firmware-bridge/engine_choice.hpp"

#include <fmt/format.h>

#include <utility>

#include "firmware-bridge/apple_device.hpp"
#include "firmware-bridge/idevicerestore.hpp"

namespace greenroom {
namespace {

// Who stands at the port, in a mode in which an engine takes over. Another Mac than the job's is refused here already: the
// gate asks for more (rules.md R4), and never for less.
Result<ChipBoard> mac_of(const RestoreJob& job, const UsbSighting* seen) {
  if (seen == nullptr)
    return fail(Errc::refused, "no Mac is seen at " + job.path.text() + "; check its cable, then bring it into DFU again");
  const auto device = classify(*seen);
  if (!device) return fail(device.error().within("the Mac at " + job.path.text()));
  if (!device->chip_board)
    return fail(Errc::refused, fmt::format("the Mac at {} (mode {}) does not say its chip and board; bring it into DFU",
                                           job.path.text(), to_string(device->mode)));
  // In Port DFU it is the port controller's.
  if (device->mode != MacMode::port_dfu && device->ecid && *device->ecid != job.ecid)
    return fail(Errc::refused, fmt::format("the Mac at {} has the ECID {}, and this job is for {}; put the right one there",
                                           job.path.text(), to_hex(*device->ecid), to_hex(job.ecid)));
  return *device->chip_board;
}

// Only what was read whole since this machine started: a disk decays unseen.
Result<const FirmwareFile*> image_for(ChipBoard mac, std::string_view which, const FirmwareFolder& folder) {
  const auto choice = choose_firmware(folder.files, mac, which);
  if (!choice) return fail(choice.error().within(folder.path));
  if (choice->file->trust != FirmwareTrust::verified)
    return fail(Errc::refused, fmt::format("{} fits, and was not read since this machine started: greenroom firmware check "
                                           "--stale",
                                           choice->file->name));
  return choice->file;
}

Result<void> as_decided(std::string_view what, const std::string& decided, const std::string& now) {
  if (decided.empty() || decided == now) return {};
  return fail(Errc::refused,
              fmt::format("the {} is {} now, and this was decided with {}; it is decided anew", what, now, decided));
}

}  // namespace

// --socket is of 10 January 2021 and --pidfile of the day after, behind the release 1.1.1 of June 2020 (usbmuxd 6b3e641,
// 4b3847c). A folder of its own is younger, and what names it is taken from the help itself.
Result<std::vector<std::string>> usbmuxd_words(const std::string& program, std::string_view help) {
  const auto knows = [help](std::string_view option) { return help.find(option) != std::string_view::npos; };
  if (!knows("--socket") || !knows("--pidfile") || !knows("--foreground"))
    return fail(Errc::refused, fmt::format("{} can have no socket of its own, as 1.1.1 and older cannot; build usbmuxd from "
                                           "git, or name the socket of one that runs with --usbmuxd-socket",
                                           program));
  std::vector<std::string> words{program, "--foreground", "--socket", "../mux/usbmuxd", "--pidfile", "NONE"};
  if (knows("--no-preflight")) words.emplace_back("--no-preflight");
  if (const std::size_t at = help.find("--config"); at != std::string_view::npos) {
    const std::string_view option = help.substr(at);
    words.insert(words.end(), {std::string(option.substr(0, option.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"))), "."});
  }
  return words;
}

Prospect prospect_of(const EngineVersion& engine, std::span<const EngineRow> rows, const std::string& family,
                     const std::string& product_type, ChipBoard mac, std::string_view which, const FirmwareFolder& folder) {
  if (const std::string cannot = unable(engine, mac); !cannot.empty())
    return {"", {Known::bad, fmt::format("{}; {}", cannot, ability_of(engine).remedy)}};
  const auto image = image_for(mac, which, folder);
  if (!image) return {"", {Known::bad, image.error().message}};
  const std::string& build = (*image)->manifest->build;
  return {build, known_as(rows, {engine.text, family, product_type, build})};
}

Result<EngineCommand> choose_engine(const RestoreJob& job, const EngineAtHand& engine, const UsbSighting* seen,
                                    const FirmwareFolder& folder, const std::optional<EngineUser>& user) {
  const auto mac = mac_of(job, seen);
  if (!mac) return fail(mac.error());
  if (const std::string cannot = unable(engine.version, *mac); !cannot.empty())
    return fail(Errc::refused, fmt::format("{}: {}; {}", engine.program, cannot, ability_of(engine.version).remedy));
  const auto image = image_for(*mac, job.firmware, folder);
  if (!image) return fail(image.error());
  if (const auto same = as_decided("engine", job.engine_version, engine.version.text); !same) return fail(same.error());
  if (const auto same = as_decided("build", job.build, (*image)->manifest->build); !same) return fail(same.error());
  RestoreJob with_image = job;
  with_image.firmware = fmt::format("{}/{}", folder.path, (*image)->name);
  EngineCommand command = idevicerestore_command(engine.program, generation_of(engine.version), with_image);
  command.usbmuxd = engine.usbmuxd;
  command.user = user;
  return command;
}

}  // namespace greenroom
