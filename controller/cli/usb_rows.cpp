#include "controller/cli/usb_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string hex16(Ecid ecid) { return fmt::format("0x{:016X}", static_cast<std::uint64_t>(ecid)); }

Json word(const std::string& text) { return text.empty() ? Json() : Json(text); }

// "17,1" is "Mac17,1", if no other family has that number.
std::string model_by_number(const std::string& number, std::span<const MacModel> models) {
  std::string found;
  for (const MacModel& m : models) {
    const std::string type = m.product_type.substr(m.product_type.find_first_of("0123456789"));
    if (type != number) continue;
    if (!found.empty()) return {};
    found = m.name;
  }
  return found;
}

std::string model_by_board(ChipBoard cb, std::span<const MacModel> models) {
  const std::uint32_t id = static_cast<std::uint32_t>(cb.chip) << 8 | cb.board;
  for (const MacModel& m : models) {
    if (std::count(m.chip_boards.begin(), m.chip_boards.end(), id) > 0) return m.name;
  }
  return {};
}

Json object_of(const UsbRow& row) {
  Json json;
  json["port_path"] = row.device.path.text();
  json["mode"] = row.mode ? Json(to_string(*row.mode)) : Json();
  json["ecid"] = row.ecid ? Json(hex16(*row.ecid)) : Json();
  json["model"] = word(row.model);
  json["serial_number"] = word(row.serial_number);
  if (row.port_controller_ecid) json["port_controller_ecid"] = hex16(*row.port_controller_ecid);
  json["chip"] = row.chip_board ? Json(fmt::format("{:04X}", row.chip_board->chip)) : Json();
  json["board"] = row.chip_board ? Json(fmt::format("{:02X}", row.chip_board->board)) : Json();
  json["vendor_id"] = fmt::format("{:04x}", row.device.vendor);
  json["product_id"] = fmt::format("{:04x}", row.device.product);
  json["speed_Mbps"] = row.device.speed_Mbps == 0 ? Json() : Json(row.device.speed_Mbps);
  json["string_from"] = to_string(row.device.serial_from);
  json["trouble"] = word(row.trouble);
  return json;
}

std::string_view words_of(UsbChange change) {
  switch (change) {
    case UsbChange::came: return "came";
    case UsbChange::became: return "became";
    case UsbChange::learned: return "learned";
    case UsbChange::went: return "went";
    case UsbChange::none: break;
  }
  return "none";
}

std::string mode_words(const UsbRow& row) {
  return row.mode ? std::string(to_string(*row.mode)) : fmt::format("{:04x}:{:04x}", row.device.vendor, row.device.product);
}

}  // namespace

UsbRow row_of(const UsbSighting& seen, std::span<const MacModel> models) {
  UsbRow row(seen);
  row.mode = mode_by_id(seen);
  row.trouble = seen.trouble;
  const auto mac = classify(seen);
  if (!mac) {
    // No Mac is no trouble; a Mac that does not say who it is may be.
    if (row.mode && row.trouble.empty()) row.trouble = mac.error().message;
    return row;
  }
  row.mode = mac->mode;
  (mac->mode == MacMode::port_dfu ? row.port_controller_ecid : row.ecid) = mac->ecid;
  row.chip_board = mac->chip_board;
  row.serial_number = mac->serial;
  if (mac->chip_board) row.model = model_by_board(*mac->chip_board, models);
  else if (!mac->model.empty()) row.model = model_by_number(mac->model, models);
  if (mac->exploited) row.trouble = "it runs an exploit; power it off and bring it into DFU anew";
  return row;
}

std::string json_of(const UsbRow& row) { return object_of(row).dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string heading_of_rows() {
  return fmt::format("{:<20} {:<10} {:<18} {:<12} {}", "PORT", "MODE", "ECID", "SERIAL", "MODEL");
}

std::string text_of(const UsbRow& row) {
  const std::string model =
      !row.model.empty() ? row.model
      : row.chip_board   ? fmt::format("not known (chip {:04X}, board {:02X})", row.chip_board->chip, row.chip_board->board)
                         : "-";
  std::string text =
      fmt::format("{:<20} {:<10} {:<18} {:<12} {}", row.device.path.text(), mode_words(row),
                  row.ecid ? hex16(*row.ecid) : "-", row.serial_number.empty() ? "-" : row.serial_number, model);
  if (!row.trouble.empty()) text += "\n    " + row.trouble;
  return text;
}

std::string json_of(UsbChange change, const UsbRow& row, const UsbPlace& place, Duration since_start) {
  Json json;
  json["at_ms"] = since_start.count() / 1000;
  json["change"] = words_of(change);
  json.update(object_of(row));
  if (change == UsbChange::became) {
    const auto was = mode_by_id(*place.before);
    json["was"] =
        was ? Json(to_string(*was)) : Json(fmt::format("{:04x}:{:04x}", place.before->vendor, place.before->product));
    json["empty_ms"] = place.gap.count() / 1000;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(UsbChange change, const UsbRow& row, const UsbPlace& place, Duration since_start) {
  std::string text = fmt::format("{:10.3f} s  {:<8}", in_seconds(since_start), words_of(change)) + text_of(row);
  if (change == UsbChange::became) text += fmt::format("  (empty for {} ms)", place.gap.count() / 1000);
  return text;
}

}  // namespace greenroom::cli
