// A stand-in for usbmuxd that counts what would erase a Mac, and says which one.
#pragma once

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "firmware-bridge/facts/identity.hpp"
#include "firmware-bridge/job_files.hpp"

namespace greenroom::test {

// Says that each of these Macs is in restore mode, and takes StartRestore, on a thread of its own. The DeviceID of a Mac is
// the low 24 bits of its ECID, as tests/support/stand_in_engine.cpp asks for it.
class CountingMux {
 public:
  CountingMux(Fd listener, std::vector<Ecid> macs) : listener_(std::move(listener)), macs_(std::move(macs)) {
    if (pipe2(ends_, O_CLOEXEC) == 0) thread_ = std::thread([this] { serve(); });
  }
  ~CountingMux() {
    close(ends_[1]);
    thread_.join();
    close(ends_[0]);
  }
  CountingMux(const CountingMux&) = delete;
  CountingMux& operator=(const CountingMux&) = delete;
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int restores() const { return restores_; }
  [[nodiscard]] bool erased(Ecid mac) {
    const std::lock_guard lock(mutex_);
    return erased_.contains(device_id(mac));
  }

 private:
  struct Client {
    Fd fd;
    std::string said;
    bool restores = false;
    unsigned long mac = 0;
  };
  static unsigned long device_id(Ecid mac) { return static_cast<unsigned long>(static_cast<std::uint64_t>(mac) & 0xFFFFFF); }
  void erase(unsigned long mac) {
    ++restores_;
    const std::lock_guard lock(mutex_);
    erased_.insert(mac);
  }
  void serve() {
    std::deque<Client> clients;
    for (;;) {
      std::vector<pollfd> all{{ends_[0], POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const Client& client : clients) all.push_back({client.fd.get(), POLLIN, 0});
      poll(all.data(), all.size(), -1);
      if (all[0].revents != 0) return;
      for (std::size_t i = clients.size(); i-- > 0;) {
        if (all[i + 2].revents != 0 && !hear(clients[i])) clients.erase(clients.begin() + static_cast<long>(i));
      }
      if (all[1].revents != 0) {
        clients.push_back({Fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), {}, false});
        ++connections_;
      }
    }
  }
  bool hear(Client& client) {
    char part[4096];
    const ssize_t n = read(client.fd.get(), part, sizeof part);
    if (n <= 0) return false;
    client.said.append(part, static_cast<std::size_t>(n));
    if (client.said.find("StartRestore") != std::string::npos && !std::exchange(client.restores, true)) erase(client.mac);
    if (client.restores || client.said.find("</plist>") == std::string::npos) return true;
    std::string answer = "<dict><key>Number</key><integer>0</integer></dict></plist>";
    if (client.said.find("Listen") != std::string::npos) {
      for (const Ecid mac : macs_) answer += fmt::format("<string>{:016X}</string>", static_cast<std::uint64_t>(mac));
    }
    constexpr std::string_view id = "<key>DeviceID</key><integer>";
    if (const auto at = client.said.find(id); at != std::string::npos)
      client.mac = std::stoul(client.said.substr(at + id.size()));
    client.said.clear();
    return send(client.fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
  }

  Fd listener_;
  std::vector<Ecid> macs_;
  int ends_[2] = {-1, -1};
  std::atomic<int> connections_{0}, restores_{0};
  std::mutex mutex_;
  std::set<unsigned long> erased_;  // by DeviceID
  std::thread thread_;
};

}  // namespace greenroom::test
