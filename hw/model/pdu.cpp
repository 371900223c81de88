#include "hw/model/pdu.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace greenroom::model {
namespace {

const double triangle = std::sqrt(6.0);  // half width over deviation of a sum of two uniform draws

}  // namespace

ModelPdu::ModelPdu(PduId id, const PduSpec& spec, std::vector<std::uint8_t> bank_of, double volts, PduSurroundings& around,
                   const Random& random)
    : id_(id),
      spec_(spec),
      volts_(volts),
      around_(around),
      noise_(random.stream("pdu/" + spec.name)),
      bank_of_(std::move(bank_of)),
      on_(bank_of_.size(), 0),
      locked_(bank_of_.size(), 0),
      before_(bank_of_.size(), 0),
      moves_at_(bank_of_.size(), TimePoint{}),
      banks_(static_cast<std::size_t>(form_of(spec.device).banks)),
      meters_(banks_ + (form_of(spec.device).outlet_meters ? bank_of_.size() : 0)),
      figures_(meters_.size()),
      face_(make_face(*this)) {
  for (Meter& m : meters_) m.error = noise_.uniform(1.0 - spec.meter_error, 1.0 + spec.meter_error);
}

// --- the line

void ModelPdu::connect(std::shared_ptr<Wire> wire) {
  connect([wire = std::move(wire)](const std::string& bytes) { wire->arrive(bytes); });
}

void ModelPdu::greet() {
  if (!up_ || unplugged_) return;
  face_->reset();
  std::string out;
  face_->boot(out);
  if (!out.empty()) answer(std::move(out), 0, LineFault::none, Duration{});
}

void ModelPdu::receive(const std::string& bytes) {
  if (unplugged_) return;
  if (!up_) return;
  Duration late{};
  const LineFault fault = around_.line_fault(late);
  const Duration took = byte_time() * static_cast<std::int64_t>(bytes.size());
  const Duration silence = std::max(Duration{}, around_.now() - took - heard_);
  heard_ = around_.now();
  if (fault == LineFault::request_lost) return;
  std::string out;
  const std::size_t echoed = face_->receive(bytes, silence, out);
  if (!out.empty()) answer(std::move(out), echoed, fault, late);
}

bool ModelPdu::order(std::size_t outlet, bool on, Duration extra) {
  if (locked_[outlet] != 0) return false;
  on_[outlet] = on ? 1 : 0;
  const Duration delay = spec_.think + spec_.relay_delay + extra;
  moves_at_[outlet] = around_.now() + delay;
  around_.later(delay, [this, outlet, on, epoch = epoch_] {
    if (epoch == epoch_) around_.drive(id_, outlet, on, Cause::ordered);
  });
  return true;
}

void ModelPdu::restart(std::size_t outlet, Duration pause) {
  if (on_[outlet] == 0 || locked_[outlet] != 0) return;
  const auto drive = [this, outlet, epoch = epoch_](bool on) {
    if (epoch == epoch_) around_.drive(id_, outlet, on, Cause::ordered);
  };
  moves_at_[outlet] = around_.now() + pause;
  around_.later(spec_.relay_delay, [drive] { drive(false); });
  around_.later(pause, [drive] { drive(true); });
}

// Line noise shows as bytes outside ASCII: a device without checksums gives no way to see a changed digit.
void ModelPdu::spoil(std::string& out, LineFault fault) {
  const auto noise = [this] { return static_cast<char>(0x80 + noise_.below(0x80)); };
  if (fault == LineFault::doubled) out += out;
  if (fault == LineFault::garbled) {
    const std::uint64_t hits = 1 + noise_.below(4);
    for (std::uint64_t i = 0; i < hits; ++i) {
      const std::uint64_t at = noise_.below(out.size());
      out[at] = noise();
    }
  }
  if (fault == LineFault::stale && !last_answer_.empty()) out = last_answer_;
  if (fault == LineFault::prompt_in_noise) {
    std::string before(1, noise());
    before += last_answer_.substr(last_answer_.size() - std::min<std::size_t>(last_answer_.size(), 12));
    before += noise();
    out = before + out;
  }
}

void ModelPdu::send_at(Duration from_now, std::string text) {
  around_.later(from_now, [this, reply = reply_, text = std::move(text), epoch = epoch_] {
    if (reply && epoch == epoch_ && !unplugged_) (*reply)(text);
  });
}

// The echo goes out while the command comes in; what follows waits for what is still being sent, or still to be sent late:
// one processor and one UART never let an answer overtake the one before it.
void ModelPdu::answer(std::string out, std::size_t echoed, LineFault fault, Duration late_by) {
  const TimePoint now = around_.now();
  const bool only_echo = echoed == out.size();
  Duration begins = only_echo ? Duration{} : spec_.think + busy_;
  begins = std::max(begins, sending_until_ - now) + (fault == LineFault::late ? late_by : Duration{});
  if (!only_echo) busy_ = {};
  if (fault == LineFault::lost) return;
  const std::string clean = only_echo ? std::string{} : out;
  const std::size_t on_wire = out.size() - std::min(echoed, out.size());
  spoil(out, fault);
  if (!clean.empty()) last_answer_ = clean;
  const Duration ends = begins + byte_time() * static_cast<std::int64_t>(on_wire);
  sending_until_ = now + ends;
  if (spec_.gather <= Duration{}) return send_at(ends, std::move(out));
  const auto piece = std::max<std::size_t>(1, static_cast<std::size_t>(spec_.gather / byte_time()));
  std::size_t at = out.size() > on_wire ? std::min(echoed, out.size()) : 0;
  if (at > 0) send_at({}, out.substr(0, at));
  for (std::size_t sent = 0; at < out.size(); at += piece) {
    sent += std::min(piece, out.size() - at);
    send_at(begins + byte_time() * static_cast<std::int64_t>(sent), out.substr(at, piece));
  }
}

// --- meters

void ModelPdu::whole_second() {
  const std::int64_t lag = std::max<std::int64_t>(1, spec_.meter_lag / std::chrono::seconds{1});
  if (up_ && second_++ % lag == 0) sample();
}

void ModelPdu::sample() {
  for (std::size_t i = 0; i < banks_; ++i) {
    meters_[i].amps = around_.other_amps(id_, i);
    meters_[i].watts = meters_[i].amps * volts_;
  }
  for (std::size_t i = 0; i < on_.size(); ++i) {
    const double amps = around_.amps(id_, i);
    const double watts = around_.watts(id_, i);
    if (banks_ > 0) {
      Meter& bank = meters_[bank_of_[i] < banks_ ? bank_of_[i] : 0];
      bank.amps += amps;
      bank.watts += watts;
    }
    if (meters_.size() == banks_) continue;
    meters_[banks_ + i].amps = amps;
    meters_[banks_ + i].watts = watts;
  }
}

std::span<const BankFigures> ModelPdu::meters() {
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    Meter& m = meters_[i];
    if (!m.frozen) {
      const double first = noise_.uniform();
      const double second = noise_.uniform();
      const double gain = m.error * m.gain * (1.0 + (first + second - 1.0) * triangle * spec_.meter_noise);
      m.shown_amps = m.amps * gain;
      m.shown_watts = m.watts * gain;
      if (m.shown_amps < spec_.meter_floor.value()) m.shown_amps = m.shown_watts = 0.0;
      m.most = std::max(m.most, m.shown_amps);
    }
    BankFigures& f = figures_[i];
    f.amps = m.shown_amps;
    f.watts = m.shown_watts;
    f.most = m.most;
    f.volts = volts_;
    f.good = i >= banks_ || around_.bank_good(id_, i);
  }
  return figures_;
}

// --- its life

void ModelPdu::button(std::size_t outlet, bool on) {
  if (!up_) return;
  on_[outlet] = on ? 1 : 0;
  around_.drive(id_, outlet, on, Cause::foreign);
}

void ModelPdu::go_down(Cause cause) {
  up_ = false;
  ++epoch_;
  face_->reset();
  before_ = on_;
  std::fill(on_.begin(), on_.end(), std::uint8_t{0});
  around_.tell(PduLost{id_, cause});
  // Relays that do not latch open when the device loses its mind or its supply.
  for (std::size_t i = 0; i < on_.size(); ++i) around_.drive(id_, i, false, cause);
}

void ModelPdu::power(bool live, Cause cause) {
  if (!live && up_) go_down(cause);
  if (!live) {
    ++epoch_;  // a boot in progress ends as well
    booting_ = false;
    return;
  }
  if (!up_ && !booting_) boot(Cause::boot);
}

void ModelPdu::reboot(bool everything_on) {
  if (!up_) return;
  go_down(Cause::reboot);
  boot(everything_on ? Cause::boots_on : Cause::boot);
}

void ModelPdu::boot(Cause cause) {
  booting_ = true;
  around_.later(spec_.boot, [this, cause, epoch = ++epoch_] {
    if (epoch != epoch_) return;
    booting_ = false;
    up_ = true;
    Duration delay{};
    for (std::size_t i = 0; i < on_.size(); ++i) {
      const bool on = cause == Cause::boots_on || spec_.power_on == PowerOn::sequenced ||
                      (spec_.power_on == PowerOn::last_state && before_[i] != 0);
      if (!on) continue;
      on_[i] = 1;
      if (cause == Cause::boots_on) {
        around_.drive(id_, i, true, cause);
        continue;
      }
      around_.later(delay, [this, i, cause, epoch] {
        if (epoch == epoch_ && on_[i] != 0) around_.drive(id_, i, true, cause);
      });
      delay += spec_.sequence;
    }
    around_.tell(PduBooted{id_});
    std::string out;
    face_->boot(out);
    if (!out.empty()) answer(std::move(out), 0, LineFault::none, Duration{});
  });
}

}  // namespace greenroom::model
