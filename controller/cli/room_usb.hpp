// A real room's Macs: this machine's USB for a service, and each slot's way into DFU.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/bench/bench.hpp"
#include "controller/cli/setup_files.hpp"
#include "firmware-bridge/usb_mac_actions.hpp"
#include "hw/base/file_lock.hpp"

namespace greenroom::cli {

struct RoomUsb {
  RoomUsb(FileLock l, std::unique_ptr<UsbBus> b) : lock(std::move(l)), bus(std::move(b)) {}
  FileLock lock;
  std::unique_ptr<UsbBus> bus;
};

// How this machine is called in the room's ports, by its name or "host"; nothing where no slot has a port of it.
std::optional<std::string> host_here(const Room&);

// Port paths begin as the room's do: with this machine's name, or with "host". `owner` says which engine owns the device at
// a port (rules.md R9). Errc::usage where no slot has a port of this machine; any other error says why its Macs are out of
// reach.
Result<RoomUsb> open_room_usb(asio::any_io_executor, Clock&, const Room&, std::function<std::string(const PortPath&)> owner);

// "engine job 17", while its run is open; empty: nobody.
std::string engine_at(const Bench&, const PortPath&);

// A Mac in KIS is asked who it is, as soon as it shows itself; whoever cannot be asked is told in the log.
asio::awaitable<void> name_mac(UsbBus&, UsbTable&, Clock&, PortPath);

// Of the slots that say how their message is sent. No others: who is asked for keys is asked by the room.
DfuMeansOfPorts room_dfu_means(const Room&, const DfuVias&, asio::any_io_executor, Clock&);

}  // namespace greenroom::cli
