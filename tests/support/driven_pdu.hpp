// A shipped dialect driving the model of its device, on virtual time: the two were written from the maker's words by
// different hands, so a mistake in one shows in the other.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hw/model/benchtop.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom::test {

using namespace std::chrono_literals;

// What passed over a line.
struct Traffic {
  std::size_t written{}, read{}, messages{};
};

class CountedLine final : public SerialLine {
 public:
  CountedLine(std::unique_ptr<SerialLine> line, Traffic& traffic) : line_(std::move(line)), traffic_(traffic) {}
  Task<void> write(std::string bytes) override {
    traffic_.written += bytes.size();
    ++traffic_.messages;
    co_return co_await line_->write(std::move(bytes));
  }
  Task<std::string> read_some(TimePoint deadline) override {
    auto got = co_await line_->read_some(deadline);
    if (got) traffic_.read += got->size();
    co_return got;
  }
  void discard_input() override { line_->discard_input(); }

 private:
  std::unique_ptr<SerialLine> line_;
  Traffic& traffic_;
};

inline std::vector<std::string> shipped_dialects() {
  std::vector<std::string> ids;
  for (const auto& f : std::filesystem::directory_iterator(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu"))
    if (f.path().extension() == ".toml") ids.push_back(f.path().stem().string());
  std::sort(ids.begin(), ids.end());
  return ids;
}

inline std::string test_name(const ::testing::TestParamInfo<std::string>& of) {
  std::string name = of.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

template <class Holds>
std::vector<std::string> dialects_that(Holds holds) {
  std::vector<std::string> ids = shipped_dialects();
  std::erase_if(ids, [&holds](const std::string& id) {
    const auto loaded = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + id + ".toml");
    return !loaded || !holds(facts(*loaded));
  });
  return ids;
}

inline Credentials factory_login(const std::string& id) {
  if (id.starts_with("apc")) return {"apc", "apc"};
  if (id == "servertech-sentry") return {"admn", "admn"};
  if (id == "cyclades-pm") return {"admin", "pm8"};
  if (id == "raritan-px") return {"admin", "raritan"};
  if (id == "wti-nps") return {"", "wti"};
  return {};
}

struct Driven : Stage {
  explicit Driven(const std::string& id, std::uint16_t outlets = 0, std::uint32_t baud = 0, std::uint64_t seed = 1,
                  model::PowerOn power_on = model::PowerOn::last_state) {
    auto loaded = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + id + ".toml");
    if (!loaded) {
      ADD_FAILURE() << to_string(loaded.error().front());
      return;
    }
    dialect = std::move(*loaded);
    if (outlets > 0 && facts(dialect).count > 0) {
      facts(dialect).most = std::max(facts(dialect).most, outlets);
      const auto sized = facts(dialect).resize(outlets);
      EXPECT_TRUE(sized) << sized.error().message;
    }
    if (baud > 0) facts(dialect).line.baud = baud;
    model::BenchtopSpec spec;
    spec.id = id;
    spec.outlets = facts(dialect).count;
    spec.baud = static_cast<int>(facts(dialect).line.baud);
    spec.seed = seed;
    spec.power_on = power_on;
    auto made = model::Benchtop::make(io.get_executor(), clock, spec);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return;
    }
    table = std::move(*made);
    pdu = make_pdu(dialect, std::make_unique<CountedLine>(table->open_line(), traffic), clock, factory_login(id));
  }
  ~Driven() { pdu.reset(); }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  Result<PduReading> read(Depth depth = Depth::full) { return run<PduReading>(pdu->read(depth)); }
  Result<OutletReading> set(OutletNumber n, Switch to) {
    SwitchOrder order(n, to, clock.now() + 30s, nullptr);
    return run<OutletReading>(pdu->set(std::move(order)));
  }
  void wait(Duration d) { until_past(clock.now() + d); }
  // Virtual time, also where nothing is due.
  void until_past(TimePoint t) {
    until(t);
    if (clock.now() < t) clock.nap(t - clock.now());
  }
  [[nodiscard]] OutletNumber first() const { return facts(dialect).first; }

  Dialect dialect;
  Traffic traffic;
  std::unique_ptr<model::Benchtop> table;
  std::unique_ptr<Pdu> pdu;
};

}  // namespace greenroom::test
