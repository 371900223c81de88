#include "controller/simulate/world_process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "controller/simulate/people.hpp"
#include "controller/simulate/remote_desk.hpp"
#include "controller/simulate/world_server.hpp"
#include "controller/simulate/world_spec.hpp"
#include "controller/simulate/world_truth.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom::sim {
namespace {

std::unique_ptr<Clock> clock_at(const asio::any_io_executor& executor, double speed) {
  return speed == 1 ? make_system_clock(executor) : make_scaled_clock(executor, speed, opening);
}

// People's keys of two worlds on one DATA directory must not meet.
std::string this_life() { return fmt::format("w{:x}-{}", boot_time().count(), ::getpid()); }

struct Process {
  Process(RoomSetup s, std::vector<ExpectedRow> rows, const WorldProcessOptions& o)
      : setup(std::move(s)),
        options(o),
        seed(o.seed),
        plan(plan_world(setup.room, setup.catalogue, rows, seed)),
        clock(clock_at(io.get_executor(), o.speed)),
        plant(io.get_executor(), *clock, plan.spec, envelope_of(o.faults), seed.stream("plant")),
        truth(*clock, plant, setup.room),
        server(io.get_executor(), *clock, o.speed, plant, setup.room),
        tasks(io.get_executor()) {
    server.on_finish = [this](model::MacId mac, std::uint64_t run) { truth.finished(mac, run); };
    if (o.crew.empty()) return;
    desk = std::make_unique<RemoteDesk>(io.get_executor(), *clock, setup, o.crew, o.speed, this_life());
    people = std::make_unique<People>(*clock, plant, *desk, setup.room, plan.rows, seed);
    expected = std::move(rows);
  }

  Result<void> begin();
  void end();

  RoomSetup setup;
  WorldProcessOptions options;
  Random seed;
  WorldPlan plan;
  std::vector<ExpectedRow> expected;
  asio::io_context io{1};
  std::unique_ptr<Clock> clock;
  model::Plant plant;
  WorldTruth truth;
  WorldServer server;
  std::unique_ptr<RemoteDesk> desk;
  std::unique_ptr<People> people;
  TaskGroup tasks;
};

Result<void> Process::begin() {
  if (!options.events.empty()) {
    if (auto open = truth.write_to(options.events); !open) return open;
  }
  if (auto listening = server.listen(options.socket); !listening) return listening;
  plant.start();
  if (!desk) return {};
  tasks.spawn(desk->watch());
  tasks.spawn(desk->import(expected));
  people->start(tasks, options.technicians);
  return {};
}

void Process::end() {
  if (desk) desk->close();
  server.stop();
  tasks.cancel();
  io.restart();
  while (tasks.size() > 0 || !server.idle()) io.run_one();
}

}  // namespace

Result<std::string> run_world(RoomSetup setup, std::vector<ExpectedRow> rows, const WorldProcessOptions& options) {
  if (auto may = can_model(setup.room); !may) return fail(may.error());
  const auto process = std::make_unique<Process>(std::move(setup), std::move(rows), options);
  asio::signal_set signals(process->io, SIGTERM, SIGINT);
  bool ended = false;
  signals.async_wait([&ended](boost::system::error_code error, int) { ended = !error; });
  if (const auto begun = process->begin(); !begun) return fail(begun.error());
  std::fprintf(stderr, "greenroom model: %s: %zu slots, %zu Macs, speed %g; serving %s\n", process->setup.room.name.c_str(),
               process->setup.room.slots.size(), process->plan.spec.macs.size(), options.speed, options.socket.c_str());
  while (!ended) process->io.run_one();
  std::string sums = process->truth.sums();
  process->end();
  return sums;
}

std::vector<ExpectedRow> rows_for(const RoomSetup& setup, const std::vector<ExpectedRow>& example, const Random& seed) {
  const auto places = static_cast<std::size_t>(std::count_if(
      setup.room.slots.begin(), setup.room.slots.end(), [](const Slot& slot) { return slot.kind != SlotKind::pack_table; }));
  std::vector<ExpectedRow> good;
  for (const ExpectedRow& row : example) {
    if (row.status.find("Wipe") != std::string::npos && model_of(setup.catalogue, row) != nullptr) good.push_back(row);
  }
  if (places <= example.size() || good.empty()) return example;
  constexpr std::string_view letters = "0123456789CDFGHJKLMNPQRTVWXY";  // as Apple's serials: no vowels, no look-alikes
  Random random = seed.stream("rows");
  std::set<std::string> serials;
  std::vector<ExpectedRow> rows;
  while (rows.size() < places) {
    std::string serial = "GR";
    while (serial.size() < 10) serial += letters[random.below(letters.size())];
    if (!serials.insert(serial).second) continue;
    ExpectedRow row = good[rows.size() % good.size()];
    row.row = rows.size() + 1;
    row.serial = serial;
    row.asset_tag = fmt::format("GR-{:05}", row.row);
    row.notes.clear();
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace greenroom::sim
