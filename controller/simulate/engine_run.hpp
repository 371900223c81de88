// One run of the model engine, as steps: what it does to its Mac and what it prints. Whoever hosts it waits between the
// steps: model_engine.cpp on the loop, the child process `greenroom model-engine` in its own time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "controller/simulate/engine_mac.hpp"
#include "firmware-bridge/progress.hpp"

namespace greenroom::sim {

struct EngineTimings {
  Duration images{std::chrono::seconds{204}};       // at USB 2 line rate (restorekit's M1: 3.4 min)
  Duration file_system{std::chrono::seconds{240}};  // the same source: 4 min
  Duration install{std::chrono::seconds{150}};      // 2.5 min of the device's own work
  double slower_by{0.35};                           // a Mac takes up to this share longer, by its own storage
  double bridge_os{0.1};                            // bridgeOS is some 0.6 GB where macOS is 15 (assumption)
  Duration gate_wait{std::chrono::seconds{300}};    // the engine's own wait for restore mode
  // Macs that one USB upstream (a root port and all below it) feeds at full rate; beyond that it divides. 1 for a
  // single USB 2 hub; a bench hub for eight has more than one controller (assumption).
  double streams{4};
  // Every wait of the engine lasts at least this. On a scaled clock of another process a wait of 10 s may be less than
  // the machine needs to answer.
  Duration least_wait{};
};

class EngineRun {
 public:
  using Print = std::function<void(EngineStream, std::string_view)>;

  // The Mac outlives the run.
  EngineRun(EngineMac&, const EngineTimings&, RestoreKind, Ecid, model::EngineFault, Print);

  // Does what is due; the first time a second after the start. Then: how long until the next step, or nothing when the
  // run is over or hangs.
  std::optional<Duration> step(TimePoint now, WallTime wall);
  // The gate is open; a run that waits at the gate does its next step at once.
  void permit() { permitted_ = true; }
  [[nodiscard]] bool permitted() const { return permitted_; }
  [[nodiscard]] bool at_gate() const { return at_gate_; }
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }
  // What the engine says when the link to its Mac is gone for good.
  void link_lost();

 private:
  void detect();
  void prepare();
  void send_ibss();
  void first_recovery();
  void second_recovery();
  void boot_restore_os();
  void gate();
  void start_restore();
  void erase();
  void images();
  void file_system();
  void verify();
  void flash();
  void finish();

  using Words = std::span<const std::string_view>;
  using Step = void (EngineRun::*)();
  enum class Level { info, verbose, error };
  void say(Level, std::string_view);
  void info(std::string_view text) { say(Level::info, text); }
  void error(std::string_view text) { say(Level::error, text); }
  void progress(int step, double fraction);
  void next(Duration, Step);
  void end(int exit_code);
  void fail_with(Words errors);
  // The fault of this run strikes at this share of it: true when the step must not go on.
  bool struck(double share, Words errors);
  bool await_mode(model::Mode, Step again, Duration patience, Words errors);
  bool transfer(Duration whole, int chunks, Step again, int step);
  [[nodiscard]] bool t2() const { return subject_->t2; }
  [[nodiscard]] bool erases() const { return kind_ != RestoreKind::revive; }
  [[nodiscard]] bool lies() const { return fault_.kind == model::EngineFault::Kind::false_success; }

  EngineMac& mac_;
  EngineTimings timings_;
  RestoreKind kind_;
  Ecid ecid_;
  model::EngineFault fault_;
  Print print_;
  double slowness_;
  std::optional<EngineSubject> subject_;
  TimePoint now_{};
  WallTime wall_{};
  Step next_{&EngineRun::detect};
  std::optional<Duration> wait_;
  std::optional<int> exit_code_;
  bool permitted_{};
  bool at_gate_{};
  bool looked_{};
  TimePoint gate_closes_{};
  TimePoint shows_by_{};  // when the Mac should show in its next mode
  int chunk_{};
};

}  // namespace greenroom::sim
