// A bench on which an engine restores model Macs: an IPSW, a signing server, a usbmuxd, and Macs in testbeds, on one loop.
// Nothing that an engine does here leaves the machine.
#pragma once

#include <gmock/gmock.h>
#include <spawn.h>

#include <list>

#include "firmware-bridge/idevicerestore.hpp"
#include "firmware-bridge/job_watch.hpp"
#include "tests/support/job_rig.hpp"
#include "tests/support/restore_mac.hpp"
#include "tests/support/tss_stand_in.hpp"

namespace greenroom::test {

class RestoreRig : public JobRig {
 protected:
  explicit RestoreRig(ModelFirmware firmware = t2_firmware()) : firmware_(std::move(firmware)) {
    write_ipsw(path("t2.ipsw"), firmware_);
  }
  ~RestoreRig() override {
    end_my_children();
    asio::post(loop_, [this] {
      tss_.end();
      usbmuxd_.end();
      for (RestoreMac& mac : macs_) mac.end();
    });
    eventually([this] {
      return tss_.ended() && usbmuxd_.ended() &&
             std::all_of(macs_.begin(), macs_.end(), [](const RestoreMac& mac) { return mac.ended(); });
    });
  }

  // In a testbed of its own.
  RestoreMac& add_mac(MacBoot::Arrival arrival = MacBoot::Arrival::dfu) {
    UsbTestbed& bed = beds_.emplace_back();
    bed.plug("1-4", hub_face());
    return add_mac_at(bed, "1-4.2", arrival);
  }
  RestoreMac& add_mac_at(UsbTestbed& bed, const std::string& port, MacBoot::Arrival arrival = MacBoot::Arrival::dfu) {
    const auto number = static_cast<unsigned>(macs_.size());
    return macs_.emplace_back(loop_.get_executor(), number, firmware_, usbmuxd_, bed, port, arrival);
  }

  // What restores that Mac: env(1), what makes the engine see its testbed and keeps it on this machine, and the product's
  // own command line.
  [[nodiscard]] std::vector<std::string> engine_for(const RestoreMac& mac, RestoreKind kind = RestoreKind::erase) const {
    const EngineCommand command = idevicerestore_command("idevicerestore", EngineGeneration::v1_0_0, job_for(mac, kind));
    std::vector<std::string> words{"/usr/bin/env"};
    for (const auto& more : {mac.environment(), tss_.proxies(), command.environment, command.arguments})
      words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // The stand-in engine that makes the transfers, in the real one's place; its orders lie in the test's directory.
  [[nodiscard]] std::vector<std::string> stand_in_for(const RestoreMac& mac, RestoreKind kind = RestoreKind::erase) const {
    const EngineCommand command =
        idevicerestore_command(GREENROOM_STAND_IN_ENGINE, EngineGeneration::git, job_for(mac, kind));
    std::vector<std::string> words{"/usr/bin/env", "STAND_IN=" + path("orders"),
                                   "ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0"};
    for (const auto& more : {mac.environment(), tss_.proxies(), command.environment, command.arguments})
      words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // Ten times real time for what it waits; the transfers take what they take.
  void engine_orders(const std::string& more) const { write_file(path("orders"), "transfers yes\nspeed 10\n" + more); }
  [[nodiscard]] RestoreJob job_for(const RestoreMac& mac, RestoreKind kind = RestoreKind::erase) const {
    return {JobId{mac.identity().ecid & 0xffff}, *PortPath::parse("host/" + mac.port()), Ecid{job_ecid(mac)}, kind,
            path("t2.ipsw")};
  }

  [[nodiscard]] virtual std::uint64_t job_ecid(const RestoreMac& mac) const { return mac.identity().ecid; }

  // A program in the test's directory, its output in the files stdout and stderr there.
  pid_t spawn_program(std::vector<std::string> words) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (!answers_at_.empty()) posix_spawn_file_actions_addopen(&files, 0, answers_at_.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, path("stdout").c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, 2, path("stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addchdir_np(&files, root_.c_str());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    EXPECT_EQ(posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    return child;
  }

  void expect_nothing_wrong() {
    for (const RestoreMac& mac : macs_) EXPECT_THAT(mac.wrong(), testing::IsEmpty());
    EXPECT_THAT(tss_.wrong, testing::IsEmpty());
    EXPECT_THAT(usbmuxd_.wrong, testing::IsEmpty());
  }

  // As eventually(), for as long as a restore takes: idevicerestore 1.0.0 alone waits 26 s of it.
  bool in_time_for_a_restore(const std::function<bool()>& holds) {
    for (int i = 0; i < 6; ++i) {
      if (eventually(holds)) return true;
    }
    return false;
  }

  const ModelFirmware firmware_;
  TssStandIn tss_{loop_.get_executor(), firmware_};
  UsbmuxdStandIn usbmuxd_{loop_.get_executor(), path("upstream")};
  std::list<UsbTestbed> beds_;
  std::list<RestoreMac> macs_;
  std::string answers_at_;  // what a program reads on stdin; empty: what the test does
};

}  // namespace greenroom::test
