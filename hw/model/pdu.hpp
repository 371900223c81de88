// A model PDU: the text peer at the far end of a line. It keeps what the device believes (its own table of states and
// its meters); the contacts themselves belong to the plant and may disagree.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/base/random.hpp"
#include "hw/model/event.hpp"
#include "hw/model/faults.hpp"
#include "hw/model/pdu_text.hpp"
#include "hw/model/wire.hpp"

namespace greenroom::model {

// What a device can do to, and see of, the world around it. Outlets by index from 0.
struct PduSurroundings {
  virtual ~PduSurroundings() = default;
  virtual void drive(PduId, std::size_t outlet, bool on, Cause) = 0;       // moves the contact, if it moves
  [[nodiscard]] virtual double amps(PduId, std::size_t outlet) const = 0;  // through the contact, now
  [[nodiscard]] virtual double watts(PduId, std::size_t outlet) const = 0;
  [[nodiscard]] virtual bool bank_good(PduId, std::size_t bank) const = 0;
  virtual LineFault line_fault(Duration& late_by) = 0;
  virtual void later(Duration, std::function<void()>) = 0;  // dropped when the plant is gone
  virtual void tell(Happening) = 0;
};

class ModelPdu {
 public:
  ModelPdu(PduId, const PduSpec&, std::vector<std::uint8_t> bank_of, double volts, PduSurroundings&, const Random&);

  void connect(std::shared_ptr<Wire> w) { wire_ = std::move(w); }
  void receive(const std::string& bytes);
  void button(std::size_t outlet, bool on);
  // Supply lost: contacts drop, the line is silent. Supply back: boots by its policy.
  void power(bool live, Cause);
  void reboot(bool everything_on);                  // by itself, with its supply in place
  void unplug_line(bool out) { unplugged_ = out; }  // no byte goes either way meanwhile
  void whole_second();                              // samples its meters when their time has come
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] bool believes_on(std::size_t outlet) const { return on_[outlet] != 0; }

  // Meter faults. `meter`: a bank, or for a metered outlet banks() + its index. Gain 1 and false: healthy.
  void freeze(std::size_t meter, bool frozen) { meters_[meter].frozen = frozen; }
  void set_gain(std::size_t meter, double gain) { meters_[meter].gain = gain; }
  [[nodiscard]] std::size_t banks() const { return banks_; }
  [[nodiscard]] std::size_t meters() const { return meters_.size(); }

 private:
  struct Meter {
    double error{1.0}, gain{1.0};
    bool frozen{};
    double amps{}, watts{}, most{};  // as sampled; shown with the noise of the reading
    double shown_amps{}, shown_watts{};
  };
  enum class Asking { nothing, switch_on, switch_off };

  void take(char c, std::string& out);
  void run(std::string& out);  // the command in line_
  void switching(std::string_view argument, bool on, std::string& out);
  void act(std::size_t first, std::size_t last, bool on, std::string& out);
  void restart(std::size_t outlet, std::string& out);
  void report(std::string& out, void (*print)(std::string&, const PduFigures&));
  void answer(std::string out, std::size_t echoed, LineFault, Duration late_by);
  void show_meters();
  void sample();
  void boot(Cause);
  void go_down(Cause);
  [[nodiscard]] std::optional<std::size_t> outlet_number(std::string_view) const;  // 0 is "all"

  PduId id_;
  PduSpec spec_;
  double volts_;
  PduSurroundings& around_;
  Random noise_;
  std::shared_ptr<Wire> wire_;
  std::vector<std::uint8_t> bank_of_, on_, locked_, before_;
  std::size_t banks_;
  std::vector<Meter> meters_;         // banks first, then metered outlets
  std::vector<BankFigures> figures_;  // the same, as printed
  bool up_{true}, booting_{}, unplugged_{};
  bool odd_prompt_{};
  std::uint64_t epoch_{};  // work of an earlier life of the device is dropped
  std::int64_t second_{};
  std::string line_;
  Asking asking_{Asking::nothing};
  std::size_t asked_{};
  bool answered_{};  // a question, just now
  Duration busy_{};  // extra time the running command takes
};

}  // namespace greenroom::model
