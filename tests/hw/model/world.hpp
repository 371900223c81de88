// A small simulated world on virtual time, for the tests of the model.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "hw/async/manual_clock.hpp"
#include "hw/model/plant.hpp"

namespace greenroom::model {

struct Notes final : PlantListener {
  void on(const PlantEvent& e) override { events.push_back(e); }
  template <class T>
  [[nodiscard]] std::vector<std::pair<TimePoint, T>> all() const {
    std::vector<std::pair<TimePoint, T>> found;
    for (const auto& e : events) {
      if (const auto* what = std::get_if<T>(&e.what)) found.emplace_back(e.at, *what);
    }
    return found;
  }
  std::vector<PlantEvent> events;
};

inline MacSpec pro16(std::string serial = "C02AAAAAAA16", double charge = 0.05) {
  MacSpec m;
  m.model = "MacBookPro18,1";
  m.chip = 0x6000;
  m.board = 0x0A;
  m.bcd = 0x1801;
  m.ecid = 0x000C60A812345678;
  m.serial = std::move(serial);
  m.capacity = WattHours::of(99.6);
  m.input_most = Watts::of(140);
  m.idle = Watts::of(4);
  m.charge = charge;
  return m;
}

// A 20 A breaker over one PDU; a place with port and outlet for each of the first `macs` outlets.
inline WorldSpec small_room(Device device, std::vector<MacSpec> macs) {
  WorldSpec w;
  w.circuits.push_back({"branch", std::nullopt, Amps::of(20), Amps::of(16), Edge::ul_fast, {}, Amps::of(6)});
  PduSpec pdu;
  pdu.name = "left";
  pdu.device = device;
  pdu.meter_noise = 0.0;
  pdu.meter_error = 0.0;
  w.pdus.push_back(pdu);
  const int outlets = device == Device::rpc28 ? 20 : device == Device::rpc3 ? 8 : 24;
  const int banks = device == Device::rpc28 ? 2 : 1;
  for (int b = 0; b < banks; ++b) {
    w.circuits.push_back({"bank", CircuitId{0}, Amps::of(20), Amps::of(20), Edge::none, {}, {}});
  }
  for (int i = 0; i < outlets; ++i) {
    const int bank = i * banks / outlets;
    w.outlets.push_back({PduId{0}, static_cast<std::uint16_t>(i + 1), CircuitId{static_cast<std::uint32_t>(bank + 1)},
                         static_cast<std::uint8_t>(bank)});
    w.places.push_back({"1-" + std::to_string(i + 1), "host/1-" + std::to_string(i + 1),
                        OutletId{static_cast<std::uint32_t>(i)}, Watts::of(140), 0.0});
  }
  w.macs = std::move(macs);
  return w;
}

// A coroutine of its own, because co_spawn wants results that can be made from nothing.
template <class T>
asio::awaitable<void> into(Task<T> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}

struct World {
  explicit World(WorldSpec spec, const FaultEnvelope& faults = FaultEnvelope::none(), std::uint64_t seed = 1)
      : clock(io.get_executor()), plant(io.get_executor(), clock, std::move(spec), faults, Random(seed)) {
    plant.listen(&notes);
    plant.start();
  }
  void run_for(Duration d) {
    const TimePoint end = clock.now() + d;
    bool there = false;
    clock.call_at(end, [&there] { there = true; });
    settle();
    while (!there && clock.run_next()) settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  // Runs a coroutine to its end.
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    asio::co_spawn(io, into(std::move(task), result), asio::detached);
    settle();
    while (!result && clock.run_next()) settle();
    return std::move(*result);
  }
  // Everything that comes until the line was quiet for five seconds, after sending the bytes.
  std::string ask(SerialLine& line, std::string bytes) {
    (void)wait(line.write(std::move(bytes)));
    std::string all;
    while (auto more = wait(line.read_some(clock.now() + std::chrono::seconds{5}))) all += *more;
    return all;
  }
  static PortPath port(int n) { return *PortPath::parse("host/1-" + std::to_string(n)); }

  asio::io_context io;
  ManualClock clock;
  Notes notes;
  Plant plant;
};

inline std::string sample(const std::string& name) {
  std::ifstream file(std::string(GREENROOM_SOURCE_DIR) + "/tests/hw/pdu/samples/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace greenroom::model
