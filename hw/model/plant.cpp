// The calls from outside, and the steady tick.
#include "hw/model/plant.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hw/model/plant_impl.hpp"

namespace greenroom::model {

constexpr Duration one_second = std::chrono::seconds{1};

Plant::Impl::Impl(asio::any_io_executor e, Clock& c, WorldSpec s, const FaultEnvelope& envelope, const Random& r)
    : executor(std::move(e)),
      clock(c),
      spec(std::move(s)),
      random(r),
      dice(envelope, r),
      grid(spec.circuits),
      ports(executor),
      outlets(spec.outlets.size()),
      places(spec.places.size()),
      last(c.now()),
      work_dice(r.stream("plant/work")) {
  for (std::uint32_t i = 0; i < spec.places.size(); ++i) {
    const PlaceSpec& from = spec.places[i];
    PlaceState& to = places[i];
    to.outlet = from.outlet;
    to.power_factor = from.power_factor > 0.0 ? from.power_factor : default_power_factor(from.brick);
    if (from.outlet) outlets[from.outlet->value].place = SlotId{i};
    if (from.data_port.empty()) continue;
    if (auto path = PortPath::parse(from.data_port)) {
      to.port = *path;
      port_place.emplace(*path, SlotId{i});
    }
  }
  for (const MacSpec& m : spec.macs) macs.emplace_back(m);
  make_pdus();
  wires.resize(pdus.size());
  recompute();
}

void Plant::Impl::make_pdus() {
  for (std::uint32_t p = 0; p < spec.pdus.size(); ++p) {
    const PduSpec& from = spec.pdus[p];
    const auto built = from.outlets > 0 ? from.outlets : static_cast<std::size_t>(outlets_of(from.device));
    sockets.emplace_back(built);
    std::vector<std::uint8_t> banks(built, 0);
    for (std::size_t i = 0; i < built; ++i) banks[i] = bank_of(from.device, i, built);
    for (std::uint32_t i = 0; i < spec.outlets.size(); ++i) {
      const OutletSpec& o = spec.outlets[i];
      if (o.pdu != PduId{p} || o.number < 1 || o.number > built) continue;
      sockets[p][o.number - 1U] = OutletId{i};
      banks[o.number - 1U] = o.bank;
    }
    pdus.push_back(
        std::make_unique<ModelPdu>(PduId{p}, spec.pdus[p], std::move(banks), spec.nominal.value(), *this, random));
  }
}

void Plant::Impl::later(Duration d, std::function<void()> call) {
  clock.call_at(clock.now() + d, [still = std::weak_ptr<bool>(alive), call = std::move(call)] {
    if (!still.expired()) call();
  });
}

void Plant::Impl::tell(Happening what) {
  const PlantEvent event{clock.now(), std::move(what)};
  for (PlantListener* l : listeners) l->on(event);
}

void Plant::Impl::tick(std::int64_t second) {
  advance();
  grid.whole_second();
  for (std::uint32_t i = 0; i < grid.size(); ++i) {
    const Grid::Node& n = grid[CircuitId{i}];
    const double mean = n.all.mean();
    if (mean > n.continuous) tell(OverSoft{CircuitId{i}, Amps::of(mean), Amps::of(n.clean.mean())});
  }
  recompute();
  for (const auto& pdu : pdus) pdu->whole_second();
  later(one_second, [this, second] { tick(second + 1); });
}

Plant::Plant(asio::any_io_executor executor, Clock& clock, WorldSpec spec, const FaultEnvelope& envelope,
             const Random& random)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(spec), envelope, random)) {}

Plant::~Plant() {
  for (const auto& wire : impl_->wires) {
    if (wire) wire->close();
  }
}

void Plant::listen(PlantListener* l) { impl_->listeners.push_back(l); }
void Plant::ignore(PlantListener* l) { std::erase(impl_->listeners, l); }

void Plant::start() {
  if (impl_->started) return;
  impl_->started = true;
  impl_->later(one_second, [this] { impl_->tick(1); });
  impl_->schedule_faults();
}

std::unique_ptr<SerialLine> Plant::open_line(PduId id) {
  auto& wire = impl_->wires[id.value];
  if (wire) wire->close();
  ModelPdu& pdu = *impl_->pdus[id.value];
  const Duration byte = std::chrono::microseconds{10'000'000 / impl_->spec.pdus[id.value].baud};
  wire =
      std::make_shared<Wire>(impl_->executor, impl_->clock, byte, [&pdu](const std::string& bytes) { pdu.receive(bytes); });
  pdu.connect(wire);
  return std::make_unique<ModelLine>(wire);
}

std::unique_ptr<UsbBus> Plant::open_bus() {
  return impl_->ports.open(
      [still = std::weak_ptr<bool>(impl_->alive), impl = impl_.get()](const PortPath& path) -> Result<void> {
        if (still.expired()) return fail(Errc::device_gone, "the model world is gone");
        const auto place = impl->port_place.find(path);
        if (place == impl->port_place.end() || !impl->places[place->second.value].data) {
          return fail(Errc::device_gone, path.text() + ": nothing is plugged in there");
        }
        return {};
      });
}

// --- hands

Result<void> Plant::plug_data(MacId mac, SlotId place) {
  impl_->advance();
  const PlaceState& p = impl_->places[place.value];
  const std::string& name = impl_->spec.places[place.value].name;
  if (!p.port) return fail(Errc::refused, name + ": there is no data cable");
  if (p.data && *p.data != mac) return fail(Errc::refused, name + ": its data cable is in another Mac");
  impl_->set_data(mac, place);
  return {};
}

Result<void> Plant::plug_power(MacId mac, SlotId place) {
  impl_->advance();
  const PlaceState& p = impl_->places[place.value];
  const std::string& name = impl_->spec.places[place.value].name;
  if (!p.outlet) return fail(Errc::refused, name + ": there is no brick");
  if (p.power && *p.power != mac) return fail(Errc::refused, name + ": its brick is in another Mac");
  impl_->set_power(mac, place);
  impl_->recompute();
  return {};
}

void Plant::unplug_data(MacId mac) {
  impl_->advance();
  impl_->set_data(mac, std::nullopt);
}

void Plant::unplug_power(MacId mac) {
  impl_->advance();
  impl_->set_power(mac, std::nullopt);
  impl_->recompute();
}

Result<void> Plant::press_dfu_keys(MacId mac) {
  impl_->advance();
  const auto shows = impl_->into_dfu(mac);
  if (!shows) return fail(shows.error());
  return {};
}

void Plant::hold_power(MacId mac, bool held) {
  impl_->advance();
  impl_->hold(mac, held);
  impl_->recompute();
}

Result<void> Plant::press_power(MacId mac) {
  impl_->advance();
  if (!impl_->can_run(impl_->macs[mac.value]))
    return fail(Errc::refused, "the Mac does not react: its battery is flat or it has no power");
  impl_->boot(mac);
  impl_->recompute();
  return {};
}

void Plant::press_button(OutletId outlet, bool on) {
  const PduId pdu = impl_->spec.outlets[outlet.value].pdu;
  impl_->pdus[pdu.value]->button(impl_->spec.outlets[outlet.value].number - 1U, on);
}

Result<void> Plant::reset_breaker(CircuitId c) {
  impl_->advance();
  Grid::Node& n = impl_->grid[c];
  if (n.closed) return fail(Errc::refused, impl_->spec.circuits[c.value].name + ": the breaker is in already");
  n.closed = true;
  n.clean_tripped = false;
  impl_->refresh(Cause::reset);
  return {};
}

void Plant::replug(SlotId place) {
  impl_->advance();
  const auto wanted = impl_->spec.places[place.value].outlet;
  if (!wanted) return;
  const auto there = impl_->outlets[wanted->value].place;
  if (!there || *there == place) return;
  impl_->exchange_outlets(place, *there);
  impl_->tell(FaultEnded{FaultKind::outlets_swapped, place.value});
  impl_->recompute();
}

void Plant::relabel(MacId mac, std::string label) { impl_->macs[mac.value].spec.label = std::move(label); }

// --- engine

std::optional<MacId> Plant::at_port(const PortPath& path) const {
  const auto place = impl_->port_place.find(path);
  if (place == impl_->port_place.end()) return std::nullopt;
  return impl_->places[place->second.value].data;
}

Result<TimePoint> Plant::enter_dfu(const PortPath& path) {
  impl_->advance();
  const auto mac = at_port(path);
  if (!mac) return fail(Errc::device_gone, path.text() + ": nothing there to put into DFU");
  auto shows = impl_->into_dfu(*mac);
  if (!shows) return fail(shows.error().within(path.text()));
  return shows;
}

Result<TimePoint> Plant::leave_dfu(const PortPath& path) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::dfu, "leave DFU");
  if (!mac) return fail(mac.error());
  impl_->boot(*mac);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.reboot;
}

Result<TimePoint> Plant::send_ibss(const PortPath& path) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::dfu, "send iBSS");
  if (!mac) return fail(mac.error());
  impl_->go(*mac, Mode::recovery, impl_->spec.timings.to_recovery);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.to_recovery;
}

Result<TimePoint> Plant::boot_restore_os(const PortPath& path) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::recovery, "boot the restore OS");
  if (!mac) return fail(mac.error());
  MacState& m = impl_->macs[mac->value];
  m.auto_boot = false;  // saved before the ramdisk boots: a restore that dies comes back to recovery
  m.work = impl_->work_dice.uniform(10.0, 25.0);
  impl_->go(*mac, Mode::restore, impl_->spec.timings.to_restore_os);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.to_restore_os;
}

Result<void> Plant::start_restore(const PortPath& path, std::uint64_t run, EraseKind kind) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::restore, "start the restore");
  if (!mac) return fail(mac.error());
  MacState& m = impl_->macs[mac->value];
  m.restoring = true;
  if (kind == EraseKind::revive) return {};
  m.erased = true;
  m.os = m.new_os = false;
  m.erased_at = impl_->clock.now();
  m.erased_by = run;
  impl_->tell(EraseStarted{*mac, run});
  return {};
}

Result<TimePoint> Plant::finish(const PortPath& path, bool with_os) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::restore, "finish the restore");
  if (!mac) return fail(mac.error());
  MacState& m = impl_->macs[mac->value];
  if (!m.restoring) return fail(Errc::refused, path.text() + ": no restore was started");
  m.auto_boot = true;
  m.os = with_os;
  m.first_boot_due = with_os;
  impl_->boot(*mac);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.reboot;
}

Result<TimePoint> Plant::put_back(const PortPath& path) {
  impl_->advance();
  const auto mac = impl_->mac_on(path, Mode::recovery, "put the Mac back");
  if (!mac) return fail(mac.error());
  impl_->macs[mac->value].auto_boot = true;
  impl_->boot(*mac);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.reboot;
}

Result<TimePoint> Plant::install_os(MacId id) {
  impl_->advance();
  MacState& m = impl_->macs[id.value];
  if (m.mode != Mode::os_less || !m.ready) return fail(Errc::refused, "the Mac waits for no installation");
  if (!impl_->can_run(m)) return fail(Errc::refused, "the Mac does not react: its battery is flat or it has no power");
  m.os = true;
  m.first_boot_due = true;
  impl_->go(id, Mode::booted, impl_->spec.timings.install_os);
  impl_->recompute();
  return impl_->clock.now() + impl_->spec.timings.install_os;
}

EngineFault Plant::next_engine_fault() { return impl_->dice.next_engine(); }

// --- truth

CircuitTruth Plant::circuit(CircuitId c) {
  impl_->advance();
  const Grid::Node& n = impl_->grid[c];
  CircuitTruth t;
  t.now = Amps::of(n.all.amps);
  t.clean = Amps::of(n.clean.amps);
  t.mean = Amps::of(n.all.mean());
  t.mean_clean = Amps::of(n.clean.mean());
  t.theta = n.all.breaker.theta();
  t.theta_clean = n.clean.breaker.theta();
  t.live = n.live;
  t.tripped = !n.closed;
  t.over_hard_As = n.all.over_hard_As;
  t.over_hard_clean_As = n.clean.over_hard_As;
  t.over_soft_s = n.all.over_soft_s;
  t.over_soft_clean_s = n.clean.over_soft_s;
  t.peak_A = n.peak_A;
  t.peak_theta = n.peak_theta;
  return t;
}

MacTruth Plant::mac(MacId id) {
  impl_->advance();
  const MacState& m = impl_->macs[id.value];
  MacTruth t;
  t.mode = m.mode;
  t.showing = m.ready && m.data && m.mode != Mode::off && m.mode != Mode::os_less;
  t.data = m.data;
  t.power = m.power;
  t.mains = m.mains;
  t.charge = m.battery.level();
  t.watts = m.mains ? m.watts : 0.0;
  t.delivered_Wh = m.delivered_Wh;
  t.charged = m.battery.works() && m.battery.full();
  t.erased = m.erased;
  t.erased_at = m.erased_at;
  t.erased_by = m.erased_by;
  t.os = m.os;
  t.new_os = m.new_os;
  t.locked = m.spec.locked;
  return t;
}

const MacSpec& Plant::mac_spec(MacId id) const { return impl_->macs[id.value].spec; }
const WorldSpec& Plant::spec() const { return impl_->spec; }
bool Plant::outlet_on(OutletId o) { return impl_->outlets[o.value].live; }

Amps Plant::outlet_amps(OutletId o) {
  impl_->advance();
  return Amps::of(impl_->outlets[o.value].amps);
}

std::optional<SlotId> Plant::wired_to(OutletId o) const { return impl_->outlets[o.value].place; }
FaultDice& Plant::dice() { return impl_->dice; }
const FaultCounts& Plant::faults() const { return impl_->dice.counts(); }

}  // namespace greenroom::model
