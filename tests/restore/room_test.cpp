// The gate end to end (rules.md R4): a whole room's controller with its journal, its gate and its USB, around Debian's
// idevicerestore 1.0.0 and a model T2 Mac, in real time. What came of it is asked of the Mac.
#include <gmock/gmock.h>

#include <random>

#include "tests/support/img4.hpp"
#include "tests/support/room_rig.hpp"

namespace greenroom::test {
namespace {

using testing::IsEmpty;

using Stage = MacBoot::Stage;

class RoomRestore : public RoomRig {
 protected:
  static std::optional<TimePoint> named(const Room& room) {
    return room.when<MacSeen>([&room](const MacSeen& f) { return f.serial == room.mac.identity().serial; });
  }
  static void expect_not_begun(Room& room) {
    EXPECT_EQ(room.mac.os().starts, 0);
    EXPECT_FALSE(room.mac.os().erased);
    EXPECT_FALSE(room.permitted());
  }
  // It stood in recovery when its engine was ended: nobody is called for that.
  void expect_put_back(Room& room) {
    EXPECT_TRUE(until(room, [&room] { return room.put_back() && room.mac.stage() == Stage::booted; }));
    expect_not_begun(room);
    EXPECT_THAT(room.mac.wrong(), IsEmpty());
  }
  void expect_killed_and_put_back(Room& room) {
    expect_put_back(room);
    ASSERT_TRUE(room.has("exit"));
    EXPECT_EQ(parse_exit(read_file(room.job("exit")))->signal, SIGKILL);
  }
};

TEST_F(RoomRestore, TheRightMacIsErasedAndItsGateOpensWithinASecondOfItsSerial) {
  Room& room = add_room();
  start(room);
  ASSERT_TRUE(until(room, [&room] { return room.first<EvidenceRecorded>() != nullptr; }));
  EXPECT_TRUE(room.mac.os().erased);
  EXPECT_EQ(room.mac.os().starts, 1);
  const EvidenceRecorded& evidence = *room.first<EvidenceRecorded>();
  EXPECT_EQ(evidence.erased, "confirmed");
  EXPECT_EQ(evidence.serial, room.mac.identity().serial);
  EXPECT_EQ(evidence.ecid, room.mac.identity().ecid);
  const auto holds = named(room);
  const auto open = room.when<EffectEnded>([](const EffectEnded& f) { return f.kind == "permit" && f.ok; });
  ASSERT_TRUE(holds && open);
  EXPECT_LT(in_seconds(*open - *holds), 1.0);
  expect_nothing_wrong();
}

TEST_F(RoomRestore, ASerialThatComesLateOpensTheGateNoSooner) {
  Room& room = add_room();
  room.mac.shows({room.mac.identity().serial, Stage::ibec});
  start(room);
  ASSERT_TRUE(until(room, [&room] { return room.mac.stage() == Stage::ibec; }));
  EXPECT_FALSE(room.permitted());
  ASSERT_TRUE(until(room, [&room] { return room.mac.os().starts == 1; }));
  ASSERT_TRUE(named(room));
  EXPECT_LT(*named(room), *room.when<GatePermitted>([](const GatePermitted&) { return true; }));
}

TEST_F(RoomRestore, AMacThatGivesAnothersSerialIsPutBack) {
  Room& room = add_room();
  room.mac.shows({other_serial});
  start(room);
  expect_killed_and_put_back(room);
  EXPECT_TRUE(room.held_for("wrong_label"));
}

TEST_F(RoomRestore, AMacThatGivesAnothersSerialInItsSecondRecoveryIsPutBack) {
  Room& room = add_room();
  room.mac.shows({other_serial, Stage::ibec});
  start(room);
  expect_killed_and_put_back(room);
  EXPECT_TRUE(room.held_for("wrong_label"));
}

TEST_F(RoomRestore, AMacOnNoListIsPutBack) {
  Room& room = add_room();
  room.mac.shows({"C02GR99998"});
  start(room);
  expect_killed_and_put_back(room);
  EXPECT_TRUE(room.held_for("not_approved"));
}

TEST_F(RoomRestore, AMacWithoutASerialIsPutBackWhenItsEngineGivesUp) {
  Room& room = add_room();
  room.mac.shows({""});
  start(room);
  expect_put_back(room);
  EXPECT_TRUE(room.held_for("restore_failed"));
}

// It takes the Mac into its first recovery as an engine does, and no hint to end.
TEST_F(RoomRestore, AnEngineThatIgnoresSigtermIsKilledAndItsMacPutBack) {
  Room& room = add_room();
  room.mac.shows({""});
  room.seconds = 15;
  const Octets ibss = img4(firmware_.at("iBSS").file(), room.mac.ticket());
  write_file(path("ibss"), {ibss.begin(), ibss.end()});
  write_file(path("engine"), "trap '' TERM INT HUP\nirecovery -i " + to_hex(Ecid{room.mac.identity().ecid}) + " -f " +
                                 path("ibss") + "\nwhile :; do read -r word < " + path("never") + "; done\n");
  mkfifo(path("never").c_str(), 0600);
  room.engine = {"/usr/bin/env"};
  for (const std::string& word : room.mac.environment()) room.engine.push_back(word);
  // As for idevicerestore 1.0.0: its libirecovery reads what it has freed.
  room.engine.insert(room.engine.end(), {"GLIBC_TUNABLES=glibc.malloc.tcache_count=0", "bash", path("engine")});
  start(room);
  ASSERT_TRUE(until(room, [&room] { return room.mac.stage() == Stage::ibss; }));
  const ProcessId engine = gate_of(room.job("")).engine;
  ASSERT_EQ(kill(engine.pid, SIGTERM), 0);
  expect_killed_and_put_back(room);
  EXPECT_TRUE(room.held_for("restore_failed"));
}

// ---- past bootx: the Mac runs its restore OS, behind a gate that stays shut ----

class RoomRestoreThatWaits : public RoomRestore {
 protected:
  // A case by the Mac's name calls somebody, who restarts it: it shows in recovery, and is put back.
  void expect_put_back_once_it_is_restarted(Room& room) {
    ASSERT_TRUE(until(room, [&room] { return room.held_for("put_back_by_hand"); }));
    const auto names_it = [&room](const CaseOpened& f) {
      return f.reason == "put_back_by_hand" && f.subject == room.mac.identity().serial;
    };
    EXPECT_TRUE(room.when<CaseOpened>(names_it));
    EXPECT_EQ(room.mac.stage(), Stage::restore);
    room.mac.restart();
    expect_killed_and_put_back(room);
  }
};

TEST_F(RoomRestoreThatWaits, AMacWhoseSerialIsGarbledOrUnreadNeverSeesStartRestore) {
  add_room().mac.shows({"C02~~#0000"});
  RestoreMac& unread = add_room().mac;
  unread.shows({unread.identity().serial, Stage::ibss, /*kept=*/false});  // its engine owns it: nobody else may ask
  for (Room& room : rooms_) {
    room.seconds = 45;
    start(room);
  }
  for (Room& room : rooms_) expect_put_back_once_it_is_restarted(room);
  EXPECT_EQ(usbmuxd_.listeners(), 0U);
}

// ---- controllers that are killed, each at an instant of its own ----

class RoomsWhoseControllersDie : public RoomRestoreThatWaits {
 protected:
  // Side by side, spread over a run up to its restore; every other Mac tells its serial late.
  void start_and_kill() {
    std::mt19937 dice(20);
    constexpr int rooms = 6, apart_ms = 2000, first_ms = 2500;
    for (int i = 0; i < rooms; ++i) {
      Room& room = add_room();
      room.seconds = 60;
      if (i % 2 == 1) room.mac.shows({room.mac.identity().serial, Stage::ibec});
      start(room);
    }
    auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds{first_ms};
    for (Room& room : rooms_) {
      const auto instant = due + std::chrono::milliseconds{dice() % apart_ms};
      ASSERT_TRUE(until(room, [instant] { return std::chrono::steady_clock::now() >= instant; }));
      kill_controller(room);
      due += std::chrono::milliseconds{apart_ms};
    }
  }
  static bool proven(const Room& room) {
    return room.when<EvidenceRecorded>([](const EvidenceRecorded& f) { return f.erased == "confirmed"; }).has_value();
  }
  static bool in_its_case(const Room& room) {
    const bool left = room.mac.stage() == Stage::dfu || room.mac.stage() == Stage::booted;
    return room.first<CaseOpened>() != nullptr && (left || room.held_for("put_back_by_hand"));
  }
};

TEST_F(RoomsWhoseControllersDie, NoMacIsErasedWithoutAPermitInTheLifeOfItsJob) {
  start_and_kill();
  for (Room& room : rooms_) {
    const auto over = [&room] { return room.job("").empty() || room.has("exit"); };
    ASSERT_TRUE(until(room, over, /*restores=*/3));  // the engine gives up by itself after 180 s
    EXPECT_EQ(room.mac.os().starts, room.permitted() ? 1 : 0);
    EXPECT_EQ(room.mac.os().erased, room.permitted());
  }
  expect_nothing_wrong();
}

TEST_F(RoomsWhoseControllersDie, TheNextControllerTakesTheJobToItsEndOrIntoItsCase) {
  start_and_kill();
  for (Room& room : rooms_) start(room);
  for (Room& room : rooms_) {
    ASSERT_TRUE(until(room, [&room] { return proven(room) || in_its_case(room); }));
    EXPECT_EQ(proven(room), room.permitted());
    EXPECT_EQ(room.mac.os().erased, room.permitted());
    EXPECT_EQ(room.mac.os().starts, room.permitted() ? 1 : 0);
    if (room.mac.stage() == Stage::restore && !room.permitted()) expect_put_back_once_it_is_restarted(room);
  }
  expect_nothing_wrong();
}

}  // namespace
}  // namespace greenroom::test
