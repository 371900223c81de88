// Forty model Macs on a tree of hubs, through the real libusb: they arrive, change mode and leave in random order.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <future>

#include "firmware-bridge/apple_device.hpp"
#include "hw/base/random.hpp"
#include "tests/support/usb_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::milliseconds;
using namespace test;

constexpr int macs = 40, hubs = 6, per_hub = 7, steps = 400;

struct Mac {
  std::uint64_t ecid = 0;
  std::string serial, port;
  int mode = -1;  // index into modes; -1: unplugged
};
constexpr std::array modes{MacMode::dfu, MacMode::recovery, MacMode::booted, MacMode::kis, MacMode::port_dfu, MacMode::wtf};

UsbFace face_of(const Mac& mac, MacMode mode) {
  const std::string words = fmt::format("SDOM:01 CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26 ECID:{:016X} IBFL:3C", mac.ecid);
  switch (mode) {
    case MacMode::recovery: return recovery_face(words + " SRNM:[" + mac.serial + "]", "");
    case MacMode::booted: return booted_face(mac.serial, 0x1905, 0x1701);
    case MacMode::kis: return kis_face();
    case MacMode::port_dfu: return port_dfu_face(fmt::format("CPID:8132 BDID:2A813200 ECID:{:016X}", mac.ecid + 1));
    case MacMode::wtf: return wtf_face();
    default: return dfu_face(words + " SRTG:[iBoot-7429.61.2]");
  }
}

// One sighting that is due: of the Mac that was just plugged in there.
struct Due {
  Due(std::string p, int d, UsbFace f, UsbRig::Steady::duration r)
      : port(std::move(p)), devnum(d), face(std::move(f)), reading(r) {}
  std::string port;
  int devnum;
  UsbFace face;
  UsbRig::Steady::duration reading;  // what the device's own reads take: none where the kernel keeps the string
  UsbRig::Steady::time_point plugged;
};

struct ManyMacsTest : UsbRig {
  void build() {
    for (int h = 1; h <= hubs; ++h) {
      const std::string hub = h <= 3 ? fmt::format("1-{}", h) : fmt::format("1-{}.7", h - 3);  // three of them two deep
      bed.plug(hub, hub_face());
      for (int p = 1; p <= per_hub && static_cast<int>(all.size()) < macs; ++p) {
        if (h <= 3 && p == 7) continue;
        Mac mac;
        mac.ecid = 0x000C60A800000000U + random.below(1U << 30);
        mac.serial = fmt::format("C02GR{:05}", all.size());
        mac.port = fmt::format("{}.{}", hub, p);
        all.push_back(mac);
      }
    }
    for (int h = 1; static_cast<int>(all.size()) < macs; ++h) {
      Mac mac;
      mac.ecid = 0x000C60A800000000U + random.below(1U << 30);
      mac.serial = fmt::format("C02GR{:05}", all.size());
      mac.port = fmt::format("1-{}", 3 + h);
      all.push_back(mac);
    }
  }
  void plug(Mac& mac, int mode) {
    mac.mode = mode;
    UsbFace face = face_of(mac, modes[static_cast<std::size_t>(mode)]);
    face.kept = face.serial_index == 0 || random.below(2) == 0;
    const auto delay = milliseconds{2 + static_cast<int>(random.below(19))};
    const auto reading = face.kept ? milliseconds{0} : delay;
    int devnum = 0;
    by_hand([&] { devnum = bed.plug(mac.port, face, delay); });
    due.emplace_back(mac.port, devnum, face, reading);
    due.back().plugged = bed.plugged(mac.port);
  }
  void unplug(Mac& mac) {
    by_hand([&] { bed.unplug(mac.port); });
    mac.mode = -1;
  }
  // What hands do takes the testbed milliseconds, which are not the loop's.
  template <class F>
  void by_hand(F work) {
    auto done = std::async(std::launch::async, [this, &work] {
      work();
      asio::post(io, [] {});
    });
    run_until([&done] { return done.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  }
  [[nodiscard]] const Told* first(const Due& d, bool named) const {
    for (const Told& t : told) {
      const auto* came = std::get_if<UsbArrived>(&t.event);
      if (came == nullptr || t.at < d.plugged || came->device.address != d.devnum) continue;
      if (came->device.path == path(d.port) && (!named || came->device.serial_from != SerialFrom::pending)) return &t;
    }
    return nullptr;
  }
  // A room full of Macs, one thing after another: each is seen before the next happens to that port.
  void live() {
    for (int step = 0; step < steps; ++step) {
      Mac& mac = all[random.below(macs)];
      const std::size_t before = due.size();
      if (mac.mode < 0) {
        plug(mac, static_cast<int>(random.below(modes.size())));
      } else if (random.below(3) == 0) {
        unplug(mac);
      } else {
        const int other = (mac.mode + 1 + static_cast<int>(random.below(modes.size() - 1))) % static_cast<int>(modes.size());
        unplug(mac);
        plug(mac, other);
      }
      if (due.size() > before) run_until([this] { return first(due.back(), false) != nullptr; });
    }
    for (Mac& mac : all) {
      if (mac.mode < 0) plug(mac, 0);
    }
    run_until_over();
  }
  void run_until_over() {
    for (; settled < due.size(); ++settled) run_until([this] { return over(due[settled]); });
  }
  // Named, or unplugged before its string was read.
  [[nodiscard]] bool over(const Due& d) const { return first(d, true) != nullptr || replaced(d); }
  [[nodiscard]] bool replaced(const Due& d) const {
    return std::any_of(told.begin(), told.end(), [&d](const Told& t) {
      const auto* left = std::get_if<UsbLeft>(&t.event);
      return left != nullptr && left->path == path(d.port) && left->address == d.devnum && t.at >= d.plugged;
    });
  }
  static double percentile_ms(std::vector<double> v, double p) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[std::min(v.size() - 1, static_cast<std::size_t>(p * static_cast<double>(v.size())))];
  }
  static int open_files() {
    return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
  }

  Random random{6};
  std::vector<Mac> all;
  std::vector<Due> due;
  std::size_t settled = 0;
};

TEST_F(ManyMacsTest, LandInTheRightSlotsSoonWhateverTheOrder) {
  build();
  start();
  live();
  std::vector<double> seen_ms, named_ms;
  for (const Due& d : due) {
    const Told* came = first(d, false);
    ASSERT_NE(came, nullptr) << d.port;
    const UsbSighting& device = std::get<UsbArrived>(came->event).device;
    EXPECT_EQ(device.product, d.face.product) << d.port;
    seen_ms.push_back(std::chrono::duration<double, std::milli>(came->at - d.plugged).count());
    const Told* named = first(d, true);
    if (named == nullptr) continue;
    EXPECT_EQ(std::get<UsbArrived>(named->event).device.serial, d.face.serial()) << d.port;
    named_ms.push_back(std::chrono::duration<double, std::milli>(named->at - d.plugged - d.reading).count());
  }
  const double seen = percentile_ms(seen_ms, 0.99), named = percentile_ms(named_ms, 0.99);
  fmt::print(
      "{} arrivals: seen in {:.1f} ms p50, {:.1f} p99; {} named in {:.1f} p50, {:.1f} p99 above the devices' own reads\n",
      seen_ms.size(), percentile_ms(seen_ms, 0.5), seen, named_ms.size(), percentile_ms(named_ms, 0.5), named);
  EXPECT_LT(seen, 50);
  EXPECT_LT(named, 50);
  for (const Mac& mac : all) {  // and at the end each stands where it was plugged in, as who it is
    const auto device = this->seen(mac.port);
    ASSERT_TRUE(device) << mac.port;
    EXPECT_EQ(device->serial, face_of(mac, modes[static_cast<std::size_t>(mac.mode)]).serial()) << mac.port;
    const auto who = classify(*device);
    ASSERT_TRUE(who) << who.error().message;
    EXPECT_EQ(who->mode, modes[static_cast<std::size_t>(mac.mode)]);
    if (who->mode != MacMode::dfu && who->mode != MacMode::recovery) continue;
    EXPECT_EQ(who->ecid, Ecid{mac.ecid});
  }
}

TEST_F(ManyMacsTest, AreNotTouchedToBeSeen) {
  build();
  start();
  for (Mac& mac : all) {
    mac.mode = 0;
    bed.plug(mac.port, face_of(mac, MacMode::dfu));
  }
  run_until(
      [this] { return std::all_of(all.begin(), all.end(), [this](const Mac& m) { return seen(m.port).has_value(); }); });
  for (const Mac& mac : all) {
    EXPECT_EQ(seen(mac.port)->serial, face_of(mac, MacMode::dfu).serial());
    EXPECT_EQ(bed.opens(mac.port), 0) << mac.port;
  }
}

TEST_F(ManyMacsTest, LeaveNoFileOpen) {
  build();
  start();
  run_until([this] { return seen("1-3.7").has_value(); });
  const int before = open_files();
  for (int round = 0; round < 3; ++round) {
    for (Mac& mac : all) plug(mac, 0);
    run_until_over();
    for (Mac& mac : all) unplug(mac);
    run_until([this] { return std::all_of(all.begin(), all.end(), [this](const Mac& m) { return !seen(m.port); }); });
  }
  // The testbed closes its ends of the nodes on a thread of its own.
  run_until([this, before] { return bed.sweep() == 0 && open_files() <= before; });
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace greenroom
