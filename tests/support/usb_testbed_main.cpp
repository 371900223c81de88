// usb-testbed [--macs N] [--t2] [--mode MODE] [--unread] [--orders FILE] -- COMMAND...: runs any USB program against model
// Macs behind hubs (1-1.1 to 1-1.7, 1-2.1 ...), and ends with its exit code. --unread: the kernel has read no serial string.
// FILE is read line by line while COMMAND runs: `unplug PORT`, `plug PORT NUMBER MODE`.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/usb_model_mac.hpp"
#include "tests/support/usb_testbed.hpp"

namespace {

using namespace greenroom::test;

struct Options {
  unsigned macs = 1;
  bool t2 = false, unread = false;
  std::string mode = "dfu", orders;
  std::vector<char*> command;
};

constexpr unsigned per_hub = 7;
constexpr auto delay = std::chrono::milliseconds{5};  // a read of a device's string

[[noreturn]] void usage() {
  std::fputs("usage: usb-testbed [--macs N] [--t2] [--mode MODE] [--unread] [--orders FILE] -- COMMAND...\n", stderr);
  std::exit(2);
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
    else if (word == "--mode") o.mode = argv[++i];
    else if (word == "--orders") o.orders = argv[++i];
    else usage();
  }
  for (++i; i < argc; ++i) o.command.push_back(argv[i]);
  if (o.command.empty() || o.macs > 49 || !face_of(model_mac(0), o.mode)) usage();
  o.command.push_back(nullptr);
  return o;
}

void plug(UsbTestbed& bed, const Options& o, const std::string& port, unsigned number, const std::string& mode) {
  auto face = face_of(model_mac(number, o.t2), mode);
  if (!face) throw std::runtime_error("there is no mode " + mode);
  face->kept = !o.unread;
  bed.plug(port, std::move(*face), delay);
}

void obey(UsbTestbed& bed, const Options& o) {
  std::ifstream orders(o.orders);  // a FIFO: opens when somebody writes
  for (std::string line; std::getline(orders, line);) {
    std::istringstream words(line);
    std::string what, port, mode;
    unsigned number = 0;
    words >> what >> port >> number >> mode;
    if (what == "unplug") bed.unplug(port);
    else plug(bed, o, port, number, mode);
  }
}

int run(const Options& o) {
  UsbTestbed bed;
  for (unsigned n = 0; n < o.macs; ++n) {
    const std::string hub = fmt::format("1-{}", n / per_hub + 1);
    if (n % per_hub == 0) bed.plug(hub, hub_face());
    plug(bed, o, fmt::format("{}.{}", hub, n % per_hub + 1), n, o.mode);
  }
  setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
  pid_t child = 0;
  if (posix_spawnp(&child, o.command[0], nullptr, nullptr, o.command.data(), environ) != 0) {
    std::fprintf(stderr, "usb-testbed: %s cannot be started\n", o.command[0]);
    return 2;
  }
  std::thread hands;
  if (!o.orders.empty()) hands = std::thread([&bed, &o] { obey(bed, o); });
  int status = 0;
  waitpid(child, &status, 0);
  if (hands.joinable()) hands.join();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read(argc, argv);
  try {
    return run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "usb-testbed: %s\n", e.what());
    return 2;
  }
}
