#include "firmware-bridge/dfu.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {
namespace {

using std::chrono::seconds;

// Class requests to interface 0 (USB DFU 1.0, 3): host to device 21, device to host A1.
constexpr std::uint8_t to_interface = 0x21, from_interface = 0xa1;
constexpr std::uint8_t dnload = 1, getstatus = 3, clrstatus = 4, getstate = 5, abort_request = 6;

constexpr Duration one_transfer = seconds{10};  // libirecovery's USB_TIMEOUT
constexpr int most_polls = 20;                  // for the state after a block; its bwPollTimeout is not looked at
constexpr Duration poll_gap = seconds{1};

}  // namespace

TimePoint Dfu::by() const { return std::min(deadline_, clock_.now() + one_transfer); }

Task<DfuState> Dfu::state() {
  const auto bytes = co_await device_.control_in({from_interface, getstate, 0, 0}, 1, by());
  if (!bytes) co_return fail(bytes.error().within("DFU state"));
  if (bytes->size() != 1) co_return fail(Errc::protocol, "DFU state: the Mac answered nothing");
  co_return static_cast<DfuState>(bytes->front());
}

Task<DfuState> Dfu::status() {
  const auto bytes = co_await device_.control_in({from_interface, getstatus, 0, 0}, 6, by());
  if (!bytes) co_return fail(bytes.error().within("DFU status"));
  if (bytes->size() != 6)
    co_return fail(Errc::protocol, fmt::format("DFU status: the Mac answered {} bytes instead of 6", bytes->size()));
  co_return static_cast<DfuState>((*bytes)[4]);
}

Task<void> Dfu::unstick() {
  const auto found = co_await state();
  if (!found) co_return fail(found.error());
  const DfuRemedy remedy = remedy_for(*found);
  if (remedy == DfuRemedy::none) co_return Result<void>{};
  UsbBytes nothing;
  const std::uint8_t request = remedy == DfuRemedy::clear_status ? clrstatus : abort_request;
  const auto sent = co_await device_.control_out({to_interface, request, 0, 0}, std::move(nothing), by());
  if (!sent) co_return fail(sent.error().within("DFU clear"));
  const auto now = co_await state();
  if (!now) co_return fail(now.error());
  if (*now == DfuState::idle) co_return Result<void>{};
  co_return fail(Errc::protocol, fmt::format("DFU is stuck: {} before it was cleared, {} after; restart the Mac into DFU",
                                             to_string(*found), to_string(*now)));
}

// The block was taken when the device is ready for the next one.
Task<void> Dfu::taken() {
  for (int poll = 0; poll <= most_polls; ++poll) {
    const auto now = co_await status();
    if (!now) co_return fail(now.error());
    if (*now == DfuState::download_idle) co_return Result<void>{};
    if (*now == DfuState::error) co_return fail(Errc::protocol, "the Mac is in dfuERROR");
    if (poll == most_polls) break;
    if (clock_.now() + poll_gap > deadline_) break;
    if (const auto slept = co_await clock_.sleep_until(clock_.now() + poll_gap); !slept) co_return slept;
  }
  co_return fail(Errc::timeout, fmt::format("the Mac did not become ready for the next block within {} s",
                                            in_seconds(poll_gap) * most_polls));
}

Task<void> Dfu::try_upload(const std::vector<DfuBlock>& blocks) {
  const auto found = co_await state();
  if (!found) co_return fail(found.error());
  if (*found != DfuState::idle) co_return fail(Errc::protocol, fmt::format("the Mac is in {}", to_string(*found)));
  for (const DfuBlock& block : blocks) {
    UsbBytes bytes = block.bytes;
    const auto sent = co_await device_.control_out({to_interface, dnload, block.number, 0}, std::move(bytes), by());
    const auto where = [&block] { return fmt::format("DFU block {}", block.number); };
    if (!sent) co_return fail(sent.error().within(where()));
    if (*sent != block.bytes.size())
      co_return fail(Errc::protocol, fmt::format("{}: the Mac took {} of {} bytes", where(), *sent, block.bytes.size()));
    if (!block.asks_status) continue;
    if (const auto ready = co_await taken(); !ready) co_return fail(ready.error().within(where()));
  }
  co_return Result<void>{};
}

Task<void> Dfu::upload(UsbBytes image) {
  const auto blocks = dfu_blocks(image);
  if (!blocks) co_return fail(blocks.error());
  auto sent = co_await try_upload(*blocks);
  if (!sent && sent.error().code == Errc::protocol) {
    if (const auto idle = co_await unstick(); !idle) co_return fail(idle.error().within(sent.error().message));
    sent = co_await try_upload(*blocks);
  }
  if (!sent) co_return fail(sent.error().within("DFU upload"));
  sent_ = static_cast<std::uint16_t>(blocks->back().number + 1);
  co_return Result<void>{};
}

// An empty block ends the download; asked twice for its status the Mac checks the image; the reset lets it go. What it
// answers then is not judged: libirecovery does not either, and the Mac tells by how it comes back.
Task<void> Dfu::start() {
  UsbBytes nothing;
  const auto ended = co_await device_.control_out({to_interface, dnload, sent_, 0}, std::move(nothing), by());
  if (!ended) co_return fail(ended.error().within("DFU end"));
  for (int i = 0; i < 2; ++i) {
    if (const auto asked = co_await status(); !asked) co_return fail(asked.error());
  }
  if (const auto reset = co_await device_.reset(); !reset) co_return fail(reset.error().within("DFU start"));
  co_return Result<void>{};
}

}  // namespace greenroom
