#include "controller/cli/room_usb.hpp"

#include <fmt/format.h>

#include "controller/cli/mac_port.hpp"
#include "controller/cli/usb_host.hpp"
#include "hw/base/log.hpp"
#include "hw/usb/libusb_bus.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom serve";

std::string host_of(const Slot& slot) { return slot.data_port.substr(0, slot.data_port.find('/')); }

}  // namespace

std::optional<std::string> host_here(const Room& room) {
  std::optional<std::string> found;
  const std::string here = host_name();
  for (const Slot& slot : room.slots) {
    if (slot.data_port.empty()) continue;
    if (host_of(slot) == here) return here;
    if (host_of(slot) == "host") found = "host";
  }
  return found;
}

Result<RoomUsb> open_room_usb(asio::any_io_executor executor, Clock& clock, const Room& room,
                              std::function<std::string(const PortPath&)> owner) {
  const auto host = host_here(room);
  if (!host) return fail(Errc::usage, fmt::format("no slot of this room has a data_port on this machine, {}", host_name()));
  auto lock = take_usb(verb, "start this service anew when it has ended");
  if (!lock) return fail(lock.error().within("no Mac is within reach"));
  LibusbOptions options;
  options.host = *host;
  options.owner = std::move(owner);
  auto bus = make_libusb_bus(std::move(executor), clock, std::move(options));
  if (!bus) return fail(bus.error().within("no Mac is within reach"));
  return RoomUsb(std::move(*lock), std::move(*bus));
}

std::string engine_at(const Bench& bench, const PortPath& path) {
  const VisitState& visits = bench.state().visits;
  for (const VisitNumber number : visits.open) {
    const Visit* visit = visits.visit(number);
    if (visit == nullptr || !visit->slot || !visit->run.open()) continue;
    if (bench.setup().room.slots[visit->slot->value].data_port == path.text())
      return fmt::format("engine job {}", visit->run.effect);
  }
  return {};
}

asio::awaitable<void> name_mac(UsbBus& bus, UsbTable& table, Clock& clock, PortPath path) {
  const auto named = co_await learn_kis(bus, table, clock, std::move(path));
  const bool told = named || named.error().code == Errc::cancelled || named.error().code == Errc::busy;  // an engine's own
  if (!told) log::warn(named.error().message);
}

DfuMeansOfPorts room_dfu_means(const Room& room, const DfuVias& vias, asio::any_io_executor executor, Clock& clock) {
  DfuMeansOfPorts all;
  for (std::size_t i = 0; i < room.slots.size() && i < vias.size(); ++i) {
    const auto path = PortPath::parse(room.slots[i].data_port);
    if (path && vias[i]) all.emplace(*path, dfu_means(*vias[i], executor, clock, verb));
  }
  return all;
}

}  // namespace greenroom::cli
