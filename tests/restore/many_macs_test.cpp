// A whole room on one USB tree: one controller with its journal, its gates and its USB, the stand-in engine that makes the
// transfers, and model Macs at full depth behind hubs. What came of it is asked of the Macs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/support/room_rig.hpp"

namespace greenroom::test {
namespace {

constexpr unsigned hubs = 4, macs_per_hub = 6, macs = hubs * macs_per_hub;

// How many engines ran at once, by the part of the tree that they share, as the facts tell in their order.
std::map<std::string, int> most_at_once(const std::vector<Fact>& facts, const std::map<std::string, std::string>& ports) {
  std::map<std::string, int> now, most;
  std::map<std::uint64_t, std::string> running;
  const auto count = [&](const std::string& port, int change) {
    for (const std::string& part : {std::string("1"), port.substr(0, port.find('.'))})
      most[part] = std::max(most[part], now[part] += change);
  };
  for (const Fact& fact : facts) {
    if (const auto* start = std::get_if<EffectStarted>(&fact.body); start != nullptr && start->kind == "engine") {
      running[start->effect] = ports.at(start->slot);
      count(running[start->effect], 1);
    }
    const auto* end = std::get_if<EffectEnded>(&fact.body);
    if (end != nullptr && running.contains(end->effect)) count(running[end->effect], -1);
  }
  return most;
}

class ManyMacs : public RoomRig {
 protected:
  ManyMacs() : RoomRig(m1_firmware()) {
    write_file(path("orders"), "transfers yes\n");
    UsbTestbed& bed = beds_.emplace_back();
    std::vector<RestoreMac*> all;
    for (unsigned hub = 1; hub <= hubs; ++hub) {
      bed.plug(fmt::format("1-{}", hub), hub_face());
      for (unsigned n = 1; n <= macs_per_hub; ++n) {
        all.push_back(&add_mac_at(bed, fmt::format("1-{}.{}", hub, n)));
        ports_[fmt::format("1-{:02}", all.size())] = all.back()->port();
      }
    }
    room_ = &rooms_.emplace_back(*this, all);
    room_->engine = stand_in_for(*all.front());
    std::replace(room_->engine.begin(), room_->engine.end(), to_hex(Ecid{all.front()->identity().ecid}),
                 std::string("ECID"));
  }
  [[nodiscard]] std::map<std::string, std::string> proven() const {
    std::map<std::string, std::string> erased;
    for (const Fact& fact : room_->facts) {
      if (const auto* evidence = std::get_if<EvidenceRecorded>(&fact.body)) erased[evidence->serial] = evidence->erased;
    }
    return erased;
  }

  std::map<std::string, std::string> ports_;  // by slot
  Room* room_ = nullptr;
};

TEST_F(ManyMacs, TwentyFourInOneRoomAreErasedByTransfersWithinTheLimitsOfTheirUsbTree) {
  start(*room_);
  for (std::size_t done = 0; done < macs; done = proven().size())
    ASSERT_TRUE(until(*room_, [&] { return proven().size() > done; })) << done << " are done";
  for (RestoreMac* mac : room_->macs) {
    EXPECT_TRUE(mac->os().erased) << mac->port();
    EXPECT_EQ(mac->os().starts, 1) << mac->port();
    EXPECT_EQ(proven()[mac->identity().serial], "confirmed") << mac->port();
  }
  EXPECT_EQ(room_->first<CaseOpened>(), nullptr);
  auto most = most_at_once(room_->facts, ports_);
  EXPECT_EQ(most["1"], 6);
  for (const char* hub : {"1-1", "1-2", "1-3", "1-4"}) EXPECT_LE(most[hub], 4) << hub;
  std::set<std::string> waits;
  for (const Fact& fact : room_->facts) {
    if (const auto* change = std::get_if<StepChanged>(&fact.body)) waits.insert(change->what);
  }
  for (const char* words : {"6 of 6 restores run on host/1", "4 of 4 restores run on host/1-1"})
    EXPECT_TRUE(waits.contains(words)) << words;
  expect_nothing_wrong();
}

}  // namespace
}  // namespace greenroom::test
