#include "firmware-bridge/job_record.hpp"

#include <gtest/gtest.h>

namespace greenroom {
namespace {

JobRecord a_record(std::string firmware = "/srv/ipsw/mac.ipsw") {
  RestoreJob job(JobId{7}, *PortPath::parse("host/1-4.2"), Ecid{0xC11223344556E}, RestoreKind::erase_only,
                 std::move(firmware));
  return {std::move(job), {"/usr/bin/idevicerestore", "-e", "a b"}};
}

TEST(JobRecord, IsReadAsItWasWritten) {
  const auto read = parse_job(print(a_record()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->job.id, JobId{7});
  EXPECT_EQ(read->job.path.text(), "host/1-4.2");
  EXPECT_EQ(read->job.ecid, Ecid{0xC11223344556E});
  EXPECT_EQ(read->job.kind, RestoreKind::erase_only);
  EXPECT_EQ(read->job.firmware, "/srv/ipsw/mac.ipsw");
  EXPECT_EQ(read->command, (std::vector<std::string>{"/usr/bin/idevicerestore", "-e", "a b"}));
}

TEST(JobRecord, APathThatIsNoUtf8IsStillARecord) { EXPECT_TRUE(parse_job(print(a_record("/srv/\xff\xfe.ipsw")))); }

TEST(JobRecord, AGateAndAnEndAreReadAsTheyWereWritten) {
  const auto gate = parse_gate(print(GateRecord("f01c", 99, {12, 3400000000000}, {13, 3400000000001})));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->boot, "f01c");
  EXPECT_EQ(gate->lock, 99U);
  EXPECT_EQ(gate->gate, (ProcessId{12, 3400000000000}));
  EXPECT_EQ(gate->engine, (ProcessId{13, 3400000000001}));
  EXPECT_EQ(parse_exit(print(ExitRecord{255, std::nullopt, ""}))->code, 255);
  EXPECT_EQ(parse_exit(print(ExitRecord{std::nullopt, 9, ""}))->signal, 9);
  EXPECT_EQ(parse_exit(print(ExitRecord{std::nullopt, std::nullopt, "no such program"}))->not_started, "no such program");
}

class Damaged : public testing::TestWithParam<const char*> {};

TEST_P(Damaged, TextIsRefusedWithTheNameOfTheFile) {
  const auto job = parse_job(GetParam());
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().message.rfind("job.json cannot be read", 0), 0U) << job.error().message;
  EXPECT_FALSE(parse_gate(GetParam()));
  EXPECT_FALSE(parse_exit(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    JobRecord, Damaged,
    testing::Values("", "{", "7", "[]", "null", "{}", R"({"version":2})", R"({"code":"seven","pid":1})",
                    R"({"version":1,"job":7,"port":"host/1-4.2","ecid":"12","kind":"erase","firmware":"","command":[]})",
                    R"({"version":1,"job":7,"port":"host/1-4.2","ecid":"0x12g","kind":"erase","firmware":"","command":[]})",
                    R"({"version":1,"job":7,"port":"host/1-4.2","ecid":"0x12","kind":"update","firmware":"","command":[]})",
                    R"({"version":1,"job":7,"port":"nowhere","ecid":"0x12","kind":"erase","firmware":"","command":[]})"));

// ---- what the signs mean: record, gate file, gate alive, engine alive, exit file, starting
// ---------------------------------

struct Case {
  const char* what;
  JobSigns signs;
  JobState state;
};

class Judged : public testing::TestWithParam<Case> {};

TEST_P(Judged, ADirectoryMeansOneThing) { EXPECT_EQ(judge(GetParam().signs), GetParam().state) << GetParam().what; }

INSTANTIATE_TEST_SUITE_P(
    JobRecord, Judged,
    testing::Values(
        Case{"nothing there", {}, JobState::none}, Case{"being made now", {.starting = true}, JobState::starting},
        Case{"a record alone", {.record = true}, JobState::never_started},
        Case{"a record whose gate has the lock", {.record = true, .gate_alive = true}, JobState::starting},
        Case{"at work", {.record = true, .gate_file = true, .gate_alive = true}, JobState::running},
        Case{"an engine without its gate", {.record = true, .gate_file = true, .engine_alive = true}, JobState::orphaned},
        Case{"both gone without a word", {.record = true, .gate_file = true}, JobState::lost},
        Case{"the end written, the gate not yet gone",
             {.record = true, .gate_file = true, .gate_alive = true, .exit_file = true},
             JobState::ended},
        Case{"the end", {.record = true, .gate_file = true, .exit_file = true}, JobState::ended},
        Case{"sealed", {.record = true, .exit_file = true}, JobState::ended},
        Case{"started by hand, without a record", {.gate_file = true, .gate_alive = true}, JobState::running}));

// Whatever is seen, a job that may have a living engine is never called over, and one that may have run never unstarted.
TEST(JobState, NoSignsAtAllCallALivingEngineOverOrARunUnstarted) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    const JobSigns signs{(bits & 1) != 0, (bits & 2) != 0,  (bits & 4) != 0,
                         (bits & 8) != 0, (bits & 16) != 0, (bits & 32) != 0};
    const JobState state = judge(signs);
    if (signs.gate_alive && !signs.exit_file) {
      EXPECT_TRUE(state == JobState::running || state == JobState::starting) << bits;
    }
    if (signs.gate_file || signs.starting) {
      EXPECT_NE(state, JobState::never_started) << bits;
      EXPECT_NE(state, JobState::none) << bits;
    }
  }
}

}  // namespace
}  // namespace greenroom
