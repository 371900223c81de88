#include "hw/pdu/modbus_pdu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "hw/pdu/modbus_bus.hpp"
#include "hw/pdu/modbus_values.hpp"
#include "hw/pdu/pdu_queue.hpp"

namespace greenroom {
namespace {

using modbus::Function;
using modbus::Request;

class ModbusTalk final : public PduTalk {
 public:
  ModbusTalk(const ModbusDialect& d, std::unique_ptr<SerialLine> line, Clock& clock)
      : dialect_(d), line_(std::move(line)), clock_(clock), bus_(d, *line_, clock) {
    for (const ModbusRead& r : d.reads) (r.supervise ? supervised_ : rest_).push_back(&r);
  }

  Task<Named> name() override;
  Task<PduReading> states() override { return read_all(supervised_); }
  Task<PduReading> meters() override { return read_all(rest_); }
  [[nodiscard]] bool has_meters() const override { return !rest_.empty(); }
  [[nodiscard]] std::size_t together(std::span<SwitchOrder* const>) const override;
  Task<void> switch_outlets(std::span<SwitchOrder* const>, Sent&) override;

 private:
  Task<PduReading> read_all(const std::vector<const ModbusRead*>&);

  const ModbusDialect& dialect_;
  std::unique_ptr<SerialLine> line_;
  Clock& clock_;
  ModbusBus bus_;
  std::vector<const ModbusRead*> supervised_, rest_;
};

Task<Named> ModbusTalk::name() {
  Named named;
  for (const ModbusCheck& c : dialect_.checks) {
    TimePoint began;
    const auto data = co_await bus_.read(c.unit, c.request, began);
    if (!data)
      co_return fail(data.error().code == Errc::timeout ? Error(Errc::device_gone, data.error().message) : data.error());
    const ModbusUnit& unit = dialect_.units[c.unit];
    auto text = examine(c, *data);
    if (!text) co_return fail(text.error().within(fmt::format("unit {} (address {})", unit.id, unit.address)));
    if (text->empty()) continue;
    if (!named.identity.empty()) named.identity += ", ";
    named.identity += unit.id + " " + *text;
  }
  co_return named;
}

// The unit that may be asked first comes first: while one rests, another is read.
Task<PduReading> ModbusTalk::read_all(const std::vector<const ModbusRead*>& reads) {
  PduReading reading = blank_reading(dialect_);
  reading.began = never;
  std::vector<const ModbusRead*> open = reads;
  while (!open.empty()) {
    const auto next = std::min_element(open.begin(), open.end(), [this](const ModbusRead* a, const ModbusRead* b) {
      return bus_.ready(a->unit) < bus_.ready(b->unit);
    });
    const ModbusRead& read = **next;
    open.erase(next);
    TimePoint began;
    const auto data = co_await bus_.read(read.unit, read.request, began);
    if (!data) co_return fail(data.error());
    if (auto r = fill(dialect_, read, *data, reading); !r) {
      const ModbusUnit& unit = dialect_.units[read.unit];
      co_return fail(r.error().within(fmt::format("unit {} (address {}): read {}", unit.id, unit.address, read.id)));
    }
    reading.began = std::min(reading.began, began);
  }
  reading.received = clock_.now();
  co_return reading;
}

// A run of neighbours on one board, all to open; the orders come sorted by outlet.
std::size_t ModbusTalk::together(std::span<SwitchOrder* const> offs) const {
  const ModbusRelays* board = dialect_.relay_of(offs.front()->number);
  std::size_t many = 1;
  if (!dialect_.bulk_off) return many;
  while (many < offs.size() && offs[many]->number == offs[many - 1]->number + 1 && offs[many]->number <= board->last) ++many;
  return many;
}

Task<void> ModbusTalk::switch_outlets(std::span<SwitchOrder* const> orders, Sent& sent) {
  const SwitchOrder& first = *orders.front();
  const ModbusRelays* board = dialect_.relay_of(first.number);
  const std::uint8_t address = dialect_.units[board->unit].address;
  const auto coil = static_cast<std::uint16_t>(board->coil + first.number - board->first);
  Request request(address, Function::write_coil, coil, 1, {first.to == Switch::on ? dialect_.on_value : dialect_.off_value});
  if (orders.size() > 1) {
    const bool all_off =
        std::all_of(orders.begin(), orders.end(), [](const SwitchOrder* o) { return o->to == Switch::off; });
    if (!all_off) co_return fail(Errc::usage, "several outlets in one message are only ever opened");
    const auto many = static_cast<std::uint16_t>(orders.size());
    request = Request(address, Function::write_coils, coil, many, std::vector<std::uint16_t>(many, 0));
  }
  co_return co_await bus_.write(board->unit, request, orders, sent);
}

// Keeps the dialect for as long as the queue that was built over it.
class ModbusPdu final : public Pdu {
 public:
  ModbusPdu(ModbusDialect d, std::unique_ptr<SerialLine> line, Clock& clock)
      : dialect_(std::move(d)),
        queue_(make_pdu_queue(dialect_, std::make_unique<ModbusTalk>(dialect_, std::move(line), clock), clock)) {}

  Task<PduTraits> identify() override { return queue_->identify(); }
  Task<PduReading> read(Depth depth) override { return queue_->read(depth); }
  Task<OutletReading> set(SwitchOrder order) override { return queue_->set(std::move(order)); }

 private:
  ModbusDialect dialect_;
  std::unique_ptr<Pdu> queue_;
};

}  // namespace

std::unique_ptr<Pdu> make_modbus_pdu(ModbusDialect d, std::unique_ptr<SerialLine> line, Clock& clock) {
  return std::make_unique<ModbusPdu>(std::move(d), std::move(line), clock);
}

}  // namespace greenroom
