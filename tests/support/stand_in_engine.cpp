// stand-in-engine -i ECID -e -y -P --logfile - IPSW: idevicerestore (git) as it was seen, for Macs that no engine of
// Debian's can restore. It replays a captured run (tests/firmware-bridge/captures), line by line on both streams and with
// the run's own pauses, under the ECID of its options; it takes the options of the git engine and refuses others as getopt
// does; and it reaches the Mac's restore OS as the real one does, through the usbmuxd of USBMUXD_SOCKET_ADDRESS alone:
// Listen, Attached with its ECID, Connect, StartRestore. Without that Mac within 300 s it fails with the real one's words.
//
// STAND_IN names a file of orders, a word and its value a line:
//   capture PATH           without .stdout and .stderr
//   speed N                times real time
//   exit N                 at the end
//   checkpoint WORDS       a line of the device's, "completed id: 0x61F (format_effaceable_storage) result=0"
//   serial WORDS           instead of the capture's serial number
//   hang TEXT              from the line that begins so, for ever
//   ignore_signals yes     SIGTERM and SIGINT
//   transfers yes          no replay: it restores an Apple-silicon Mac itself (engine/run.hpp, with orders of its own)
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/engine/run.hpp"

namespace {

using Clock = std::chrono::steady_clock;

std::map<std::string, std::string> orders;
std::uint64_t ecid = 0;
std::string server;
double speed = 1;

std::string order(const std::string& name, const std::string& otherwise = "") {
  const auto at = orders.find(name);
  return at == orders.end() ? otherwise : at->second;
}

std::deque<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void replace_all(std::string& line, std::string_view from, const std::string& to) {
  for (std::size_t at = line.find(from); at != std::string::npos; at = line.find(from, at + to.size())) {
    std::string changed = line.substr(0, at);
    changed.append(to).append(line.substr(at + from.size()));
    line = changed;
  }
}

// The captures' Mac becomes the one of -i, in the two spellings of the engine.
std::string of_this_mac(std::string line) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llX", static_cast<unsigned long long>(ecid));
  replace_all(line, "3396538307204462", std::to_string(ecid));
  replace_all(line, "000C11223344556E", hex);
  if (!order("serial").empty()) replace_all(line, "C02FK0TESTQ6", order("serial"));
  return line;
}

void pass(double milliseconds) { poll(nullptr, 0, static_cast<int>(milliseconds / speed)); }

void say(std::FILE* to, const std::string& line) {
  if (!order("hang").empty() && line.find(order("hang")) != std::string::npos) {
    for (;;) pause();
  }
  std::fprintf(to, "%s\n", of_this_mac(line).c_str());
  std::fflush(to);
}

// ---- usbmuxd: 16-byte little-endian header (length, 1, 8, tag) and an XML plist
// --------------------------------------------

using Bytes = std::string;

Bytes word32(std::uint32_t value, bool big) {
  Bytes bytes(4, '\0');
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (big ? 24 - 8 * i : 8 * i));
  return bytes;
}

Bytes plist(const std::string& inner) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>" + inner + "</dict></plist>\n";
}

Bytes mux_message(const std::string& inner, std::uint32_t tag) {
  const Bytes body = plist(inner);
  return word32(static_cast<std::uint32_t>(16 + body.size()), false) + word32(1, false) + word32(8, false) +
         word32(tag, false) + body;
}

int connect_mux() {
  const char* set = std::getenv("USBMUXD_SOCKET_ADDRESS");
  if (set == nullptr || std::strncmp(set, "UNIX:", 5) != 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, set + 5, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

void put(int fd, const Bytes& bytes) { static_cast<void>(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL)); }

// Reads until `text` has come; false at the deadline or the connection's end.
bool comes(int fd, const std::string& text, Clock::time_point deadline) {
  std::string seen;
  while (seen.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{fd, POLLIN, 0};
    if (left <= 0 || poll(&one, 1, static_cast<int>(left)) <= 0) return false;
    char part[4096];
    const ssize_t n = read(fd, part, sizeof part);
    if (n <= 0) return false;
    seen.append(part, static_cast<std::size_t>(n));
  }
  return true;
}

// As engine.md 7 and 8 have it, with the tunnel's many messages left out but the one that erases.
bool start_restore() {
  const auto deadline = Clock::now() + std::chrono::milliseconds(static_cast<int>(300'000 / speed));
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llX", static_cast<unsigned long long>(ecid));
  const int listener = connect_mux();
  if (listener < 0) {
    pass(300'000);
    return false;
  }
  put(listener, mux_message("<key>MessageType</key><string>Listen</string>", 1));
  if (!comes(listener, hex, deadline)) return false;
  const int tunnel = connect_mux();
  put(tunnel, mux_message("<key>MessageType</key><string>Connect</string><key>DeviceID</key><integer>" +
                              std::to_string(ecid & 0xFFFFFF) +
                              "</integer><key>PortNumber</key><integer>32498</integer>",  // 62078, bytes swapped
                          2));
  if (!comes(tunnel, "</plist>", deadline)) return false;
  const Bytes request = plist("<key>Request</key><string>StartRestore</string>");
  put(tunnel, word32(static_cast<std::uint32_t>(request.size()), true) + request);
  return true;
}

// ---- the run
// ----------------------------------------------------------------------------------------------------------------

// "22:46:07.446 <Verbose> text": milliseconds since midnight; less than 0 for a line that only goes on.
double stamp_of(const std::string& line) {
  int h = 0, m = 0, s = 0, ms = 0;
  if (std::sscanf(line.c_str(), "%2d:%2d:%2d.%3d ", &h, &m, &s, &ms) != 4) return -1;
  return ((h * 60.0 + m) * 60.0 + s) * 1000.0 + ms;
}
std::string text_of(const std::string& line) {
  const std::size_t end = line.find("> ");
  return stamp_of(line) < 0 || end == std::string::npos ? line : line.substr(end + 2);
}

// What stdout has up to this text, where it has it soon.
void catch_up(std::deque<std::string>& out, const std::string& text) {
  constexpr std::size_t soon = 60;
  for (std::size_t i = 0; i < out.size() && i < soon; ++i) {
    if (out[i] != text) continue;
    for (; i != static_cast<std::size_t>(-1); --i) {
      say(stdout, out.front());
      out.pop_front();
    }
    return;
  }
}

int fail_restore_mode(const std::string& stamp) {
  for (const char* words : {"Device failed to enter restore mode.", "Make sure that usbmuxd is running."}) {
    say(stdout, words);
    say(stderr, stamp + "   <Error> " + words);
  }
  return 1;
}

int replay() {
  auto out = lines_of(order("capture") + ".stdout");
  double before = -1;
  std::string stamp = "00:00:00.000";
  for (const std::string& line : lines_of(order("capture") + ".stderr")) {
    const double at = stamp_of(line);
    if (at >= 0) {
      if (before >= 0 && at > before) pass(at - before);
      before = at;
      stamp = line.substr(0, 12);
    }
    const std::string text = text_of(line);
    if (text.rfind("About to restore device", 0) == 0 && !start_restore()) return fail_restore_mode(stamp);
    catch_up(out, text);
    say(stderr, line);
    if (text == "Creating filesystem (12)" && !order("checkpoint").empty())
      say(stderr, stamp + " <Verbose> Checkpoint " + order("checkpoint"));
  }
  for (const std::string& line : out) say(stdout, line);
  return std::atoi(order("exit", "0").c_str());
}

// The options that Greenroom uses of the git engine's; what else is given ends it as getopt ends the real one.
bool read_options(int argc, char** argv) {
  const option known[] = {{"ecid", required_argument, nullptr, 'i'},       {"erase", no_argument, nullptr, 'e'},
                          {"no-input", no_argument, nullptr, 'y'},         {"plain-progress", no_argument, nullptr, 'P'},
                          {"logfile", required_argument, nullptr, 1},      {"server", required_argument, nullptr, 's'},
                          {"cache-path", required_argument, nullptr, 'C'}, {nullptr, 0, nullptr, 0}};
  for (int one = 0; (one = getopt_long(argc, argv, "i:eyPs:C:", known, nullptr)) != -1;) {
    if (one == 'i') ecid = std::strtoull(optarg, nullptr, 0);
    else if (one == 's') server = optarg;
    else if (one == '?') return false;
  }
  return ecid != 0 && optind + 1 == argc;
}

}  // namespace

int main(int argc, char** argv) {
  if (!read_options(argc, argv)) {
    std::fprintf(stderr, "Usage: idevicerestore [OPTIONS] PATH\n");
    return 1;  // git: bad argument; 1.0.0: 255
  }
  const char* file = std::getenv("STAND_IN");
  for (const std::string& line : lines_of(file != nullptr ? file : "")) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos) orders[line.substr(0, blank)] = line.substr(blank + 1);
  }
  speed = std::strtod(order("speed", "1").c_str(), nullptr);
  if (order("ignore_signals") == "yes") {
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
  }
  if (order("transfers") == "yes") return greenroom::test::engine::run_transfers({ecid, argv[optind], server, orders});
  return replay();
}
