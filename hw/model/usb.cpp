#include "hw/model/usb.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::model {
namespace {

constexpr std::uint16_t apple = 0x05ac;
constexpr std::uint16_t dfu_id = 0x1227;
constexpr std::uint16_t recovery_id = 0x1281;
constexpr std::uint16_t restore_id = 0x1901;  // 1901-1905 are one family; which of them a restore OS takes is unverified
constexpr std::uint16_t booted_id = 0x1905;   // seen on an M4
constexpr std::uint16_t t2_id = 0x8600;

// SecureROM's string has no SRNM and ends with its own tag; iBoot's has SRNM and no tag. T2 prints no SDOM.
std::string iboot_string(const MacSpec& m, bool rom) {
  const bool t2 = m.family == Family::t2;
  std::string text = fmt::format("{}CPID:{:04X} CPRV:{} CPFM:03 SCEP:01 BDID:{:02X} ECID:{:016X} IBFL:{}",
                                 t2 ? "" : "SDOM:01 ", m.chip, t2 ? "10" : "11", m.board, m.ecid, rom ? "3C" : "3D");
  if (rom) return text + (t2 ? " SRTG:[iBoot-3401.0.0.1.16]" : " SRTG:[iBoot-7429.61.2]");
  return text + fmt::format(" SRNM:[{}]", m.blank_serial ? "" : m.serial);
}

// A booted Mac's USB serial is its hardware serial; a restore OS shows the UDID, chip and ECID in hex.
std::string udid(const MacSpec& m) { return fmt::format("{:08X}-{:016X}", m.chip, m.ecid); }

class ModelBus final : public UsbBus {
 public:
  ModelBus(std::shared_ptr<UsbView> view, std::function<Result<void>(const PortPath&)> may_open)
      : view_(std::move(view)), may_open_(std::move(may_open)) {}
  ~ModelBus() override { view_->close(); }
  ModelBus(const ModelBus&) = delete;
  ModelBus& operator=(const ModelBus&) = delete;

  Task<UsbEvent> next_event() override {
    const auto view = view_;
    co_return co_await view->next();
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath& path) override {
    if (auto may = may_open_(path); !may) return fail(may.error());
    return fail(Errc::refused, path.text() + ": a model Mac takes no transfers; use the model engine");
  }

 private:
  std::shared_ptr<UsbView> view_;
  std::function<Result<void>(const PortPath&)> may_open_;
};

}  // namespace

std::optional<UsbSighting> sighting_of(const MacSpec& m, Mode mode, const PortPath& path) {
  switch (mode) {
    case Mode::dfu: return UsbSighting(path, apple, dfu_id, 0, iboot_string(m, true));
    case Mode::recovery: return UsbSighting(path, apple, recovery_id, 0, iboot_string(m, false));
    case Mode::restore: return UsbSighting(path, apple, restore_id, m.bcd, udid(m));
    case Mode::booted:
      return UsbSighting(path, apple, m.family == Family::t2 ? t2_id : booted_id, m.bcd, m.blank_serial ? "" : m.serial);
    case Mode::off:
    case Mode::os_less: break;
  }
  return std::nullopt;
}

void UsbView::push(UsbEvent e) {
  queue_.push_back(std::move(e));
  waiter_.wake(Woken::ready);
}

void UsbView::close() {
  closed_ = true;
  waiter_.wake(Woken::closed);
}

Task<UsbEvent> UsbView::next() {
  while (queue_.empty()) {
    if (closed_) co_return fail(Errc::device_gone, "the USB bus was closed");
    const Woken why = co_await waiter_.wait();
    if (why == Woken::cancelled) co_return fail(Errc::cancelled, "cancelled while waiting for USB events");
  }
  UsbEvent event = std::move(queue_.front());
  queue_.pop_front();
  co_return event;
}

ModelPorts::~ModelPorts() {
  for (const auto& weak : views_) {
    if (const auto view = weak.lock()) view->close();
  }
}

void ModelPorts::tell(const UsbEvent& e) {
  std::erase_if(views_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : views_) {
    if (const auto view = weak.lock()) view->push(e);
  }
}

void ModelPorts::show(const UsbSighting& s) {
  clear(s.path);
  present_.emplace(s.path, s);
  tell(UsbArrived(s));
}

void ModelPorts::clear(const PortPath& path) {
  if (present_.erase(path) > 0) tell(UsbLeft(path));
}

std::unique_ptr<UsbBus> ModelPorts::open(std::function<Result<void>(const PortPath&)> may_open) {
  auto view = std::make_shared<UsbView>(executor_);
  for (const auto& [path, device] : present_) view->push(UsbArrived(device));
  views_.push_back(view);
  return std::make_unique<ModelBus>(std::move(view), std::move(may_open));
}

}  // namespace greenroom::model
