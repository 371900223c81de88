// One model device on a table of its own, without plant or room: an outlet each with a load, its truth to be read, and its
// faults by hand. Used by tests, benchmarks and `pdu model`. Amps; outlets by index from 0, whatever the device calls them.
// Everything happens on one loop and by the clock that it is given; the clock outlives it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/base/random.hpp"
#include "hw/model/pdu.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom::model {

struct BenchtopSpec {
  std::string id;         // of device_forms(): "apc-rpdu2"
  std::size_t outlets{};  // 0: as the device is sold
  int baud{};             // 0: as it is set at the factory
  std::uint64_t seed{1};
  double load_A{0.5};  // of each outlet while it is on
  double volts{120.0};
  double power_factor{0.97};
  std::string firmware;  // PduSpec::firmware
  std::string password;  // PduSpec::password
  PowerOn power_on{PowerOn::last_state};
  bool confirm{};           // PduSpec::confirm
  bool exact_meters{true};  // without error, noise or floor; false: as PduSpec has them
  Duration gather{};        // PduSpec::gather
};

class Benchtop final : private PduSurroundings {
 public:
  // Errc::usage: there is no model of that id, or it cannot have so many outlets.
  static Result<std::unique_ptr<Benchtop>> make(asio::any_io_executor, Clock&, const BenchtopSpec&);
  ~Benchtop() override;
  Benchtop(const Benchtop&) = delete;
  Benchtop& operator=(const Benchtop&) = delete;

  // --- its line: one of the two at a time. Bytes take their time at its baud.
  std::unique_ptr<SerialLine> open_line();
  void on_reply(std::function<void(const std::string&)>);  // raw: what the device sends, when it has sent it
  void receive(const std::string& bytes);                  // raw: what has just arrived at the device
  void greet();  // somebody took up the line: it forgets its conversation and prints what it prints at its start

  // --- truth
  [[nodiscard]] std::size_t outlets() const { return contacts_.size(); }
  [[nodiscard]] bool contact(std::size_t outlet) const;        // current can flow
  [[nodiscard]] double outlet_amps(std::size_t outlet) const;  // flows
  [[nodiscard]] double bank_amps(std::size_t bank) const;      // flows, with what hangs beside the outlets
  [[nodiscard]] double amps() const;                           // of everything
  [[nodiscard]] std::size_t moves() const { return moves_; }   // of contacts, so far
  [[nodiscard]] const PduSpec& spec() const { return spec_; }

  // --- the world around it
  void set_load(std::size_t outlet, double amps) { contacts_.at(outlet).load = amps; }
  void set_other(std::size_t bank, double amps) { other_[bank] = amps; }  // on no outlet: all that a mere meter sees
  void press(std::size_t outlet, bool on) { pdu_->button(outlet, on); }   // somebody, on the device itself

  // --- faults
  void fail_next(LineFault, Duration late_by = std::chrono::seconds{3});  // the next reply; several queue up
  void fail_by_chance(LineFault, double per_reply, Duration late_by = std::chrono::seconds{3});
  void weld(std::size_t outlet, bool welded = true) { contacts_.at(outlet).welded = welded; }    // never opens again
  void stick_off(std::size_t outlet, bool stuck = true) { contacts_.at(outlet).stuck = stuck; }  // never closes again
  void freeze_meters(bool);
  void reboot(bool everything_on = false) { pdu_->reboot(everything_on); }  // silent for spec().boot
  void unplug(bool out) { pdu_->unplug_line(out); }
  void mains(bool live) { pdu_->power(live, live ? Cause::reset : Cause::blackout); }
  // Replies that suffered something.
  [[nodiscard]] std::size_t struck() const { return struck_; }
  [[nodiscard]] bool owes() const { return pdu_->owes_until() > clock_.now(); }  // an answer that has not gone out yet

 private:
  struct Contact {
    bool on{}, welded{}, stuck{};
    double load{};
  };
  struct Chance {
    double per_reply{};
    Duration late_by{};
  };
  Benchtop(asio::any_io_executor, Clock&, PduSpec, const BenchtopSpec&, std::size_t outlets);
  void tick();

  void drive(PduId, std::size_t outlet, bool on, Cause) override;
  [[nodiscard]] double amps(PduId, std::size_t outlet) const override { return outlet_amps(outlet); }
  [[nodiscard]] double watts(PduId, std::size_t outlet) const override;
  [[nodiscard]] double other_amps(PduId, std::size_t bank) const override;
  [[nodiscard]] bool bank_good(PduId, std::size_t) const override { return true; }
  LineFault line_fault(Duration& late_by) override;
  [[nodiscard]] TimePoint now() const override { return clock_.now(); }
  void later(Duration, std::function<void()>) override;
  void tell(Happening) override {}

  asio::any_io_executor executor_;
  Clock& clock_;
  PduSpec spec_;
  double volts_, power_factor_;
  std::vector<Contact> contacts_;
  std::map<std::size_t, double> other_;
  std::vector<std::pair<LineFault, Duration>> next_;
  std::map<LineFault, Chance> chances_;
  Random dice_;
  std::size_t moves_{}, struck_{};
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<ModelPdu> pdu_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace greenroom::model
