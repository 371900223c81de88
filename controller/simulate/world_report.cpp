#include "controller/simulate/world_report.hpp"

#include "controller/simulate/report_html.hpp"
#include "controller/simulate/world.hpp"

namespace greenroom::sim {
namespace {

constexpr Duration period = std::chrono::seconds{10};

}  // namespace

asio::awaitable<void> WorldReport::sample(Clock& clock, model::Plant& plant, const Room& room) {
  for (TimePoint at = clock.now();; at += period) {
    if (const auto slept = co_await clock.sleep_until(at); !slept) co_return;
    Sample sample{at, {}};
    for (std::uint32_t i = 0; i < room.circuits.size(); ++i) sample.circuits.push_back(plant.circuit(CircuitId{i}));
    samples_.push_back(std::move(sample));
  }
}

std::string WorldReport::html(const Room& room, const WorldResult& result) const {
  ReportData data;
  data.title = room.name + ", seed " + std::to_string(result.seed);
  data.period = period;
  data.length = seconds_of(result.virtual_s);
  for (std::size_t i = 0; i < room.circuits.size(); ++i) {
    LoadSeries load;
    load.circuit = room.circuits[i].name;
    load.hard = room.circuits[i].hard;
    load.continuous = room.circuits[i].continuous;
    for (const Sample& sample : samples_) {
      load.now.push_back(sample.circuits[i].now.value());
      load.clean.push_back(sample.circuits[i].clean.value());
      load.mean.push_back(sample.circuits[i].mean.value());
    }
    data.loads.push_back(std::move(load));
  }
  for (const Slot& slot : room.slots) data.slots.push_back(slot.name);
  for (const Outlet& outlet : room.outlets) {
    if (outlet.slot) data.outlets.push_back(outlet.name);
  }
  data.facts = facts_;
  const auto count = [&](const char* name, std::uint64_t n) { data.counts.emplace_back(name, std::to_string(n)); };
  count("Macs", result.macs);
  count("packed", result.packed);
  count("in a case with an owner", result.cases);
  count("stranded", result.stranded);
  count("trips of ours", result.trips);
  count("trips by faults", result.fault_trips);
  count("protected outlets opened by us", result.protected_opens);
  data.counts.emplace_back("makespan", std::to_string(static_cast<long>(result.makespan_s / 60)) + " min");
  data.counts.emplace_back("least possible", std::to_string(static_cast<long>(result.bound_s / 60)) + " min");
  data.violations = result.violations;
  data.first_violations = result.first_violations;
  return report_html(data);
}

}  // namespace greenroom::sim
