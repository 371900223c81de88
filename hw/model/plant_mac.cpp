// Batteries and modes of the model Macs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hw/model/plant_impl.hpp"

namespace greenroom::model {
namespace {

constexpr double runs_from = 0.005;  // a pack this empty starts nothing
// Watts at the brick's output. A laptop parked in DFU does not charge and can run flat (users of Apple Configurator);
// the figures themselves are assumptions.
constexpr double off_watts = 0.5;
constexpr double dfu_watts = 1.0;
constexpr double dfu_drain = 4.0;
constexpr double recovery_watts = 6.0;
constexpr double first_boot_watts = 15.0;

std::string_view name(Mode m) {
  constexpr std::array<std::string_view, 6> names = {"off",          "booted", "in DFU", "in recovery", "in the restore OS",
                                                     "without an OS"};
  return names[static_cast<std::size_t>(m)];
}

bool charges_in(Mode m) { return m == Mode::off || m == Mode::booted || m == Mode::os_less; }

// Watts of the machine itself, at the brick's output, without what its pack takes.
double own_watts(const MacState& m) {
  switch (m.mode) {
    case Mode::off: return off_watts;
    case Mode::booted: return m.first_boot_due ? first_boot_watts : m.spec.idle.value();
    case Mode::os_less: return m.spec.idle.value();
    case Mode::dfu: return dfu_watts;
    case Mode::recovery: return recovery_watts;
    case Mode::restore: return m.work;
  }
  return 0.0;
}

}  // namespace

void Plant::Impl::load_of(MacState& m) const {
  const double usual = std::min(m.adapter, own_watts(m) + (charges_in(m.mode) ? m.battery.accepts() : 0.0));
  const double now = m.waking || m.surging ? m.adapter : usual;
  const double to_amps = 1.0 / (brick_efficiency * spec.nominal.value() * places[m.power->value].power_factor);
  m.watts = now / brick_efficiency;
  m.amps = now * to_amps;
  m.clean = (m.waking_injected ? usual : now) * to_amps;
}

void Plant::Impl::step_macs(double seconds) {
  for (std::uint32_t i = 0; i < macs.size(); ++i) {
    MacState& m = macs[i];
    if (!m.mains) {
      if (m.mode == Mode::off || !m.battery.works()) continue;
      m.battery.drain(m.mode == Mode::dfu ? dfu_drain : own_watts(m), seconds);
      if (m.battery.flat()) die(MacId{i}, false);
      continue;
    }
    m.delivered_Wh += m.watts * seconds / 3600.0;
    if (charges_in(m.mode)) m.battery.charge(seconds);
    if (m.surging) m.battery.force(m.adapter - m.work, seconds);
    if (m.mode == Mode::dfu) {
      m.battery.drain(dfu_drain, seconds);
      if (m.battery.works() && m.battery.flat()) die(MacId{i}, false);
    }
    if (m.wants_boot && !m.held && can_run(m)) boot(MacId{i});
    if (!m.told_charged && m.battery.works() && m.battery.full()) {
      m.told_charged = true;
      tell(MacCharged{MacId{i}});
    }
  }
}

bool Plant::Impl::can_run(const MacState& m) const {
  if (!m.battery.works()) return m.mains;
  return m.battery.level() > runs_from;
}

void Plant::Impl::check_mains(SlotId place) {
  const PlaceState& p = places[place.value];
  if (!p.power) return;
  mains(*p.power, p.outlet && outlets[p.outlet->value].live);
}

void Plant::Impl::mains(MacId id, bool on) {
  MacState& m = macs[id.value];
  if (m.mains == on) return;
  m.mains = on;
  if (on) {
    // A Mac starts when power comes (laptops do by default; a desktop here does as well).
    if (m.mode == Mode::off) m.wants_boot = true;
    if (m.held) return press(id, Mode::dfu);  // what it becomes is told by how long the button stays down
    if (m.wants_boot && can_run(m)) boot(id);
    return;
  }
  m.watts = m.amps = m.clean = 0.0;
  m.surging = false;
  if (m.mode != Mode::off && !can_run(m)) die(id, true);
}

void Plant::Impl::die(MacId id, bool by_mains) {
  MacState& m = macs[id.value];
  tell(MacPowerLost{id, m.mode, by_mains});
  ++m.epoch;
  m.mode = Mode::off;
  m.ready = true;
  m.restoring = m.surging = false;
  m.wants_boot = true;
  show(id);
  tell(MacMode{id, Mode::off});
}

void Plant::Impl::hold(MacId id, bool held) {
  MacState& m = macs[id.value];
  if (m.spec.battery || m.held == held) return;
  m.held = held;
  if (held) return press(id, m.mode == Mode::off ? Mode::booted : Mode::off);
  ++m.press;
  if (m.mode == Mode::off && m.wants_boot && can_run(m)) boot(id);  // let go too early
}

// The time of a press begins anew when power comes under it. Unless the Mac runs already, a short press starts it.
void Plant::Impl::press(MacId id, Mode becomes) {
  later(spec.timings.button, [this, id, becomes, press = ++macs[id.value].press] {
    advance();
    if (macs[id.value].press != press || !macs[id.value].mains) return;
    if (becomes == Mode::dfu) go(id, Mode::dfu, spec.timings.dfu_entry);
    else if (becomes == Mode::off) force_off(id);
    else boot(id);
    recompute();
  });
}

void Plant::Impl::force_off(MacId id) {
  MacState& m = macs[id.value];
  ++m.epoch;
  m.mode = Mode::off;
  m.ready = true;
  m.restoring = m.surging = m.wants_boot = false;
  show(id);
  tell(MacMode{id, Mode::off});
}

void Plant::Impl::boot(MacId id) {
  MacState& m = macs[id.value];
  m.wants_boot = false;
  const Mode to = !m.auto_boot ? Mode::recovery : m.os ? Mode::booted : Mode::os_less;
  go(id, to, spec.timings.reboot);
}

void Plant::Impl::go(MacId id, Mode mode, Duration takes) {
  MacState& m = macs[id.value];
  const std::uint64_t epoch = ++m.epoch;
  m.mode = mode;
  m.ready = false;
  m.restoring = m.surging = false;
  m.wants_boot = false;
  show(id);
  later(takes, [this, id, epoch] {
    MacState& mac = macs[id.value];
    if (mac.epoch != epoch) return;
    advance();
    if (mac.epoch != epoch) return;  // it died on the way
    mac.ready = true;
    arrived(id);
    recompute();
  });
}

void Plant::Impl::arrived(MacId id) {
  MacState& m = macs[id.value];
  show(id);
  tell(MacMode{id, m.mode});
  if (m.mode != Mode::booted || !m.first_boot_due) return;
  later(spec.timings.first_boot, [this, id, epoch = m.epoch] {
    MacState& mac = macs[id.value];
    if (mac.epoch != epoch || !mac.first_boot_due) return;
    advance();
    if (mac.epoch != epoch) return;
    mac.first_boot_due = false;
    mac.new_os = mac.erased;
    const int percent = mac.battery.works() ? static_cast<int>(std::lround(mac.battery.level() * 100.0)) : -1;
    tell(FirstBoot{id, mac.spec.serial, percent});
    recompute();
  });
}

void Plant::Impl::show(MacId id) {
  const MacState& m = macs[id.value];
  if (!m.data || !places[m.data->value].port) return;
  const PortPath& path = *places[m.data->value].port;
  const auto seen = m.ready ? sighting_of(m.spec, m.mode, path) : std::nullopt;
  if (seen) ports.show(*seen);
  else ports.clear(path);
}

void Plant::Impl::set_data(MacId id, std::optional<SlotId> place) {
  MacState& m = macs[id.value];
  if (m.data) {
    PlaceState& from = places[m.data->value];
    from.data.reset();
    if (from.port) ports.clear(*from.port);
  }
  m.data = place;
  if (place) places[place->value].data = id;
  show(id);
  tell(MacMoved{id, m.data, m.power});
}

void Plant::Impl::set_power(MacId id, std::optional<SlotId> place) {
  MacState& m = macs[id.value];
  if (m.power) places[m.power->value].power.reset();
  mains(id, false);
  m.power = place;
  m.told_charged = false;
  m.delivered_Wh = 0.0;
  if (place) {
    places[place->value].power = id;
    m.adapter = std::min(spec.places[place->value].brick.value(), m.spec.input_most.value());
    m.battery.use_adapter(m.adapter);
    check_mains(*place);
  }
  tell(MacMoved{id, m.data, m.power});
}

Result<MacId> Plant::Impl::mac_on(const PortPath& path, Mode needed, std::string_view to_do) const {
  const auto place = port_place.find(path);
  if (place == port_place.end() || !places[place->second.value].data) {
    return fail(Errc::device_gone, fmt::format("{}: nothing there to {}", path.text(), to_do));
  }
  const MacId id = *places[place->second.value].data;
  const MacState& m = macs[id.value];
  if (!m.ready) return fail(Errc::busy, fmt::format("{}: cannot {}: the Mac is between two modes", path.text(), to_do));
  if (m.mode == needed) return id;
  return fail(Errc::refused,
              fmt::format("{}: cannot {}: the Mac is {}, not {}", path.text(), to_do, name(m.mode), name(needed)));
}

Result<TimePoint> Plant::Impl::into_dfu(MacId id) {
  const MacState& m = macs[id.value];
  if (!can_run(m)) return fail(Errc::refused, "the Mac does not react: its battery is flat or it has no power");
  go(id, Mode::dfu, spec.timings.dfu_entry);
  recompute();
  return clock.now() + spec.timings.dfu_entry;
}

}  // namespace greenroom::model
