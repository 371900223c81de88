// What a line still carries, read away before somebody speaks.
#include "hw/pdu/drain.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted_line.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Says a byte every so often, so many times.
class Babbler final : public SerialLine {
 public:
  Babbler(ManualClock& clock, Duration every, int times) : clock_(clock), every_(every), left_(times) {}
  Task<void> write(std::string) override { co_return Result<void>{}; }
  Task<std::string> read_some(TimePoint deadline) override {
    const TimePoint next = clock_.now() + every_;
    const bool says = left_ > 0 && next <= deadline;
    if (const auto slept = co_await clock_.sleep_until(says ? next : deadline); !slept) co_return fail(slept.error());
    if (!says) co_return fail(Errc::timeout, "nothing");
    --left_;
    co_return std::string("x");
  }
  void discard_input() override {}

 private:
  ManualClock& clock_;
  Duration every_;
  int left_;
};

struct Drained {
  Result<void> result;
  Duration took;
};

Drained drained(Duration every, int times, Duration late) {
  test::Stage stage;
  Babbler line(stage.clock, every, times);
  const TimePoint began = stage.clock.now();
  auto result = stage.run<void>(drain(line, stage.clock, late));
  return {std::move(result), stage.clock.now() - began};
}

TEST(Drain, EndsWhenNothingHasComeForAsLongAsAReplyCanBeLate) {
  const Drained d = drained(milliseconds{300}, 2, milliseconds{500});
  EXPECT_TRUE(d.result);
  EXPECT_EQ(d.took, milliseconds{2 * 300 + 500});
}

TEST(Drain, CallsALineThatNeverFallsSilentByItsLikelyCauses) {
  const Drained d = drained(milliseconds{100}, 1000, milliseconds{500});
  ASSERT_FALSE(d.result);
  EXPECT_EQ(d.result.error().code, Errc::protocol);
  EXPECT_EQ(d.result.error().message,
            "bytes without end for 10 s; is the baud rate right, or does somebody else speak on the line?");
  EXPECT_EQ(d.took, seconds{10});
}

}  // namespace
}  // namespace greenroom
