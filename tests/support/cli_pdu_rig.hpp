// The driver on a scripted line, and the texts that real devices sent (tests/hw/pdu/samples/README.md).
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "hw/async/task_group.hpp"
#include "hw/pdu/cli_pdu.hpp"
#include "hw/pdu/dialect.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom::test {

using namespace std::chrono_literals;

inline const std::string kRoot = GREENROOM_SOURCE_DIR;

inline std::string sample(const std::string& name) {
  std::ifstream in(kRoot + "/tests/hw/pdu/samples/" + name, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

inline CliDialect dialect(const std::string& id) {
  auto d = load_dialect(kRoot + "/config/pdu/" + id + ".toml");
  if (d) return std::get<CliDialect>(*d);
  for (const auto& c : d.error()) ADD_FAILURE() << to_string(c);
  return {};
}

inline std::string replaced(std::string s, const std::string& what, const std::string& by) {
  const auto at = s.find(what);
  EXPECT_NE(at, s.npos) << what;
  return at == s.npos ? s : s.replace(at, what.size(), by);
}

// A driver on a line that is already known to be in order, unless `fresh`.
struct Room : Stage {
  explicit Room(const std::string& id, bool fresh = false) : Room(dialect(id), fresh) {}
  explicit Room(CliDialect d, bool fresh = false) {
    const std::string id = d.id;
    prompt_ = id == "baytech-mmp" ? "MMP>" : id == "baytech-rpc3-nc" ? "RPC3-NC>" : "RPC-28>";
    pdu = make_cli_pdu(std::move(d), std::make_unique<ScriptedLine>(script), clock, Credentials("admin", "secret"));
    if (fresh) return;
    wakes(prompt_).marks();
    script.expect("status\r")
        .reply(sample(id == "baytech-mmp"       ? "mmp-status.txt"
                      : id == "baytech-rpc3-nc" ? "rpc3-status.txt"
                                                : "rpc28-status.txt"));
    EXPECT_TRUE(run<PduReading>(pdu->read(Depth::supervise)));
    script.written.clear();
    t0 = clock.now();
  }
  Script script{clock};
  std::unique_ptr<Pdu> pdu;
  TimePoint t0;

  // After a fault: the next mark and what the device says to it.
  Room& marks() {
    const std::string mark = "mark " + std::to_string(++marks_);
    script.expect(mark + "\r").reply(mark + "\r\nInput error\r\n\r\n" + prompt_);
    return *this;
  }
  Room& wakes(const std::string& prompt = "RPC-28>") {
    script.expect("\r").reply("\r\n" + prompt);
    return *this;
  }
  Room& asks(const std::string& command, const std::string& reply, Duration after = 10ms) {
    wakes();
    script.expect(command + "\r").reply(reply, after);
    return *this;
  }
  Result<PduReading> read() { return run<PduReading>(pdu->read(Depth::supervise)); }
  std::string prompt_;
  int marks_{};
  SwitchOrder order(OutletNumber n, Switch to, Duration valid = 2s) {
    return {n, to, clock.now() + valid, [] { return Result<void>{}; }};
  }
  Result<OutletReading> set(OutletNumber n, Switch to) { return run<OutletReading>(pdu->set(order(n, to))); }
};

inline std::vector<int> on_outlets(const PduReading& r) {
  std::vector<int> on;
  for (const auto& o : r.outlets) {
    if (o.state == OutletState::on) on.push_back(o.number);
  }
  return on;
}

inline const std::string kStatus = sample("rpc28-status.txt");

}  // namespace greenroom::test
