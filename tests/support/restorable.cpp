#include "tests/support/restorable.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "tests/support/restore_mac.hpp"
#include "tests/support/tss_stand_in.hpp"

namespace greenroom::test {
namespace {

const char* word_of(MacBoot::Stage stage) {
  static constexpr const char* words[] = {"port_dfu", "dfu", "recovery_1", "recovery_2", "restore", "recovery", "booted"};
  return words[static_cast<std::size_t>(stage)];
}

void write_report(const std::string& path, RestoreMac& mac, const std::vector<std::string>& others) {
  std::ofstream out(path);
  const auto all = [&out](const char* what, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) out << fmt::format("1-4.2 {} {}\n", what, line);
  };
  all("mode", {word_of(mac.stage())});
  all("image", mac.images());
  all("command", mac.commands());
  all("restored", mac.os().seen);
  all("start_restore", {std::to_string(mac.os().starts)});
  all("erased", {mac.os().erased ? "yes" : "no"});
  all("wrong", mac.wrong());
  all("wrong", others);
}

void set_environment(const std::vector<std::string>& variables) {
  for (const std::string& variable : variables) {
    const std::size_t at = variable.find('=');
    setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);
  }
}

}  // namespace

int run_restorable(char* const* command, const std::string& ipsw, const std::string& report) {
  std::string folder = (std::filesystem::temp_directory_path() / "restorable-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error(folder + " cannot be made");
  const std::string socket = folder + "/usbmuxd";
  const ModelFirmware firmware = t2_firmware();
  if (!ipsw.empty()) write_ipsw(ipsw, firmware);

  asio::io_context loop{1};
  const auto until = [&loop](const std::function<bool()>& holds) {
    while (!holds()) {
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds{2});
    }
  };
  TssStandIn tss(loop.get_executor(), firmware);
  UsbmuxdStandIn usbmuxd(loop.get_executor(), socket);
  UsbTestbed bed;
  bed.plug("1-4", hub_face());
  RestoreMac mac(loop.get_executor(), 0, firmware, usbmuxd, bed, "1-4.2");
  set_environment(mac.environment());
  set_environment(tss.proxies());
  set_environment({"USBMUXD_SOCKET_ADDRESS=UNIX:" + socket});
  pid_t child = 0;
  int status = 0;
  const bool started = posix_spawnp(&child, command[0], nullptr, nullptr, command, environ) == 0;
  if (started) {
    until([child, &status] { return waitpid(child, &status, WNOHANG) == child; });
    until([&mac] { return !mac.moving(); });
  }
  tss.end();
  usbmuxd.end();
  mac.end();
  until([&] { return tss.ended() && usbmuxd.ended() && mac.ended(); });
  std::filesystem::remove_all(folder);
  if (!started) throw std::runtime_error(fmt::format("{} cannot be started", command[0]));
  std::vector<std::string> others = tss.wrong;
  others.insert(others.end(), usbmuxd.wrong.begin(), usbmuxd.wrong.end());
  if (!report.empty()) write_report(report, mac, others);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace greenroom::test
