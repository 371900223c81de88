#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/room_draft.hpp"

namespace greenroom::draft {
namespace {

const Choices<std::string> kInfrastructure{
    {"controller_host", "controller_host"}, {"hub", "hub"}, {"switch", "switch"}, {"other", "other"}};
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::optional<int> day(std::string_view text) {
  const auto at = std::find(kDays.begin(), kDays.end(), text);
  if (at == kDays.end()) return {};
  return static_cast<int>(at - kDays.begin());
}

std::optional<Duration> time_of_day(std::string_view text) {  // "08:30", "24:00"
  constexpr std::size_t kLength = 5;
  if (text.size() != kLength || text[2] != ':') return {};
  int h = 0;
  int m = 0;
  const auto rh = std::from_chars(text.data(), text.data() + 2, h);
  const auto rm = std::from_chars(text.data() + 3, text.data() + kLength, m);
  const bool whole = rh.ptr == text.data() + 2 && rm.ptr == text.data() + kLength;
  if (!whole || h > 24 || m > 59 || (h == 24 && m > 0)) return {};
  return std::chrono::hours{h} + std::chrono::minutes{m};
}

// "Mon-Fri 08:00-17:00" or "Sat 08:00-12:00"; empty when malformed.
std::vector<Shift> shifts_of(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view days = text.substr(0, space);
  const std::string_view hours = text.substr(space + 1);
  const auto first = day(days.substr(0, days.find('-')));
  const auto last = days.find('-') == std::string_view::npos ? first : day(days.substr(days.find('-') + 1));
  const auto begin = time_of_day(hours.substr(0, hours.find('-')));
  const auto end = hours.find('-') == std::string_view::npos ? std::nullopt : time_of_day(hours.substr(hours.find('-') + 1));
  if (!first || !last || !begin || !end || *last < *first || *end <= *begin) return {};
  std::vector<Shift> out;
  for (int d = *first; d <= *last; ++d) out.push_back({d, *begin, *end});
  return out;
}

// Lower ends are the rules' own figures: R2 (settling, ten minutes after protection), R8 (200 ms), R7 (2 s).
Timings read_timings(const Table& t) {
  Timings x;
  x.settle = t.duration("settle_s", {5, 600}, x.settle);
  x.min_on = t.duration("min_on_s", {0, 3600}, x.min_on);
  x.min_off = t.duration("min_off_s", {0, 3600}, x.min_off);
  x.swap_hysteresis = t.duration("swap_hysteresis_s", {0, 3600}, x.swap_hysteresis);
  x.close_spacing = t.duration("close_spacing_ms", {200, 60000}, x.close_spacing);
  x.after_protection = t.duration("after_protection_s", {600, 7200}, x.after_protection);
  x.order_expiry = t.duration("order_expiry_s", {0.2, 2}, x.order_expiry);
  x.bind_window = t.duration("bind_window_s", {5, 300}, x.bind_window);
  x.bind_lapse = t.duration("bind_lapse_s", {30, 3600}, x.bind_lapse);
  return x;
}

UsbLimits read_usb(const Table& t) {
  constexpr Range some{1, 64};
  UsbLimits x;
  x.per_controller = static_cast<int>(t.integer("per_controller", some, x.per_controller));
  x.per_hub = static_cast<int>(t.integer("per_hub", some, x.per_hub));
  return x;
}

void read_infrastructure(RoomDraft& d) {
  for (const Table& t : d.doc.root().tables("infrastructure")) {
    Infrastructure i;
    i.name = t.text("name");
    i.kind = t.choice<std::string>("kind", kInfrastructure);
    i.load = t.amps("load_A", {0, 200}, Amps{});
    const std::string circuit = t.text("circuit", "");
    if (const auto at = d.circuit_named.find(circuit); at != d.circuit_named.end()) i.circuit = at->second;
    if (!circuit.empty() && !i.circuit) {
      t.complain("circuit", fmt::format("there is no circuit {}: {} hangs on a circuit, never on a switched outlet",
                                        quoted(circuit), quoted(i.name)));
    }
    d.room.infrastructure.push_back(std::move(i));
    d.infrastructure.push_back(t);
  }
}

void check_host(const RoomDraft& d, const Table& room) {
  const auto& all = d.room.infrastructure;
  const bool declared =
      std::any_of(all.begin(), all.end(), [](const Infrastructure& i) { return i.kind == "controller_host"; });
  const std::string host = room.text("controller_host", "");
  if (!declared) {
    return room.complain("controller_host",
                         "the controller host is not declared: add an [[infrastructure]] of kind \"controller_host\", so "
                         "that nothing switches it off");
  }
  const bool named = host.empty() || std::any_of(all.begin(), all.end(), [&](const Infrastructure& i) {
                       return i.name == host && i.kind == "controller_host";
                     });
  if (!named)
    room.complain("controller_host",
                  fmt::format("there is no [[infrastructure]] of kind \"controller_host\" with the name {}", quoted(host)));
}

}  // namespace

void read_rest(RoomDraft& d) {
  const Table root = d.doc.root();
  read_infrastructure(d);
  if (const auto timings = root.table("timings")) d.room.timings = read_timings(*timings);
  if (const auto usb = root.table("usb")) d.room.usb = read_usb(*usb);
  const std::optional<Table> room = root.table("room");
  if (!room) {
    d.doc.complain({1, 1}, "the file lacks the table [room] with the room's name");
    check_host(d, root);
    return;
  }
  d.room.name = room->text("name");
  for (const auto& text : room->texts("shifts")) {
    const std::vector<Shift> shifts = shifts_of(text.value);
    if (shifts.empty())
      d.doc.complain(text.place,
                     fmt::format("{} is no shift: it is written as \"Mon-Fri 08:00-17:00\"", quoted(text.value)));
    d.room.shifts.insert(d.room.shifts.end(), shifts.begin(), shifts.end());
  }
  check_host(d, *room);
}

}  // namespace greenroom::draft
