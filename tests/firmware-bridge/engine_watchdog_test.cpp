#include "firmware-bridge/engine_watchdog.hpp"

#include <gmock/gmock.h>

namespace greenroom {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr TimePoint start{};

EngineSigns at(RestoreStage stage) {
  EngineSigns signs;
  signs.stage = stage;
  signs.stage_since = signs.last_word = start;
  return signs;
}
// Judged while it goes on writing.
std::string talking(EngineSigns signs, Duration in_stage) {
  signs.last_word = start + in_stage;
  return judge(signs, start + in_stage).why;
}

TEST(EngineWatchdog, LetsAnEngineWaitForRestoreModeAsLongAsItDoesItself) {
  EXPECT_THAT(judge(at(RestoreStage::waiting_for_restore_mode), start + seconds{308}).why, IsEmpty());  // as it was seen
}
TEST(EngineWatchdog, EndsOneThatWaitsLongerThanItEverDoes) {
  EXPECT_THAT(talking(at(RestoreStage::waiting_for_restore_mode), seconds{360}),
              HasSubstr("stayed for 360 s at stage waiting_for_restore_mode"));
}
TEST(EngineWatchdog, EndsOneThatIsSilent) {
  EXPECT_THAT(judge(at(RestoreStage::recovery), start + seconds{329}).why, IsEmpty());
  EXPECT_THAT(judge(at(RestoreStage::recovery), start + seconds{330}).why,
              HasSubstr("said nothing for 330 s at stage recovery"));
}
TEST(EngineWatchdog, EndsOneThatTalksAndGetsNowhere) {
  for (const RestoreStage stage : {RestoreStage::detect, RestoreStage::prepare, RestoreStage::boot_images,
                                   RestoreStage::recovery, RestoreStage::waiting_for_restore_mode}) {
    EXPECT_THAT(talking(at(stage), seconds{60}), IsEmpty()) << to_string(stage);
    EXPECT_THAT(talking(at(stage), std::chrono::hours{1}), HasSubstr("stayed for")) << to_string(stage);
  }
}
TEST(EngineWatchdog, EndsOneThatFloodsItsOutput) {
  EngineSigns signs = at(RestoreStage::prepare);
  signs.bytes = 64U << 20;
  EXPECT_THAT(talking(signs, seconds{1}), IsEmpty());
  ++signs.bytes;
  EXPECT_THAT(talking(signs, seconds{1}), HasSubstr("wrote more than 64 MB"));
}
TEST(EngineWatchdog, NeverEndsOnePastTheErasePoint) {
  for (const RestoreStage stage : {RestoreStage::waiting_for_restore_mode, RestoreStage::restoring, RestoreStage::verifying,
                                   RestoreStage::finishing, RestoreStage::done}) {
    EngineSigns signs = at(stage);
    signs.past_erase_point = true;
    signs.bytes = 1U << 30;
    const auto verdict = judge(signs, start + std::chrono::hours{24});
    EXPECT_THAT(verdict.why, IsEmpty()) << to_string(stage);
    EXPECT_EQ(verdict.look_again, never);
  }
}
TEST(EngineWatchdog, LooksAgainWhenTheFirstOfItsTimesIsUp) {
  EngineSigns signs = at(RestoreStage::detect);
  EXPECT_EQ(judge(signs, start).look_again, start + seconds{120});
  signs.stage = RestoreStage::recovery;
  EXPECT_EQ(judge(signs, start).look_again, start + seconds{330});
  signs.last_word = start + seconds{800};
  EXPECT_EQ(judge(signs, start + seconds{800}).look_again, start + seconds{900});
}

}  // namespace
}  // namespace greenroom
