#include "controller/simulate/world.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "controller/bench/bench.hpp"
#include "controller/journal/memory_journal.hpp"
#include "controller/simulate/disk_journal.hpp"
#include "controller/simulate/judge.hpp"
#include "controller/simulate/load_dialect.hpp"
#include "controller/simulate/model_engine.hpp"
#include "controller/simulate/model_mac_actions.hpp"
#include "controller/simulate/people.hpp"
#include "controller/simulate/world_bound.hpp"
#include "controller/simulate/world_report.hpp"
#include "controller/simulate/world_spec.hpp"
#include "hw/async/handover.hpp"
#include "hw/async/manual_clock.hpp"
#include "hw/base/log.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::sim {
namespace {

using Real = std::chrono::steady_clock;  // for pacing and for the wall time of a run; no decision sees it

// Of seeded deaths (WorldOptions::kills): handlers from one to the next, and events until the next controller starts.
constexpr std::uint64_t handlers_a_life = 200;
constexpr std::uint64_t most_events_dead = 60;

}  // namespace

// One controller as it runs in a room: drivers on the model's lines, the table on the model's bus, and the bench.
// Destroying it is a kill: plant, engines and journal stay.
struct ControllerUnit {
  ControllerUnit(asio::any_io_executor executor, World::Impl& world);
  void start(FoldedState folded, const Incarnation& process, Seq snapshot_every) {
    tasks.spawn(table.run());
    bench->start(std::move(folded), process, snapshot_every);
  }
  void kill() {
    bench->kill();
    tasks.cancel();
  }
  [[nodiscard]] bool idle() const { return bench->idle() && tasks.size() == 0; }

  std::vector<std::unique_ptr<Pdu>> drivers;
  std::vector<std::unique_ptr<WitnessPdu>> witnessed;
  std::unique_ptr<UsbBus> bus;
  UsbTable table;
  ModelMacActions macs;
  std::unique_ptr<Bench> bench;
  TaskGroup tasks;
};

struct World::Impl final : FrontDesk, CommandPort {
  Impl(RoomSetup s, std::vector<ExpectedRow> r, WorldOptions o)
      : setup(std::move(s)),
        options(o),
        seed(o.seed),
        expected(std::move(r)),
        plan(plan_world(setup.room, setup.catalogue, expected, seed)),
        clock(io.get_executor(), opening),
        plant(io.get_executor(), clock, plan.spec, envelope_of(o.faults), seed.stream("plant")),
        engine(io.get_executor(), clock, plant),
        judge(clock, plant, setup.room, true_macs(plan), [this] { return state(); }),
        people(clock, plant, *this, setup.room, plan.rows, seed),
        tasks(io.get_executor()) {
    plant.listen(&judge);
    // A commit may wait for the one before it.
    if (options.kills > 0) judge.commits_take(2 * DiskJournal::longest);
  }
  ~Impl() override { plant.ignore(&judge); }

  // ---- what people see and ask
  std::vector<Chore> chores() override { return unit ? greenroom::chores(unit->bench->context()) : std::vector<Chore>{}; }
  const RoomState* state() override { return unit ? &unit->bench->state() : nullptr; }
  bool over() override { return finished; }

  Task<Answer> ask(Command command) override {
    Handover<Answer> handover;
    const auto giver = handover.giver();
    submit(std::move(command), [giver](const Answer& answer) { giver.give(answer); });
    co_return co_await handover.take();
  }
  // Outlives controllers: the next one is asked again with the same key.
  void submit(Command command, AnswerSink answer) override {
    const std::string key = command.key;
    const auto asked = waiting.emplace(key, Waiting{std::move(command), std::move(answer)});
    if (unit) pass_on(asked->second.command);
  }
  void pass_on(const Command& command) {
    unit->bench->submit(command, [this, key = command.key](const Answer& answer) {
      for (auto asked = waiting.find(key); asked != waiting.end(); asked = waiting.find(key)) {
        const AnswerSink tell = std::move(asked->second.answer);
        waiting.erase(asked);
        tell(answer);
      }
    });
  }

  // ---- the controller lives and dies
  Result<void> start_controller() {
    auto folded = fold(journal, setup, fingerprint);
    if (!folded) return fail(folded.error());
    // What the last one made durable and did not live to tell.
    const auto untold = journal.read(told + 1, std::numeric_limits<std::size_t>::max());
    if (!untold) return fail(untold.error());
    for (const Fact& fact : *untold) on_fact(fact);
    judge.controller_started();
    unit = std::make_unique<ControllerUnit>(io.get_executor(), *this);
    // Where it dies often, snapshots are taken often: those starts are proven too.
    const Seq snapshot_every = options.kills > 0 ? 300 : Bench::usual_snapshots;
    if (ready) unit->bench->readiness_changed(*ready);
    unit->start(std::move(*folded), {"greenroom", "model", clock.now().time_since_epoch()}, snapshot_every);
    for (const auto& [key, asked] : waiting) pass_on(asked.command);
    return {};
  }
  void kill_controller() {
    unit->kill();
    settle();
    if (!unit->idle()) log::error("a killed controller still runs; this is a defect in Greenroom");
    unit.reset();
    judge.controller_stopped();
  }
  asio::awaitable<void> kills() {
    while (const auto gap = plant.dice().next_gap(model::FaultKind::controller_kill)) {
      if (const auto lived = co_await clock.sleep_until(clock.now() + *gap); !lived) co_return;
      plant.dice().count(model::FaultKind::controller_kill);
      kill_due = true;  // not from within: the loop kills between two events
      if (const auto dead = co_await clock.sleep_until(clock.now() + plant.dice().lasts(model::FaultKind::controller_kill));
          !dead)
        co_return;
      revive_due = true;
    }
  }
  asio::awaitable<void> clock_jumps() {
    while (const auto gap = plant.dice().next_gap(model::FaultKind::clock_jump)) {
      if (const auto waited = co_await clock.sleep_until(clock.now() + *gap); !waited) co_return;
      plant.dice().count(model::FaultKind::clock_jump);
      const double hours = plant.dice().amount(model::FaultKind::clock_jump, -24.0, 24.0);
      clock.jump_wall(seconds_of(hours * 3600.0));
    }
  }
  asio::awaitable<void> import() {
    Command command;
    command.kind = CommandKind::import_batch;
    command.key = "import-1";
    command.by = "batch lead";
    command.text = "returns";
    command.rows = expected;
    (void)co_await ask(std::move(command));
  }

  // ---- the loop
  void settle() {
    io.restart();
    io.poll();
  }
  // As settle(), but the controller may die between any two handlers of it.
  void turn() {
    io.restart();
    while (deaths < options.kills && io.poll_one() > 0) {
      if (!unit || --kill_in > 0) continue;
      ++deaths;
      kill_in = 1 + dying.below(2 * handlers_a_life);
      revive_in = 1 + dying.below(most_events_dead);
      kill_controller();
    }
    io.poll();
  }
  // Until the next event is due; whoever looks at the room meanwhile is served.
  void pace(Real::time_point began) {
    if (!options.speed) return;
    const auto due = began + std::chrono::duration_cast<Real::duration>(std::chrono::duration<double>(
                                 in_seconds(clock.next().value_or(clock.now()).time_since_epoch()) / *options.speed));
    io.restart();
    io.run_until(due);
    std::this_thread::sleep_until(due);  // nobody looks: the loop had nothing to wait for
  }
  void on_fact(const Fact& fact) {
    told = fact.seq;
    judge.on_fact(fact);
    if (options.sample) report.on_fact(fact);
    if (const auto* waits = std::get_if<OutletWaits>(&fact.body); waits && !waits->circuit.empty())
      ++waits_by_circuit[waits->circuit];
    if (std::holds_alternative<VisitReleased>(fact.body) || std::holds_alternative<CaseOpened>(fact.body)) count_due = true;
    if (const auto* released = std::get_if<VisitReleased>(&fact.body); released && released->how == "packed")
      last_packed = fact.at;
  }
  // Looks when the plant's own tick is due. A look brings the plant up to its moment, and parts its sums there: one at a
  // moment that your time chose would make two runs of one seed differ in their last bits, and then in a decision.
  asio::awaitable<void> glance() {
    while (co_await clock.sleep_until(clock.now() + std::chrono::seconds{10})) {
      busiest = Amps{};
      for (std::uint32_t i = 0; i < setup.room.circuits.size(); ++i) {
        if (setup.room.circuits[i].kind == CircuitKind::breaker)
          busiest = std::max(busiest, plant.circuit(CircuitId{i}).now);
      }
    }
  }
  [[nodiscard]] Counts count() const;
  [[nodiscard]] Progress progress() const;
  Result<WorldResult> run(const std::function<void(const Progress&)>& tell);
  WorldResult conclude(double wall_s);

  RoomSetup setup;
  WorldOptions options;
  Random seed;
  std::vector<ExpectedRow> expected;
  WorldPlan plan;
  asio::io_context io{1};
  ManualClock clock;
  model::Plant plant;
  ModelEngine engine;
  MemoryJournal journal;
  std::string fingerprint{fingerprint_of(setup)};
  Judge judge;
  WorldReport report;
  std::string page;  // the report, once the run is over
  std::unique_ptr<ControllerUnit> unit;
  std::optional<Readiness> ready;  // as its controllers were told last
  struct Waiting {
    Command command;
    AnswerSink answer;
  };
  std::multimap<std::string, Waiting> waiting;  // commands asked and not answered, by key
  People people;
  std::map<std::string, std::uint64_t> waits_by_circuit;
  Amps busiest;  // of the breakers, at the last glance
  bool finished{}, kill_due{}, revive_due{}, count_due{};
  Seq told{};  // the last fact that the judge has heard
  DiskJournal disk{clock, journal, seed.stream("disk")};
  Random dying{seed.stream("dying")};
  std::uint64_t deaths{}, kill_in{1 + dying.below(2 * handlers_a_life)}, revive_in{};
  TimePoint last_packed{};
  TaskGroup tasks;
};

ControllerUnit::ControllerUnit(asio::any_io_executor executor, World::Impl& world)
    : bus(world.plant.open_bus()), table(*bus, world.clock), macs(world.clock, world.plant, table), tasks(executor) {
  Journal& journal = world.options.kills > 0 ? static_cast<Journal&>(world.disk) : world.journal;
  BenchPorts ports{world.clock, journal, {}, world.engine, world.engine, macs};
  for (std::uint32_t i = 0; i < world.setup.room.pdus.size(); ++i) {
    auto dialect = load_dialect(world.setup.room, PduId{i});
    if (!dialect) continue;  // checked before: World::Impl::run
    auto login = factory_login(facts(*dialect).id);
    drivers.push_back(make_pdu(std::move(*dialect), world.plant.open_line(PduId{i}), world.clock, std::move(login)));
    witnessed.push_back(std::make_unique<WitnessPdu>(PduId{i}, *drivers.back(), world.judge));
    ports.pdus.push_back(witnessed.back().get());
  }
  bench = std::make_unique<Bench>(executor, world.setup, std::move(ports));
  bench->on_fact = [&world](const Fact& fact) { world.on_fact(fact); };
  table.on_change([this](const PortPath& path, const UsbSighting* sighting) {
    bench->usb_changed(path, sighting ? std::optional(*sighting) : std::nullopt);
  });
}

Counts World::Impl::count() const {
  Counts counts;
  counts.rows = expected.size();
  if (!unit) return counts;
  const VisitState& visits = unit->bench->state().visits;
  for (const ExpectedMac& row : visits.expected) {
    const Visit* visit = row.worked ? visits.visit(row.visit) : nullptr;
    if (visit && visit->released == "packed") ++counts.packed;
    else if (row.open_cases > 0 || (visit && visit->open_cases > 0)) ++counts.cases;
    else ++counts.working;
  }
  return counts;
}

Progress World::Impl::progress() const {
  Progress now{clock.now(), count(), busiest, std::nullopt};
  if (now.counts.packed > 0) {
    const double each = in_seconds(clock.now().time_since_epoch()) / static_cast<double>(now.counts.packed);
    now.left = seconds_of(each * static_cast<double>(now.counts.working));
  }
  return now;
}

Result<WorldResult> World::Impl::run(const std::function<void(const Progress&)>& tell) {
  if (auto may = can_model(setup.room); !may) return fail(may.error());
  const auto began = Real::now();
  auto shown_at = began;
  plant.start();
  if (auto started = start_controller(); !started) return fail(started.error());
  tasks.spawn(import());
  people.start(tasks, options.technicians);
  tasks.spawn(kills());
  tasks.spawn(clock_jumps());
  tasks.spawn(glance());
  if (options.hosts_lost) {
    tasks.spawn(ask_hosts(clock, *options.hosts_lost, [this](const Readiness& seen) {
      ready = seen;
      if (unit) unit->bench->readiness_changed(seen);
    }));
  }
  if (options.sample) tasks.spawn(report.sample(clock, plant, setup.room));

  for (std::uint64_t events = 0;; ++events) {
    turn();
    judge.settle();
    if (std::exchange(kill_due, false) && unit) kill_controller();
    if (revive_in > 0 && --revive_in == 0) revive_due = true;
    if (std::exchange(revive_due, false) && !unit) {
      if (auto started = start_controller(); !started) return fail(started.error());
      continue;
    }
    if (std::exchange(count_due, false) && unit && options.until_done) {
      const Counts counts = count();
      if (counts.packed + counts.cases == counts.rows) break;
    }
    if (clock.now().time_since_epoch() >= options.longest) break;
    if (tell && events % 256 == 0 && Real::now() - shown_at > std::chrono::milliseconds{200}) {
      shown_at = Real::now();
      tell(progress());
    }
    pace(began);
    if (!clock.run_next()) break;
  }
  const double wall_s = std::chrono::duration<double>(Real::now() - began).count();
  if (!unit) {  // the end came while the controller was dead: it tells what its journal holds
    if (auto started = start_controller(); !started) return fail(started.error());
    turn();
  }
  WorldResult result = conclude(wall_s);
  finished = true;
  unit->kill();
  tasks.cancel();
  turn();
  unit.reset();
  return result;
}

WorldResult World::Impl::conclude(double wall_s) {
  WorldResult result;
  const Counts counts = count();
  const RoomState& room = unit->bench->state();
  result.slots = setup.room.slots.size();
  result.macs = counts.rows;
  result.packed = counts.packed;
  result.cases = counts.cases;
  result.stranded = counts.rows - counts.packed - counts.cases;
  const Verdict verdict = judge.verdict();
  result.trips = verdict.trips;
  result.fault_trips = verdict.fault_trips;
  result.protected_opens = verdict.protected_opens;
  result.fault_opens = verdict.fault_opens;
  result.wrong_mac = verdict.wrong_mac;
  result.unerased_released = verdict.unerased_released;
  result.hard_limit_amp_seconds = verdict.hard_limit_amp_seconds;
  result.fault_amp_seconds = verdict.fault_amp_seconds;
  result.soft_over_seconds = verdict.soft_over_seconds;
  result.violations = verdict.violations;
  result.first_violations = verdict.first_violations;
  result.waits_by_circuit = waits_by_circuit;
  result.restores_at_once = engine.most_at_once();
  for (const RowMac& row : plan.rows) result.erased += row.mac && plant.mac(*row.mac).erased ? 1U : 0U;
  for (std::size_t kind = 0; kind < model::fault_kinds; ++kind) {
    if (plant.faults()[kind] > 0)
      result.faults[std::string(model::to_string(static_cast<model::FaultKind>(kind)))] = plant.faults()[kind];
  }
  for (const Case& open : room.visits.cases) {
    if (open.open) result.open_cases.push_back(open.subject + " (" + open.reason + "): " + open.owner);
  }
  result.makespan_s = in_seconds(last_packed.time_since_epoch());
  result.bound_s = batch_bound_s(setup, plan, EngineTimings{});
  result.virtual_s = in_seconds(clock.now().time_since_epoch());
  result.wall_s = wall_s;
  result.seed = options.seed;
  result.kills = deaths;
  result.chain = journal.chain();
  result.facts = journal.lines().size();
  result.envelope = plant.dice().envelope().describe();
  if (options.sample) page = report.html(setup.room, result);
  return result;
}

World::World(RoomSetup setup, std::vector<ExpectedRow> rows, WorldOptions options)
    : impl_(std::make_unique<Impl>(std::move(setup), std::move(rows), options)) {}
World::~World() = default;

WorldWindow World::window() {
  return {impl_->io.get_executor(),
          *impl_,
          impl_->clock,
          impl_->journal,
          [impl = impl_.get()] { return impl->unit ? impl->unit->bench.get() : nullptr; },
          [impl = impl_.get()] { return Seq{impl->journal.lines().size()}; }};
}
Result<WorldResult> World::run(std::function<void(const Progress&)> progress) { return impl_->run(progress); }
std::string World::report() const { return impl_->page; }
const std::vector<std::string>& World::journal_lines() const { return impl_->journal.lines(); }

}  // namespace greenroom::sim
