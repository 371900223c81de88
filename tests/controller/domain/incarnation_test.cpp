// Room time is one line across processes: how long nobody ran the room.
#include "controller/domain/incarnation.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint at(Duration d) { return TimePoint{d}; }
const WallTime noon{hours{24 * 365 * 56}};

// Started at room time 1 h, ten minutes after the machine; its last fact came 5 h later, at noon.
Lifetime lifetime() {
  Lifetime before;
  before.last = {"greenroom 0.1.0", "boot-a", minutes{10}};
  before.started = at(hours{1});
  before.last_fact = at(hours{6});
  before.last_wall = noon;
  return before;
}

Incarnation process(const char* boot, Duration boot_time) { return {"greenroom 0.1.0", boot, boot_time}; }

TEST(ResumeAt, OnTheSameStartOfTheMachineTheBootClockSaysHowLong) {
  // 8 h after the last process started: room time 9 h, whatever the wall says.
  const Incarnation now = process("boot-a", minutes{10} + hours{8});
  EXPECT_EQ(resume_at(lifetime(), now, noon + hours{3}), at(hours{9}));
}

TEST(ResumeAt, AWallClockThatJumpedADayEitherWayChangesNothing) {
  const Incarnation now = process("boot-a", minutes{10} + hours{8});
  EXPECT_EQ(resume_at(lifetime(), now, noon + hours{3 + 24}), at(hours{9}));
  EXPECT_EQ(resume_at(lifetime(), now, noon + hours{3 - 24}), at(hours{9}));
}

TEST(ResumeAt, HoursOfSuspendCount) {
  // CLOCK_BOOTTIME went on through a night's suspend after the last fact.
  const Incarnation now = process("boot-a", minutes{10} + hours{5 + 12});
  EXPECT_EQ(resume_at(lifetime(), now, noon), at(hours{18}));
}

TEST(ResumeAt, AfterAnotherStartOfTheMachineTheWallClockSays) {
  EXPECT_EQ(resume_at(lifetime(), process("boot-b", seconds{40}), noon + hours{2}), at(hours{8}));
  EXPECT_EQ(resume_at(lifetime(), process("boot-b", hours{900}), noon + hours{2}), at(hours{8}));
}

TEST(ResumeAt, AWallClockThatWentBackOverAStartOfTheMachineIsNoTimeAtAll) {
  EXPECT_EQ(resume_at(lifetime(), process("boot-b", seconds{40}), noon - hours{24}), at(hours{6}));
  EXPECT_EQ(resume_at(lifetime(), process("boot-b", seconds{40}), WallTime{}), at(hours{6}));
}

TEST(ResumeAt, AMachineThatDoesNotNameItsStartIsAnotherOne) {
  Lifetime before = lifetime();
  before.last.boot.clear();
  EXPECT_EQ(resume_at(before, process("", minutes{10} + hours{8}), noon + hours{2}), at(hours{8}));
}

TEST(ResumeAt, ABootClockThatWentBackUnderTheSameNameIsNotBelieved) {
  EXPECT_EQ(resume_at(lifetime(), process("boot-a", minutes{9}), noon + hours{2}), at(hours{8}));
}

TEST(ResumeAt, ASimulatedRoomGoesOnAtItsSpeed) {
  // 2 minutes of the machine at 600 are 20 h of the room, from its start at 1 h.
  EXPECT_EQ(resume_at(lifetime(), process("boot-a", minutes{12}), noon, 600), at(hours{21}));
}

TEST(ResumeAt, NeverBeforeTheLastFact) {
  // By the boot clock 1 h has passed, and yet the last fact stands 5 h after the start.
  EXPECT_EQ(resume_at(lifetime(), process("boot-a", minutes{10} + hours{1}), noon), at(hours{6}));
}

TEST(ResumeAt, ARoomWithoutAPastBeginsAtZero) {
  EXPECT_EQ(resume_at(Lifetime{}, process("boot-a", hours{3}), noon), TimePoint{});
}

TEST(ResumeAt, AJournalFromBeforeProcessesWereWrittenDownGoesOnByTheWall) {
  Lifetime before;
  before.last_fact = at(hours{6});
  before.last_wall = noon;
  EXPECT_EQ(resume_at(before, process("boot-a", hours{3}), noon + minutes{5}), at(hours{6} + minutes{5}));
}

}  // namespace
}  // namespace greenroom
