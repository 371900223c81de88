// The model USB bus: what stands on which port, and views of it for whoever listens.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/model/event.hpp"
#include "hw/model/wire.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom::model {

// What a Mac shows in that mode: product id, bcdDevice and serial string, as the kernel caches them. Nothing where it
// shows nothing (off, no OS).
std::optional<UsbSighting> sighting_of(const MacSpec&, Mode, const PortPath&);

// One listener's queue. Outlives neither the ports nor the listener: both ends hold it.
class UsbView {
 public:
  explicit UsbView(asio::any_io_executor executor) : waiter_(std::move(executor)) {}
  void push(UsbEvent e);
  Task<UsbEvent> next();
  void close();

 private:
  Waiter waiter_;
  std::deque<UsbEvent> queue_;
  bool closed_{};
};

// Every port of the world.
class ModelPorts {
 public:
  explicit ModelPorts(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  ~ModelPorts();
  ModelPorts(const ModelPorts&) = delete;
  ModelPorts& operator=(const ModelPorts&) = delete;

  void show(const UsbSighting&);  // arrives at its port; what was there leaves first
  void clear(const PortPath&);    // leaves; nothing there: nothing happens
  std::unique_ptr<UsbBus> open(std::function<Result<void>(const PortPath&)> may_open);

 private:
  void tell(const UsbEvent&);
  asio::any_io_executor executor_;
  std::map<PortPath, UsbSighting> present_;
  std::vector<std::weak_ptr<UsbView>> views_;
};

}  // namespace greenroom::model
