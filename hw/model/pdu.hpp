// A model PDU: the peer at the far end of a line. How it talks is its face's (device_face.hpp). It keeps what the device
// believes (its own table of states and its meters); the contacts themselves belong to the plant and may disagree.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/base/random.hpp"
#include "hw/model/device_face.hpp"
#include "hw/model/event.hpp"
#include "hw/model/faults.hpp"
#include "hw/model/wire.hpp"

namespace greenroom::model {

// What a device can do to, and see of, the world around it. Outlets by index from 0.
struct PduSurroundings {
  virtual ~PduSurroundings() = default;
  virtual void drive(PduId, std::size_t outlet, bool on, Cause) = 0;       // moves the contact, if it moves
  [[nodiscard]] virtual double amps(PduId, std::size_t outlet) const = 0;  // through the contact, now
  [[nodiscard]] virtual double watts(PduId, std::size_t outlet) const = 0;
  // Drawn behind the meter of this bank by what hangs on no outlet of the device.
  [[nodiscard]] virtual double other_amps(PduId, std::size_t /*bank*/) const { return 0.0; }
  [[nodiscard]] virtual bool bank_good(PduId, std::size_t bank) const = 0;
  virtual LineFault line_fault(Duration& late_by) = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;
  virtual void later(Duration, std::function<void()>) = 0;  // dropped when the plant is gone
  virtual void tell(Happening) = 0;
};

class ModelPdu final : private DeviceBody {
 public:
  ModelPdu(PduId, const PduSpec&, std::vector<std::uint8_t> bank_of, double volts, PduSurroundings&, const Random&);

  using Reply = std::function<void(const std::string&)>;
  void connect(std::shared_ptr<Wire>);
  void connect(Reply reply) { reply_ = std::make_shared<Reply>(std::move(reply)); }
  void greet();  // somebody took up the line: an end of what was said on it, and the words of a start
  void receive(const std::string& bytes);
  void button(std::size_t outlet, bool on);
  // Supply lost: contacts drop, the line is silent. Supply back: boots by its policy.
  void power(bool live, Cause);
  void reboot(bool everything_on);                  // by itself, with its supply in place
  void unplug_line(bool out) { unplugged_ = out; }  // no byte goes either way meanwhile
  void whole_second();                              // samples its meters when their time has come
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] TimePoint owes_until() const { return sending_until_; }  // its last answer has gone out by then, late or not
  [[nodiscard]] bool believes_on(std::size_t outlet) const { return on_[outlet] != 0; }

  // Meter faults. `meter`: a bank, or for a metered outlet banks() + its index. Gain 1 and false: healthy.
  void freeze(std::size_t meter, bool frozen) { meters_[meter].frozen = frozen; }
  void set_gain(std::size_t meter, double gain) { meters_[meter].gain = gain; }
  [[nodiscard]] std::size_t banks() const override { return banks_; }
  [[nodiscard]] std::size_t meter_count() const { return meters_.size(); }

 private:
  struct Meter {
    double error{1.0}, gain{1.0};
    bool frozen{};
    double amps{}, watts{}, most{};  // as sampled; shown with the noise of the reading
    double shown_amps{}, shown_watts{};
  };
  // --- for its face
  [[nodiscard]] const PduSpec& spec() const override { return spec_; }
  [[nodiscard]] TimePoint now() const override { return around_.now(); }
  [[nodiscard]] std::span<const std::uint8_t> on() const override { return on_; }
  [[nodiscard]] bool pending(std::size_t outlet) const override { return around_.now() < moves_at_[outlet]; }
  [[nodiscard]] bool locked(std::size_t outlet) const override { return locked_[outlet] != 0; }
  void lock(std::size_t outlet, bool lock) override { locked_[outlet] = lock ? 1 : 0; }
  bool order(std::size_t outlet, bool on, Duration extra) override;
  void restart(std::size_t outlet, Duration pause) override;
  std::span<const BankFigures> meters() override;
  void busy(Duration d) override { busy_ = std::max(busy_, d); }

  [[nodiscard]] Duration byte_time() const { return std::chrono::microseconds{10'000'000 / spec_.baud}; }
  void answer(std::string out, std::size_t echoed, LineFault, Duration late_by);
  void spoil(std::string& out, LineFault);
  void send_at(Duration from_now, std::string text);
  void sample();
  void boot(Cause);
  void go_down(Cause);

  PduId id_;
  PduSpec spec_;
  double volts_;
  PduSurroundings& around_;
  Random noise_;
  std::shared_ptr<Reply> reply_;  // an answer belongs to the line on which it was asked for
  std::vector<std::uint8_t> bank_of_, on_, locked_, before_;
  std::vector<TimePoint> moves_at_;
  std::size_t banks_;
  std::vector<Meter> meters_;         // banks first, then metered outlets
  std::vector<BankFigures> figures_;  // the same, as printed
  bool up_{true}, booting_{}, unplugged_{};
  std::uint64_t epoch_{};  // work of an earlier life of the device is dropped
  std::int64_t second_{};
  TimePoint heard_{-std::chrono::hours{1}};  // the last byte that came
  TimePoint sending_until_{-std::chrono::hours{1}};
  std::string last_answer_;
  Duration busy_{};  // extra time the running command takes
  std::unique_ptr<DeviceFace> face_;
};

}  // namespace greenroom::model
