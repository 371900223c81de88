#include "tests/support/usb_boot_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace greenroom::test {
namespace {

constexpr std::size_t longest_of_rom = 2048, longest_of_port = 64, trailer_size = 16;
constexpr std::array<std::uint8_t, 12> trailer{0xff, 0xff, 0xff, 0xff, 0xac, 0x05, 0x00, 0x01, 0x55, 0x46, 0x44, 0x10};

}  // namespace

std::uint32_t crc32_of_trailer(const Octets& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t b : bytes) {
    crc ^= b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return crc;
}

// ---- DFU ----

std::optional<Octets> DfuModel::control(const UsbSetup& setup, const Octets& data) {
  const int what = setup.type << 8 | setup.request;
  switch (what) {
    case 0xa105: return Octets{state_};
    case 0xa103: return Octets{static_cast<std::uint8_t>(state_ == error ? 1 : 0), 0, 0, 0, state_, 0};
    case 0x2101: return download(setup.value, data);
    case 0x2104:
    case 0x2106:
      state_ = idle;
      next_ = 0;
      short_block_ = false;
      sent_.clear();
      return Octets{};
    default: return std::nullopt;
  }
}

std::optional<Octets> DfuModel::download(std::uint16_t block, const Octets& data) {
  const auto refuse = [this](std::string why) -> std::optional<Octets> {
    wrong.push_back(std::move(why));
    state_ = error;
    return std::nullopt;
  };
  const bool rom = of_ == Of::boot_rom;
  const std::size_t longest_block = rom ? longest_of_rom : longest_of_port;
  if (state_ != idle && state_ != download_idle) return refuse(fmt::format("a block in state {}", state_));
  if (data.empty()) return finish(), Octets{};
  if (data.size() > longest_block) return refuse(fmt::format("a block of {} bytes", data.size()));
  // A trailer that has no room in the last block comes as a block of its own, with that one's number.
  const bool alone = rom && data.size() == trailer_size && next_ > 0 && block + 1U == next_;
  if (!alone && block != next_) return refuse(fmt::format("block {} where {} was due", block, next_));
  if (short_block_ && !alone) return refuse(fmt::format("block {} after the last one", block));
  short_block_ = data.size() < longest_block;
  if (!alone) ++next_;
  sent_.insert(sent_.end(), data.begin(), data.end());
  state_ = download_idle;
  return Octets{};
}

void DfuModel::finish() {
  if (of_ == Of::port_controller) {
    image_ = sent_;
    state_ = image_.empty() ? error : manifest;
    return;
  }
  state_ = error;
  if (sent_.size() < trailer_size) return wrong.push_back("an end without a trailer");
  const Octets covered(sent_.begin(), sent_.end() - 4);
  const std::uint8_t* crc = sent_.data() + covered.size();
  const std::uint32_t told = static_cast<std::uint32_t>(crc[0]) | static_cast<std::uint32_t>(crc[1]) << 8 |
                             static_cast<std::uint32_t>(crc[2]) << 16 | static_cast<std::uint32_t>(crc[3]) << 24;
  if (!std::equal(trailer.begin(), trailer.end(), sent_.end() - trailer_size))
    return wrong.push_back("another trailer than Apple's");
  if (told != crc32_of_trailer(covered)) return wrong.push_back("a trailer with another checksum");
  image_.assign(sent_.begin(), sent_.end() - trailer_size);
  state_ = manifest;
}

// ---- recovery ----

std::optional<Octets> RecoveryModel::control(const UsbSetup& setup, const Octets& data) {
  if (setup.type == 0xc0 && setup.request == 0) {
    Octets answer(answer_.begin(), answer_.end());
    answer.push_back(0);
    return answer;
  }
  if (setup.type == 0x41 && setup.request == 0) {
    uploaded.clear();
    return Octets{};
  }
  if (setup.type != 0x40 || setup.request > 1) return std::nullopt;
  const std::string line(data.begin(), std::find(data.begin(), data.end(), 0));
  commands.push_back(line);
  std::istringstream words(line);
  std::string verb, name, value;
  words >> verb >> name;
  std::getline(words >> std::ws, value);
  if (verb == "setenv" || verb == "setenvnp") variables[name] = value;
  if (verb == "getenv") answer_ = variables.contains(name) ? variables[name] : "";
  if (verb == "saveenv") saved = variables;
  if (verb == "reboot") rebooted = true;
  return Octets{};
}

std::optional<Octets> RecoveryModel::bulk(std::uint8_t endpoint, const Octets& data) {
  if (endpoint != 0x04) return std::nullopt;
  uploaded.insert(uploaded.end(), data.begin(), data.end());
  return Octets{};
}

}  // namespace greenroom::test
