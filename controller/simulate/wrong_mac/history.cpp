#include "controller/simulate/wrong_mac/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>

#include "controller/journal/fact_json.hpp"
#include "controller/simulate/wrong_mac/crew.hpp"
#include "controller/simulate/wrong_mac/engines.hpp"
#include "controller/simulate/wrong_mac/judge.hpp"
#include "hw/async/manual_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom::sim::wrong_mac {
namespace {

const WallTime opening{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours{8}};

// Facts as values: a million histories have no use for lines and hashes. A commit takes its time, as on a disk.
class QuickJournal final : public Journal {
 public:
  QuickJournal(Clock& clock, Random random, Duration slowest) : clock_(clock), random_(random), slowest_(slowest) {}
  std::function<void(const Fact&)> on_durable;

  Task<Seq> append(Facts facts) override {
    if (slowest_ > Duration{}) {
      const TimePoint done = clock_.now() + seconds_of(in_seconds(slowest_) * random_.uniform());
      if (const auto written = co_await clock_.sleep_until(done); !written) co_return fail(written.error());
    }
    for (const Fact& fact : facts) {
      facts_.push_back(fact);
      on_durable(fact);
    }
    co_return Seq{facts_.size()};
  }
  [[nodiscard]] Result<Facts> read(Seq from, std::size_t limit) const override {
    const auto begin = std::min<std::size_t>(from - 1, facts_.size());
    const auto count = std::min(limit, facts_.size() - begin);
    const auto at = facts_.begin() + static_cast<std::ptrdiff_t>(begin);
    return Facts(at, at + static_cast<std::ptrdiff_t>(count));
  }
  [[nodiscard]] std::string chain() const override { return {}; }
  Task<void> keep(Snapshot) override { co_return Result<void>{}; }
  [[nodiscard]] Result<std::optional<Snapshot>> snapshot() const override { return std::optional<Snapshot>{}; }
  [[nodiscard]] std::size_t size() const { return facts_.size(); }

 private:
  Clock& clock_;
  Random random_;
  Duration slowest_;
  Facts facts_;
};

// One life of the controller. Destroying it is a kill.
struct Controller {
  Controller(asio::any_io_executor executor, const RoomSetup& setup, Clock& clock, Floor& floor, Journal& journal,
             Engines& engines)
      : bus(floor.open_bus()),
        table(*bus, clock),
        macs(floor, table),
        bench(executor, setup, BenchPorts{clock, journal, {}, engines, engines, macs}),
        tasks(executor) {
    table.on_change([this](const PortPath& path, const UsbSighting* seen) {
      bench.usb_changed(path, seen == nullptr ? std::nullopt : std::optional(*seen));
    });
  }
  std::unique_ptr<UsbBus> bus;
  UsbTable table;
  Actions macs;
  Bench bench;
  TaskGroup tasks;
};

class History final : CrewDesk {
 public:
  History(std::uint64_t seed, RuleSet rules, const std::function<void(const std::string&)>& tell)
      : plan_(plan_history(seed, rules)),
        clock_(io_.get_executor(), opening),
        random_(seed),
        floor_(io_.get_executor(), clock_, random_.stream("floor"), plan_.ports),
        engines_(clock_, floor_, random_.stream("engines"),
                 {plan_.setup.room.fenced && rules.holds(Clause::nodes), plan_.greedy, plan_.lies, plan_.fails}),
        journal_(clock_, random_.stream("disk"), plan_.slowest_commit),
        judge_(floor_),
        crew_(clock_, floor_, *this, plan_, random_.stream("crew")) {
    if (tell) {
      tell_ = [this, tell](const std::string& line) {
        tell(fmt::format("{:10.3f} s  {}", in_seconds(clock_.now().time_since_epoch()), line));
      };
      floor_.tell = tell_;
    }
    floor_.macs = plan_.macs;
    for (Mac& mac : floor_.macs) mac.shows = true;
    engines_.on_erase = [this](JobId job, MacNo mac) {
      if (tell_) tell_(fmt::format("Mac {} is erased by job {}", mac, static_cast<std::uint64_t>(job)));
      judge_.on_erase(job, mac);
    };
    journal_.on_durable = [this](const Fact& fact) {
      if (tell_) tell_(to_json_line(fact));
      judge_.on_fact(fact);
      if (const auto* opened = std::get_if<VisitOpened>(&fact.body)) noted_[opened->visit].serial = opened->serial;
      if (const auto* released = std::get_if<VisitReleased>(&fact.body)) noted_.erase(released->visit);
      const auto* start = std::get_if<EffectStarted>(&fact.body);
      if (start != nullptr && start->kind == "engine") noted_[start->visit].ecid = start->ecid;
    };
  }

  HistoryResult run() {
    start_controller();
    import();
    settle();
    crew_.start();
    while (!crew_.done() && clock_.run_next()) {
      settle();
      if (kill_due_) kill_controller();
      if (revive_due_) start_controller();
    }
    HistoryResult result = conclude();
    if (unit_) kill_controller();
    return result;
  }

 private:
  Bench* bench() override { return unit_ ? &unit_->bench : nullptr; }
  [[nodiscard]] const std::map<VisitNumber, Noted>& runs() const override { return noted_; }
  void import() override {
    Command c;
    c.kind = CommandKind::import_batch;
    c.by = "lead";
    c.text = "returns";
    c.rows = plan_.rows;
    unit_->bench.submit(std::move(c), [](const Answer&) {});
  }
  void kill_for(Duration dead) override {
    if (!unit_ || kill_due_) return;
    kill_due_ = true;  // not from within: between two events
    clock_.call_at(clock_.now() + dead, [this] { revive_due_ = true; });
  }

  void settle() {
    io_.restart();
    io_.poll();
  }
  void start_controller() {
    revive_due_ = false;
    auto folded = fold(journal_, plan_.setup, "");
    if (!folded) return;  // a journal in memory has no gap and no fact of another version
    if (tell_) tell_("the controller starts");
    unit_ = std::make_unique<Controller>(io_.get_executor(), plan_.setup, clock_, floor_, journal_, engines_);
    unit_->tasks.spawn(unit_->table.run());
    unit_->bench.start(std::move(*folded), {"greenroom", "model", clock_.now().time_since_epoch()});
    settle();
  }
  void kill_controller() {
    kill_due_ = false;
    ++kills_;
    if (tell_) tell_("the controller dies");
    unit_->bench.kill();
    unit_->tasks.cancel();
    settle();
    unit_.reset();
  }
  HistoryResult conclude() {
    HistoryResult r;
    r.wrong_erasures = judge_.wrong_erasures;
    r.false_certificates = judge_.false_certificates;
    r.kills = kills_;
    r.facts = journal_.size();
    for (const Mac& m : floor_.macs) {
      if (!m.ours) continue;
      r.erased_right += m.erased ? 1U : 0U;
      r.undisturbed += m.disturbed ? 0U : 1U;
      r.undisturbed_erased += !m.disturbed && m.erased ? 1U : 0U;
    }
    return r;
  }

  Plan plan_;
  asio::io_context io_{1};
  ManualClock clock_;
  Random random_;
  Floor floor_;
  Engines engines_;
  QuickJournal journal_;
  Judge judge_;
  Crew crew_;
  std::function<void(const std::string&)> tell_;
  std::map<VisitNumber, Noted> noted_;
  std::unique_ptr<Controller> unit_;
  bool kill_due_{}, revive_due_{};
  std::uint64_t kills_{};
};

}  // namespace

HistoryResult live(std::uint64_t seed, RuleSet rules, const std::function<void(const std::string&)>& tell) {
  History history(seed, rules, tell);
  HistoryResult result = history.run();
  result.seed = seed;
  return result;
}

}  // namespace greenroom::sim::wrong_mac
