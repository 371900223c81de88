// usb-testbed [--macs N] [--t2] [--mode MODE,...] [--unread] [--orders FILE] -- COMMAND...: runs any USB program against
// model Macs behind hubs (1-1.1 to 1-1.7, 1-2.1 ...), and ends with its exit code. Modes go round; --unread: the kernel has
// read no serial string.
// FILE is read line by line while COMMAND runs: `unplug PORT`, `plug PORT NUMBER MODE`.
// usb-testbed --mode restorable [--ipsw FILE] [--report FILE] -- COMMAND...: against one T2 Mac that can be restored
// (restorable.hpp), with an IPSW that fits it.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "tests/support/kis_model.hpp"
#include "tests/support/restorable.hpp"
#include "tests/support/usb_boot_model.hpp"
#include "tests/support/usb_model_mac.hpp"
#include "tests/support/usb_testbed.hpp"

namespace {

using namespace greenroom::test;

struct Options {
  unsigned macs = 1;
  bool t2 = false, unread = false;
  std::string orders, report, ipsw;
  std::vector<std::string> modes{"dfu"};
  std::vector<char*> command;
};

// One Mac as the testbed keeps it: what its ROM and its iBoot were asked.
struct Kept {
  unsigned number = 0;
  std::string mode;
  DfuModel dfu;
  RecoveryModel recovery;
  KisModel kis{""};
};

constexpr unsigned per_hub = 7;
constexpr auto delay = std::chrono::milliseconds{5};  // each transfer

[[noreturn]] void usage() {
  std::fputs(
      "usage: usb-testbed [--macs N] [--t2] [--mode MODE,...] [--unread] [--orders FILE] [--report FILE] -- COMMAND...\n"
      "       usb-testbed --mode restorable [--ipsw FILE] [--report FILE] -- COMMAND...\n",
      stderr);
  std::exit(2);
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream all(list);
  for (std::string part; std::getline(all, part, ',');) parts.push_back(part);
  return parts;
}

Options read(int argc, char** argv) {
  Options o;
  int i = 1;
  for (; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word == "--t2") o.t2 = true;
    else if (word == "--unread") o.unread = true;
    else if (i + 1 >= argc) usage();
    else if (word == "--macs") o.macs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    else if (word == "--mode") o.modes = parts_of(argv[++i]);
    else if (word == "--orders") o.orders = argv[++i];
    else if (word == "--report") o.report = argv[++i];
    else if (word == "--ipsw") o.ipsw = argv[++i];
    else usage();
  }
  for (++i; i < argc; ++i) o.command.push_back(argv[i]);
  const bool restorable = o.modes == std::vector<std::string>{"restorable"};
  const auto known = [restorable](const std::string& mode) { return restorable || face_of(model_mac(0), mode).has_value(); };
  if (o.command.empty() || o.modes.empty() || o.macs > 49 || !std::all_of(o.modes.begin(), o.modes.end(), known)) usage();
  o.command.push_back(nullptr);
  return o;
}

class Room {
 public:
  explicit Room(const Options& o) : options_(o), hands_([this] { re_enumerate(); }) {}
  ~Room() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    woken_.notify_all();
    hands_.join();
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  void furnish() {
    for (unsigned n = 0; n < options_.macs; ++n) {
      const std::string hub = fmt::format("1-{}", n / per_hub + 1);
      if (n % per_hub == 0) bed_.plug(hub, hub_face());
      plug(fmt::format("{}.{}", hub, n % per_hub + 1), n, options_.modes.at(n % options_.modes.size()));
    }
  }
  void plug(const std::string& port, unsigned number, const std::string& mode) {
    auto face = face_of(model_mac(number, options_.t2), mode);
    if (!face) throw std::runtime_error("there is no mode " + mode);
    face->kept = !options_.unread;
    Kept& mac = macs_[port];
    mac.number = number;
    mac.mode = mode;
    if (mode == "dfu") face->control = [&mac](const UsbSetup& s, const Octets& d) { return mac.dfu.control(s, d); };
    if (mode == "recovery") {
      face->control = [this, &mac, port](const UsbSetup& s, const Octets& d) {
        auto answer = mac.recovery.control(s, d);
        if (mac.recovery.rebooted) reset(port);
        return answer;
      };
      face->bulk = [&mac](std::uint8_t e, const Octets& d, std::size_t) { return mac.recovery.bulk(e, d); };
    }
    if (mode == "kis") {
      mac.kis.iboot = face_of(model_mac(number, options_.t2), "dfu")->serial();
      face->bulk = [&mac](std::uint8_t e, const Octets& d, std::size_t) -> std::optional<Octets> {
        if ((e & 0x80) != 0) return std::exchange(mac.kis.reply, {});
        mac.kis.take(e, d);
        return Octets{};
      };
    }
    face->reset = [this, port] { reset(port); };
    bed_.plug(port, std::move(*face), delay);
  }
  void unplug(const std::string& port) { bed_.unplug(port); }
  void obey() {
    std::ifstream orders(options_.orders);  // a FIFO: opens when somebody writes
    for (std::string line; std::getline(orders, line);) {
      std::istringstream words(line);
      std::string what, port, mode;
      unsigned number = 0;
      words >> what >> port >> number >> mode;
      if (what == "unplug") unplug(port);
      else plug(port, number, mode);
    }
  }
  // One line a fact, as scripts read them; what was sent as its size and its CRC-32, as gzip has it.
  void report() {
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return resets_.empty() && !moving_; });
    }
    std::ofstream out(options_.report);
    for (const auto& [port, mac] : macs_) {
      out << fmt::format("{} mode {}\n", port, mac.mode);
      if (mac.dfu.manifested())
        out << fmt::format("{} image {} {:08x}\n", port, mac.dfu.image().size(), ~crc32_of_trailer(mac.dfu.image()));
      for (const auto& why : mac.dfu.wrong) out << fmt::format("{} wrong {}\n", port, why);
      for (const auto& command : mac.recovery.commands) out << fmt::format("{} command {}\n", port, command);
      for (const auto& [name, value] : mac.recovery.saved) out << fmt::format("{} saved {}={}\n", port, name, value);
      if (!mac.recovery.uploaded.empty())
        out << fmt::format("{} uploaded {} {:08x}\n", port, mac.recovery.uploaded.size(),
                           ~crc32_of_trailer(mac.recovery.uploaded));
    }
  }

 private:
  void reset(const std::string& port) {
    const std::lock_guard lock(mutex_);
    resets_.push_back(port);
    woken_.notify_all();
  }
  // A reset after a whole image starts it; a reboot starts macOS, if auto-boot says so.
  void re_enumerate() {
    std::unique_lock lock(mutex_);
    while (true) {
      woken_.wait(lock, [this] { return ending_ || !resets_.empty(); });
      if (resets_.empty()) return;
      const std::string port = resets_.front();
      resets_.pop_front();
      moving_ = true;
      lock.unlock();
      Kept& mac = macs_.at(port);
      std::string next;
      if (mac.mode == "dfu" && mac.dfu.manifested()) next = "recovery";
      if (mac.mode == "recovery" && mac.recovery.rebooted)
        next = mac.recovery.saved["auto-boot"] == "true" ? "booted" : "recovery";
      mac.recovery.rebooted = false;
      if (!next.empty()) {
        bed_.unplug(port);
        plug(port, mac.number, next);
      }
      lock.lock();
      moving_ = false;
      woken_.notify_all();
    }
  }

  const Options& options_;
  std::map<std::string, Kept> macs_;  // by port; as the testbed serves them, one request at a time
  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<std::string> resets_;
  bool ending_ = false, moving_ = false;
  UsbTestbed bed_;
  std::thread hands_;
};

int run(const Options& o) {
  int status = 0;
  {
    Room room(o);
    room.furnish();
    setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    pid_t child = 0;
    if (posix_spawnp(&child, o.command[0], nullptr, nullptr, o.command.data(), environ) != 0) {
      std::fprintf(stderr, "usb-testbed: %s cannot be started\n", o.command[0]);
      return 2;
    }
    std::thread orders;
    if (!o.orders.empty()) orders = std::thread([&room] { room.obey(); });
    waitpid(child, &status, 0);
    if (orders.joinable()) orders.join();
    if (!o.report.empty()) room.report();
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read(argc, argv);
  try {
    if (options.modes.front() == "restorable") return run_restorable(options.command.data(), options.ipsw, options.report);
    return run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "usb-testbed: %s\n", e.what());
    return 2;
  }
}
