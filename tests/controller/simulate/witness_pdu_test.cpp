#include "controller/simulate/witness_pdu.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

namespace greenroom::sim {
namespace {

// Commits each order, or lets its line fail after that byte.
struct FakePdu final : Pdu {
  Task<PduTraits> identify() override { co_return PduTraits{}; }
  Task<PduReading> read(Depth) override { co_return fail(Errc::timeout, "no reply"); }
  Task<OutletReading> set(SwitchOrder order) override {
    if (auto may = order.still_allowed(); !may) co_return fail(may.error());
    co_return OutletReading{order.number, OutletState::on, {}, {}};
  }
};

struct Notes final : WitnessListener {
  void ordered(PduId, OutletNumber n, Switch) override { lines.push_back("ordered " + std::to_string(n)); }
  void committed(PduId, OutletNumber n, Switch) override { lines.push_back("committed " + std::to_string(n)); }
  void ended(PduId, OutletNumber n, Switch, const Result<OutletReading>& r) override {
    lines.push_back((r ? "read back " : "failed ") + std::to_string(n));
  }
  void reading(PduId, const PduReading&) override { lines.emplace_back("reading"); }
  void identified(PduId, const PduTraits&) override { lines.emplace_back("identified"); }
  void failed(PduId, const Error& e) override { lines.push_back(e.message); }
  std::vector<std::string> lines;
};

struct WitnessTest : testing::Test {
  template <class T>
  static asio::awaitable<void> keep(Task<T> task) {
    (void)co_await std::move(task);
  }
  template <class T>
  void run(Task<T> task) {
    asio::co_spawn(io, keep(std::move(task)), asio::detached);
    io.restart();
    io.run();
  }
  void set(bool allowed) {
    SwitchOrder order(7, Switch::on, never, [allowed]() -> Result<void> {
      if (allowed) return {};
      return fail(Errc::refused, "protected");
    });
    run(witness.set(std::move(order)));
  }
  asio::io_context io;
  FakePdu driver;
  Notes notes;
  WitnessPdu witness{PduId{0}, driver, notes};
};

TEST_F(WitnessTest, TellsAnOrderItsCommittingByteAndItsReadBack) {
  set(true);
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"ordered 7", "committed 7", "read back 7"}));
}

TEST_F(WitnessTest, DoesNotCallARefusedOrderSent) {
  set(false);
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"ordered 7", "failed 7"}));
}

TEST_F(WitnessTest, TellsIdentityAndSilence) {
  run(witness.identify());
  run(witness.read(Depth::full));
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"identified", "no reply"}));
}

}  // namespace
}  // namespace greenroom::sim
