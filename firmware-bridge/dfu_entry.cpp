#include "firmware-bridge/dfu_entry.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "firmware-bridge/child_program.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;

// restorekit sends a message for DFU up to three times, 10 s apart; out of DFU one every 8 s, because a boot ROM hears about
// 40 % of them.
constexpr Duration message_patience = seconds{10}, restart_patience = seconds{8};
// macvdmtool waits for its target up to 1 s and 30 times 0.1 s; tuxvdmtool for no answer at all.
constexpr Duration tool_patience = seconds{15};
constexpr Duration board_start = seconds{2};  // an Arduino that opening its port has restarted
constexpr Duration reply_patience = std::chrono::milliseconds{500};
constexpr std::size_t most_of_reply = 200;
// Off, the keys, and power alone: up to 10 s each, and somebody who reads it the first time.
constexpr Duration hands_patience = seconds{90};

// What a program or a board said last, as one line for people.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  text.remove_prefix(std::min(text.size(), text.find_last_of('\n') + 1));
  std::string line(text.substr(0, most_of_reply));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

class ByTool final : public DfuMeans {
 public:
  ByTool(asio::any_io_executor executor, Clock& clock, DfuTool tool)
      : executor_(std::move(executor)), clock_(clock), tool_(std::move(tool)) {}
  [[nodiscard]] std::string name() const override { return tool_.program.front(); }
  [[nodiscard]] Duration patience(DfuOrder order) const override {
    return order == DfuOrder::enter ? message_patience : restart_patience;
  }
  Task<void> send(DfuTry one, TimePoint deadline) override {
    std::vector<std::string> words = tool_.program;
    words.emplace_back(one.order == DfuOrder::enter ? "dfu" : "reboot");
    const auto end =
        co_await run_program(executor_, clock_, std::move(words), std::min(deadline, clock_.now() + tool_patience));
    if (!end) co_return fail(end.error());
    if (WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0) co_return Result<void>{};
    const std::string how = WIFEXITED(end->status) ? fmt::format("with exit code {}", WEXITSTATUS(end->status))
                                                   : fmt::format("by signal {}", WTERMSIG(end->status));
    co_return fail(Errc::protocol, fmt::format("{} ended {}: {}", name(), how, last_line(end->output)));
  }

 private:
  asio::any_io_executor executor_;
  Clock& clock_;
  DfuTool tool_;
};

class ByDongle final : public DfuMeans {
 public:
  ByDongle(Clock& clock, std::string name, OpenLine open) : clock_(clock), name_(std::move(name)), open_(std::move(open)) {}
  [[nodiscard]] std::string name() const override { return fmt::format("the dongle at {}", name_); }
  [[nodiscard]] Duration patience(DfuOrder order) const override {
    return order == DfuOrder::enter ? message_patience : restart_patience;
  }
  Task<void> send(DfuTry one, TimePoint deadline) override {
    auto sent = co_await say(one, deadline);
    if (!sent) line_.reset();  // it may be another one by the next try, which starts anew
    co_return sent;
  }

 private:
  Task<void> say(DfuTry one, TimePoint deadline) {
    if (!line_) {
      auto opened = open_();
      if (!opened) co_return fail(opened.error().within(name()));
      line_ = std::move(*opened);
      const TimePoint ready = std::min(deadline, clock_.now() + board_start);
      if (const auto waited = co_await clock_.sleep_until(ready); !waited) co_return waited;
    }
    line_->discard_input();
    std::string words = fmt::format("{}\n", dongle_words(one));
    if (const auto sent = co_await line_->write(std::move(words)); !sent) co_return fail(sent.error().within(name()));
    // What boards answer differs and is not to be relied on (unverified): it goes to the log.
    const TimePoint end = std::min(deadline, clock_.now() + reply_patience);
    std::string said;
    while (said.size() < most_of_reply) {
      const auto more = co_await line_->read_some(end);
      if (!more && more.error().code == Errc::timeout) break;
      if (!more) co_return fail(more.error().within(name()));
      said += *more;
    }
    if (!said.empty()) log::info(fmt::format("{} says: {}", name(), last_line(said)));
    co_return Result<void>{};
  }

  Clock& clock_;
  std::string name_;
  OpenLine open_;
  std::unique_ptr<SerialLine> line_;
};

class ByHand final : public DfuMeans {
 public:
  explicit ByHand(DfuHands hands) : hands_(std::move(hands)) {}
  [[nodiscard]] std::string name() const override { return "somebody's hands"; }
  [[nodiscard]] Duration patience(DfuOrder) const override { return hands_patience; }
  Task<void> send(DfuTry one, TimePoint) override {
    hands_.tell(one.order == DfuOrder::enter ? hands_.enter : hands_.restart);
    co_return Result<void>{};
  }
  void waiting(Duration left) override { hands_.tell(fmt::format("{:.0f} s left", in_seconds(left))); }

 private:
  DfuHands hands_;
};

}  // namespace

std::unique_ptr<DfuMeans> dfu_by_tool(asio::any_io_executor executor, Clock& clock, DfuTool tool) {
  return std::make_unique<ByTool>(std::move(executor), clock, std::move(tool));
}
std::unique_ptr<DfuMeans> dfu_by_dongle(Clock& clock, std::string name, OpenLine open) {
  return std::make_unique<ByDongle>(clock, std::move(name), std::move(open));
}
std::unique_ptr<DfuMeans> dfu_by_hand(DfuHands hands) { return std::make_unique<ByHand>(std::move(hands)); }

// Header, SVID and command, then Apple's actions: 106 into DFU on Apple silicon; an older T2 refuses that and takes 105 with
// "PMU reset and DFU hold"; 105 alone restarts. Sources: macvdmtool main.cpp, tuxvdmtool cd321x.rs, pikvm vdmtool.ino.
std::string_view dongle_words(DfuTry one) {
  if (one.order == DfuOrder::restart) return "5AC8012,0105,80000000";
  const bool t2 = one.t2 != (one.attempt % 2 == 1);
  return t2 ? "5AC8012,0105,80020000" : "5AC8012,0106,80010000";
}

}  // namespace greenroom
