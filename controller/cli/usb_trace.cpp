// greenroom usb trace
#include "hw/usb/usb_trace.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <utility>

#include "config/reader/file.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/usb_host.hpp"
#include "controller/cli/usb_verbs.hpp"

namespace greenroom::cli {
namespace {

constexpr std::uint16_t apple = 0x05ac;
constexpr int last_string = 5;  // of Apple's devices: 1 nonces, 2 to 5 names, the serial string among them
constexpr std::size_t longest_MiB = 64;

// Reads the strings of every device of Apple's that stands there, each once: reads only.
Task<void> read_strings(UsbBus& bus, UsbTable& table, Clock& clock, std::set<std::pair<PortPath, unsigned>>& had) {
  std::vector<UsbSighting> there;
  for (const auto& [path, place] : table.places().all()) {
    if (place.device && place.device->vendor == apple && place.device->serial_from != SerialFrom::pending &&
        had.emplace(path, place.arrivals).second)
      there.push_back(*place.device);
  }
  for (const UsbSighting& seen : there) {
    auto device = bus.open(seen.path);
    if (!device) continue;  // it stands in the trace
    for (int index = 1; index <= last_string; ++index) {
      ControlSetup ask{0x80, 6, static_cast<std::uint16_t>(0x0300 | index), 0x0409};
      const auto bytes = co_await (*device)->control_in(ask, 255, clock.now() + std::chrono::seconds{1});
      if (!bytes && bytes.error().code != Errc::protocol) break;
    }
  }
  co_return Result<void>{};
}

Task<void> record(UsbBus& bus, UsbTable& table, Clock& clock, TimePoint end, bool strings) {
  std::set<std::pair<PortPath, unsigned>> had;
  while (clock.now() < end) {
    const TimePoint look = std::min(end, clock.now() + std::chrono::milliseconds{200});
    if (const auto slept = co_await usb_until(table, look); !slept) co_return slept;
    if (!strings) continue;
    if (const auto read = co_await read_strings(bus, table, clock, had); !read) co_return read;
  }
  co_return Result<void>{};
}

int replay(const std::string& file) {
  const auto text = read_file(file, longest_MiB);
  if (!text) {
    std::fprintf(stderr, "greenroom usb trace: %s: %s\n", file.c_str(), text.error().message.c_str());
    return 1;
  }
  const auto lines = parse_trace(*text);
  if (!lines) {
    std::fprintf(stderr, "greenroom usb trace: %s: %s\n", file.c_str(), lines.error().message.c_str());
    return 1;
  }
  for (const TraceLine& line : *lines) fmt::print("{}\n", to_string(line));
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int usb_trace(const std::vector<std::string>& arguments) {
  std::string out, check;
  bool strings = false;
  double for_s = 0;
  CLI::App app{
      "Records what comes to this machine's USB and leaves, and what is read of it, as text that tests replay. Nothing is "
      "written to any device. Serial numbers and ECIDs stand in it.",
      "greenroom usb trace"};
  app.add_option("--out", out, "the file that is written; without it stdout");
  app.add_flag("--strings", strings, "reads the string descriptors of each device of Apple's that no program has");
  app.add_option("--for", for_s, "ends after so many seconds; without it on a signal")->check(CLI::Range(0.1, 1e6));
  app.add_option("--check", check, "reads that trace instead, and prints it as it is understood");
  if (const auto code = parsed(app, arguments)) return *code;
  if (!check.empty()) return replay(check);
  std::ofstream file;
  if (!out.empty()) file.open(out, std::ios::app);
  if (!out.empty() && !file) {
    std::fprintf(stderr, "greenroom usb trace: %s cannot be written\n", out.c_str());
    return 1;
  }
  Result<void> put;
  const auto write = [&file, &out, &put](const std::string& line) {
    if (!out.empty()) file << line << '\n' << std::flush;
    else if (put) put = put_out(line + "\n");
  };
  const int code = with_usb(
      "greenroom usb trace",
      [for_s, strings](UsbBus& bus, UsbTable& table, Clock& clock) {
        return record(bus, table, clock, for_s > 0 ? clock.now() + seconds_of(for_s) : never, strings);
      },
      [&write](UsbBus& bus, Clock& clock) { return record_usb(bus, clock, write); });
  if (!put) std::fprintf(stderr, "greenroom usb trace: %s\n", put.error().message.c_str());
  return code == 0 && (!put || (!out.empty() && !file)) ? 1 : code;
}

}  // namespace greenroom::cli
