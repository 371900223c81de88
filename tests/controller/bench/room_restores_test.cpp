// A whole room restored by processes: the bench and its domain, real gates, the stand-in engine and a stand-in usbmuxd. USB
// is said by the test, and charge by a report; no outlet is switched.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/bench/bench.hpp"
#include "controller/journal/memory_journal.hpp"
#include "tests/support/counting_mux.hpp"
#include "tests/support/job_rig.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::test {
namespace {

using std::chrono::minutes;

constexpr unsigned macs = 24;
constexpr std::uint16_t apple = 0x05ac, dfu = 0x1227, recovery = 0x1281;

// Two hubs of six on one USB controller, one of twelve on another.
std::string port_of(unsigned n) {
  if (n < 6) return fmt::format("host/1-1.{}", n + 1);
  return n < 12 ? fmt::format("host/1-2.{}", n - 5) : fmt::format("host/2-1.{}", n - 11);
}
Ecid ecid_of(unsigned n) { return Ecid{0xC000000000000U + n}; }
std::string serial_of(unsigned n) { return fmt::format("C02TESTMAC{}", static_cast<char>('A' + n)) + "Z"; }
std::string slot_of(unsigned n) { return fmt::format("1-{:02}", n + 1); }

UsbSighting sighting(unsigned n, std::uint16_t product) {
  std::string text =
      fmt::format("CPID:6000 CPRV:11 CPFM:03 SCEP:01 BDID:0A ECID:{:016X} IBFL:3C", static_cast<std::uint64_t>(ecid_of(n)));
  if (product == recovery) text += " SRNM:[" + serial_of(n) + "]";
  return {*PortPath::parse(port_of(n)), apple, product, 0, text};
}

Step step(StepKind kind, Duration deadline, int tries = 1) {
  Step s;
  s.kind = kind;
  s.deadline = deadline;
  s.tries = tries;
  return s;
}

RoomSetup setup() {
  RoomSetup made;
  made.room = RoomBuilder().room;
  made.room.usb = {6, 4};
  for (unsigned n = 0; n < macs; ++n) {
    Slot slot;
    slot.name = slot_of(n);
    slot.bench = "1";
    slot.data_port = port_of(n);
    slot.dfu_entry = DfuEntry::vdm;
    made.room.slots.push_back(slot);
  }
  Recipe recipe;
  recipe.id = "erase";
  recipe.version = 1;
  recipe.families = {"AppleSilicon"};
  recipe.steps = {step(StepKind::receive, minutes{60}), step(StepKind::seat, minutes{60}),
                  step(StepKind::dfu, minutes{5}, 3), step(StepKind::restore, minutes{60}),
                  step(StepKind::checklist, minutes{60})};
  recipe.steps[1].to = "restore";
  recipe.steps[3].restore_kind = "erase";
  recipe.steps[3].firmware = "macos";
  MacModel mac;
  mac.product_type = "MacBookPro18,1";
  mac.name = "MacBook Pro (M1 Pro, 16-inch, 2021)";
  mac.family = "AppleSilicon";
  mac.chip_boards = {0x6000U << 8U | 0x0AU};
  mac.battery_Wh = 100;
  made.catalogue = {{recipe}, {mac}};
  return made;
}

// Counts, beside the engine, what runs at once.
class CountedEngine final : public RestoreEngine {
 public:
  explicit CountedEngine(RestoreEngine& engine) : engine_(engine) {}
  Task<JobId> start(RestoreJob job) override {
    running_[job.id] = job.path.text();
    for (const char* part : {"host/1-", "host/2-", "host/1-1.", "host/1-2."}) {
      const auto there = [part](const auto& r) { return r.second.starts_with(part); };
      most[part] = std::max(most[part], std::count_if(running_.begin(), running_.end(), there));
    }
    co_return co_await engine_.start(std::move(job));
  }
  Task<RestoreOutcome> attach(JobId id, ProgressSink sink) override {
    auto outcome = co_await engine_.attach(id, std::move(sink));
    running_.erase(id);
    co_return outcome;
  }
  Task<void> stop(JobId id) override { co_return co_await engine_.stop(id); }
  std::map<std::string, std::ptrdiff_t> most;

 private:
  RestoreEngine& engine_;
  std::map<JobId, std::string> running_;
};

class RoomRestoresTest : public JobRig, public MacActions {
 protected:
  RoomRestoresTest() {
    auto command = [this](const RestoreJob& job) -> Result<EngineCommand> {
      return EngineCommand(
          {GREENROOM_STAND_IN_ENGINE, "-i", to_hex(job.ecid), "-e", "-y", "-P", "--logfile", "-", "mac.ipsw"},
          {"STAND_IN=" + path("orders-" + to_hex(job.ecid))});
    };
    engine_ = std::make_unique<ProcessEngine>(
        loop_.get_executor(), *clock_, path("jobs"),
        EngineProgram(EngineProgram::PureCommand(command), {gate_program_}, path("upstream")));
    counted_ = std::make_unique<CountedEngine>(*engine_);
    bench_ = std::make_unique<Bench>(loop_.get_executor(), setup(),
                                     BenchPorts{*clock_, journal_, {}, *counted_, *engine_, *this});
    bench_->on_fact = [this](const Fact& fact) { on_fact(fact); };
    auto folded = fold(journal_, bench_->setup(), "");
    bench_->start(std::move(*folded), Incarnation{"greenroom", "boot-1", clock_->now().time_since_epoch()});
  }
  ~RoomRestoresTest() override {
    asio::post(loop_, [this] { bench_->kill(); });
    eventually([this] { return bench_->idle(); });
    bench_.reset();
  }

  // ---- the Macs, as their ports show them
  void shows(unsigned n, std::uint16_t product) {
    bench_->usb_changed(*PortPath::parse(port_of(n)), std::nullopt);
    bench_->usb_changed(*PortPath::parse(port_of(n)), sighting(n, product));
  }
  static unsigned mac_at(const std::string& slot) { return static_cast<unsigned>(std::stoul(slot.substr(2))) - 1; }
  Task<AppleDevice> enter_dfu(PortPath at, TimePoint) override {
    unsigned n = 0;
    while (port_of(n) != at.text()) ++n;
    shows(n, dfu);
    co_return classify(sighting(n, dfu));
  }
  Task<void> leave_dfu(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Mac leaves here"); }
  Task<void> put_back(PortPath, TimePoint) override { co_return fail(Errc::refused, "no Mac is put back here"); }

  void on_fact(const Fact& fact) {
    if (const auto* start = std::get_if<EffectStarted>(&fact.body)) {
      // The engine brings its Mac into recovery; with the permit it boots its restore system.
      if (start->kind == "engine") asio::post(loop_, [this, n = mac_at(start->slot)] { shows(n, recovery); });
    }
    if (const auto* change = std::get_if<StepChanged>(&fact.body)) waits.insert(change->what);
    if (const auto* evidence = std::get_if<EvidenceRecorded>(&fact.body)) proven[evidence->serial] = evidence->erased;
    if (std::holds_alternative<CaseOpened>(fact.body)) cases.push_back(std::get<CaseOpened>(fact.body).words);
  }

  void ask(CommandKind kind, const std::string& label = {}) {
    Command command;
    command.kind = kind;
    command.key = fmt::format("key {}", ++asked_);
    command.by = "anna";
    command.label = label;
    if (kind == CommandKind::import_batch) command.text = "returns";
    for (unsigned n = 0; n < macs && kind == CommandKind::import_batch; ++n) {
      command.rows.push_back({n + 2, fmt::format("TAG{}", n), serial_of(n), "MacBook Pro (M1 Pro, 16-inch, 2021)", "A2485",
                              "Returned - Wipe", "", ""});
    }
    bench_->submit(std::move(command), [](const Answer& answer) { EXPECT_TRUE(answer.accepted) << answer.words; });
  }

  MemoryJournal journal_;
  std::unique_ptr<CountedEngine> counted_;
  std::unique_ptr<Bench> bench_;
  std::set<std::string> waits;
  std::map<std::string, std::string> proven;  // serial -> erased
  std::vector<std::string> cases;

 private:
  int asked_{};
};

TEST_F(RoomRestoresTest, TwentyFourMacsAreErasedByEnginesWithinTheLimitsOfTheirUsbTree) {
  std::vector<Ecid> all;
  for (unsigned n = 0; n < macs; ++n) {
    all.push_back(ecid_of(n));
    write_file(path("orders-" + to_hex(ecid_of(n))),
               "capture " + capture("success") + "\nspeed 1000\nserial " + serial_of(n) +
                   "\ncheckpoint completed id: 0x61F (format_effaceable_storage) result=0\n");
  }
  CountingMux usbmuxd(listen_upstream(), all);
  ask(CommandKind::import_batch);
  for (unsigned n = 0; n < macs; ++n) {
    ask(CommandKind::scan, serial_of(n));
    ask(CommandKind::scan, slot_of(n));
  }
  for (std::size_t done = 0; done < macs; done = proven.size())
    ASSERT_TRUE(eventually([&] { return proven.size() > done; })) << done << " are done; " << testing::PrintToString(cases);
  for (unsigned n = 0; n < macs; ++n) {
    EXPECT_TRUE(usbmuxd.erased(ecid_of(n))) << n;
    EXPECT_EQ(proven[serial_of(n)], "confirmed") << n;
  }
  EXPECT_EQ(usbmuxd.restores(), static_cast<int>(macs));
  EXPECT_THAT(cases, testing::IsEmpty());
  EXPECT_EQ(counted_->most["host/1-"], 6);
  EXPECT_EQ(counted_->most["host/2-"], 4);
  EXPECT_LE(counted_->most["host/1-1."], 4);
  EXPECT_LE(counted_->most["host/1-2."], 4);
  for (const char* words :
       {"6 of 6 restores run on host/1", "4 of 4 restores run on host/1-1", "4 of 4 restores run on host/2-1"})
    EXPECT_TRUE(waits.contains(words)) << words;
}

}  // namespace
}  // namespace greenroom::test
