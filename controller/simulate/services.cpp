// The facilities person, and the MDM: programs and people who are not at the bench.
#include <algorithm>
#include <cmath>
#include <utility>

#include "controller/simulate/people.hpp"

namespace greenroom::sim {
namespace {

// A facilities person notices within minutes and walks over; the MDM hears from a Mac within a minute of its setup and
// then every few minutes (MDM values are "stale by minutes", power facts 2.5).
constexpr double notice_s = 60;
// When the cords that commissioning found in the wrong outlets are put right: after the morning's work.
constexpr Duration recabling = std::chrono::hours{2};
constexpr Duration battery_period = std::chrono::minutes{5};

}  // namespace

People::People(Clock& clock, model::Plant& plant, FrontDesk& desk, const Room& room, const std::vector<RowMac>& rows,
               const Random& seed)
    : clock_(clock),
      plant_(plant),
      desk_(desk),
      room_(room),
      rows_(rows),
      seed_(seed.stream("people")),
      opened_(clock.wall() - clock.now().time_since_epoch()) {
  plant_.listen(this);
}

People::~People() { plant_.ignore(this); }

void People::start(TaskGroup& tasks, int technicians) {
  static const char* const names[] = {"anna", "ben", "chris", "dora"};
  for (int i = 0; i < technicians; ++i) {
    const std::string name = i < 4 ? names[i] : "technician-" + std::to_string(i + 1);
    tasks.spawn(technician(name, seed_.stream(name)));
  }
  tasks.spawn(facilities(seed_.stream("facilities")));
  tasks.spawn(mdm_check_ins(seed_.stream("check-ins")));
  tasks.spawn(mdm_batteries(seed_.stream("batteries")));
}

void People::on(const model::PlantEvent& event) {
  if (const auto* boot = std::get_if<model::FirstBoot>(&event.what))
    check_ins_.push_back({boot->serial, boot->battery_percent, event.at});
}

asio::awaitable<void> People::mdm_check_ins(Random random) {
  while (!desk_.over()) {
    if (const auto waited = co_await pause(random, 20, 40); !waited) co_return;
    const std::vector<CheckIn> arrived = std::exchange(check_ins_, {});
    for (const CheckIn& mac : arrived) {
      auto seen = co_await ask(CommandKind::mdm_seen, "mdm", {}, mac.serial, {}, 0);
      if (seen && mac.percent >= 0) {
        seen = co_await ask(CommandKind::battery, "mdm", {}, mac.serial, {}, static_cast<std::uint64_t>(mac.percent));
      }
      if (!seen && seen.error().code == Errc::cancelled) co_return;
    }
  }
}

// Every Mac that runs an OS, is out on a bench and has a battery tells its charge: rounded, and up to 2 points off.
asio::awaitable<void> People::mdm_batteries(Random random) {
  while (!desk_.over()) {
    if (const auto slept = co_await clock_.sleep_until(clock_.now() + battery_period); !slept) co_return;
    for (const RowMac& row : rows_) {
      if (!row.mac) continue;
      const model::MacSpec& spec = plant_.mac_spec(*row.mac);
      const model::MacTruth truth = plant_.mac(*row.mac);
      if (!spec.battery || spec.blank_serial || truth.mode != model::Mode::booted || !truth.power) continue;
      const double off = random.uniform(-2.0, 2.0);
      const auto percent = std::clamp<long>(std::lround(truth.charge * 100.0 + off), 0, 100);
      std::string serial = spec.serial;
      const auto told =
          co_await ask(CommandKind::battery, "mdm", {}, std::move(serial), {}, static_cast<std::uint64_t>(percent));
      if (!told && told.error().code == Errc::cancelled) co_return;
    }
  }
}

// Commissioning, before work begins: every cord is followed from its outlet to its place, and what is as drawn is
// said so. What is not stays unproven.
Task<void> People::commission() {
  for (std::uint32_t i = 0; i < room_.outlets.size(); ++i) {
    const auto wired = plant_.wired_to(OutletId{i});
    if (!room_.outlets[i].slot || !wired || *wired != *room_.outlets[i].slot) continue;
    std::string label = room_.outlets[i].name;
    std::string text = room_.slots[wired->value].name;
    const auto told = co_await ask(CommandKind::prove_map, "facilities", std::move(label), {}, std::move(text), 0);
    if (!told) co_return fail(told.error());
  }
  co_return Result<void>{};
}

asio::awaitable<void> People::facilities(Random random) {
  if (const auto commissioned = co_await commission(); !commissioned) co_return;
  while (!desk_.over()) {
    if (const auto waited = co_await pause(random, notice_s, 2 * notice_s); !waited) co_return;
    if (const auto tidied = co_await tidy_power(random); !tidied && tidied.error().code == Errc::cancelled) co_return;
  }
}

// One thing a round: what a facilities person would see on the board and on the screen, and what they would do.
Task<void> People::tidy_power(Random& random) {
  for (std::uint32_t i = 0; i < room_.circuits.size(); ++i) {
    if (!plant_.circuit(CircuitId{i}).tripped) continue;
    if (const auto walked = co_await pause(random, 120, 300); !walked) co_return walked;  // finds the cause first
    (void)plant_.reset_breaker(CircuitId{i});
    co_return Result<void>{};
  }
  const RoomState* state = desk_.state();
  if (!state) co_return Result<void>{};
  CommandKind kind{};
  std::string label;
  std::string text;
  for (std::uint32_t i = 0; i < room_.circuits.size() && label.empty(); ++i) {
    if (!state->power.circuits[i].needs_person || !plant_.circuit(CircuitId{i}).live) continue;
    kind = CommandKind::restore_circuit;
    label = room_.circuits[i].name;
  }
  for (std::uint32_t i = 0; i < room_.pdus.size() && label.empty(); ++i) {
    if (!state->power.pdus[i].read_only) continue;
    kind = CommandKind::clear_read_only;
    label = room_.pdus[i].name;
  }
  // Which place an outlet feeds is proven by following the cord with the eye: the truth, not the drawing.
  for (std::uint32_t i = 0; i < room_.outlets.size() && label.empty(); ++i) {
    const OutletRecord& outlet = state->power.outlets[i];
    const auto wired = plant_.wired_to(OutletId{i});
    if (!room_.outlets[i].slot || (outlet.proven && !outlet.foreign_off)) continue;
    if (!wired || *wired != *room_.outlets[i].slot) {
      if (clock_.now().time_since_epoch() > recabling) plant_.replug(*room_.outlets[i].slot);
      continue;
    }
    kind = CommandKind::prove_map;
    label = room_.outlets[i].name;
    text = room_.slots[wired->value].name;
  }
  if (label.empty()) co_return Result<void>{};
  if (const auto walked = co_await pause(random, 60, 240); !walked) co_return walked;
  const auto answer = co_await ask(kind, "facilities", std::move(label), {}, std::move(text), 0);
  if (!answer) co_return fail(answer.error());
  co_return Result<void>{};
}

}  // namespace greenroom::sim
