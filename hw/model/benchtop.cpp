#include "hw/model/benchtop.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace greenroom::model {

constexpr Duration one_second = std::chrono::seconds{1};
constexpr std::size_t most_outlets = 64;

namespace {

// What is asked of a device that it does not have is told: else somebody's test would pass on another device than he means.
Result<void> has_all(const DeviceForm& form, const BenchtopSpec& wish) {
  const std::string id(form.id);
  if (!wish.password.empty() && !form.protects) return fail(Errc::usage, id + " has no password");
  if (wish.confirm && !form.asks) return fail(Errc::usage, id + " never asks before it switches");
  if (wish.firmware.empty()) return {};
  if (form.firmwares.empty()) return fail(Errc::usage, id + " is modelled with one firmware only");
  std::istringstream words{std::string(form.firmwares)};
  if (std::find(std::istream_iterator<std::string>(words), {}, wish.firmware) != std::istream_iterator<std::string>())
    return {};
  return fail(Errc::usage, id + " has no firmware \"" + wish.firmware + "\"; there are: " + std::string(form.firmwares));
}

}  // namespace

Result<std::unique_ptr<Benchtop>> Benchtop::make(asio::any_io_executor executor, Clock& clock, const BenchtopSpec& from) {
  const DeviceForm* form = form_named(from.id);
  if (form == nullptr) {
    std::string known;
    for (const DeviceForm& f : device_forms()) known += (known.empty() ? "" : ", ") + std::string(f.id);
    return fail(Errc::usage, "there is no model of \"" + from.id + "\"; there are: " + known);
  }
  const std::size_t outlets = from.outlets > 0 ? from.outlets : static_cast<std::size_t>(form->outlets);
  if (outlets > most_outlets || (form->outlets == 0 && outlets > 0)) {
    return fail(Errc::usage, from.id + " cannot have " + std::to_string(outlets) + " outlets" +
                                 (form->outlets == 0 ? ": it is a meter" : "; at most " + std::to_string(most_outlets)));
  }
  if (const auto all = has_all(*form, from); !all) return fail(all.error());
  PduSpec spec;
  spec.name = from.id;
  spec.device = form->device;
  spec.firmware = from.firmware;
  spec.password = from.password;
  spec.power_on = from.power_on;
  spec.confirm = from.confirm;
  spec.baud = from.baud > 0 ? from.baud : form->baud;
  spec.gather = from.gather;
  spec.meter_lag = one_second;
  if (from.exact_meters) {
    spec.meter_error = spec.meter_noise = 0.0;
    spec.meter_floor = {};
  }
  return std::unique_ptr<Benchtop>(new Benchtop(std::move(executor), clock, std::move(spec), from, outlets));
}

Benchtop::Benchtop(asio::any_io_executor executor, Clock& clock, PduSpec spec, const BenchtopSpec& from, std::size_t outlets)
    : executor_(std::move(executor)),
      clock_(clock),
      spec_(std::move(spec)),
      volts_(from.volts),
      power_factor_(from.power_factor),
      contacts_(outlets),
      dice_(Random(from.seed).stream("benchtop")) {
  std::vector<std::uint8_t> banks;
  for (std::size_t i = 0; i < outlets; ++i) banks.push_back(bank_of(spec_.device, i, outlets));
  for (Contact& c : contacts_) c.load = from.load_A;
  auto& around = static_cast<PduSurroundings&>(*this);
  pdu_ = std::make_unique<ModelPdu>(PduId{0}, spec_, std::move(banks), volts_, around, Random(from.seed));
  tick();
}

Benchtop::~Benchtop() {
  if (wire_) wire_->close();
}

void Benchtop::tick() {
  pdu_->whole_second();
  later(one_second, [this] { tick(); });
}

// --- its line

std::unique_ptr<SerialLine> Benchtop::open_line() {
  if (wire_) wire_->close();
  const Duration byte = std::chrono::microseconds{10'000'000 / spec_.baud};
  wire_ = std::make_shared<Wire>(executor_, clock_, byte, [this](const std::string& bytes) { pdu_->receive(bytes); });
  pdu_->connect(wire_);
  return std::make_unique<ModelLine>(wire_);
}

void Benchtop::on_reply(std::function<void(const std::string&)> reply) {
  if (wire_) wire_->close();
  wire_ = nullptr;
  pdu_->connect(std::move(reply));
}

void Benchtop::receive(const std::string& bytes) { pdu_->receive(bytes); }
void Benchtop::greet() { pdu_->greet(); }

// --- truth

bool Benchtop::contact(std::size_t outlet) const { return contacts_.at(outlet).on; }

double Benchtop::outlet_amps(std::size_t outlet) const {
  const Contact& c = contacts_.at(outlet);
  return c.on ? c.load : 0.0;
}

double Benchtop::bank_amps(std::size_t bank) const {
  double sum = other_amps(PduId{0}, bank);
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    if (bank_of(spec_.device, i, contacts_.size()) == bank) sum += outlet_amps(i);
  }
  return sum;
}

double Benchtop::amps() const {
  double sum = 0.0;
  for (std::size_t i = 0; i < contacts_.size(); ++i) sum += outlet_amps(i);
  for (const auto& [bank, other] : other_) sum += other;
  return sum;
}

double Benchtop::watts(PduId, std::size_t outlet) const { return outlet_amps(outlet) * volts_ * power_factor_; }

double Benchtop::other_amps(PduId, std::size_t bank) const {
  const auto found = other_.find(bank);
  return found == other_.end() ? 0.0 : found->second;
}

void Benchtop::drive(PduId, std::size_t outlet, bool on, Cause) {
  Contact& c = contacts_.at(outlet);
  if (on == c.on || (on ? c.stuck : c.welded)) return;
  c.on = on;
  ++moves_;
}

void Benchtop::later(Duration d, std::function<void()> call) {
  clock_.call_at(clock_.now() + d, [still = std::weak_ptr<bool>(alive_), call = std::move(call)] {
    if (!still.expired()) call();
  });
}

// --- faults

void Benchtop::fail_next(LineFault fault, Duration late_by) { next_.emplace_back(fault, late_by); }

void Benchtop::fail_by_chance(LineFault fault, double per_reply, Duration late_by) {
  chances_[fault] = {per_reply, late_by};
}

void Benchtop::freeze_meters(bool frozen) {
  for (std::size_t i = 0; i < pdu_->meter_count(); ++i) pdu_->freeze(i, frozen);
}

// One draw decides among the kinds, so that at most one strikes a reply.
LineFault Benchtop::line_fault(Duration& late_by) {
  if (!next_.empty()) {
    const auto [fault, late] = next_.front();
    next_.erase(next_.begin());
    late_by = late;
    ++struck_;
    return fault;
  }
  if (chances_.empty()) return LineFault::none;
  double at = dice_.uniform();
  for (const auto& [fault, chance] : chances_) {
    at -= chance.per_reply;
    if (at >= 0.0) continue;
    late_by = chance.late_by;
    ++struck_;
    return fault;
  }
  return LineFault::none;
}

}  // namespace greenroom::model
