// sysfs as a folder of files.
#include "hw/usb/usb_sysfs.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace greenroom {
namespace {

namespace fs = std::filesystem;

struct UsbSysfsTest : testing::Test {
  UsbSysfsTest() {
    std::string name = (fs::temp_directory_path() / "usb-sysfs-XXXXXX").string();
    folder = mkdtemp(name.data());
    fs::create_directories(folder / "1-4.2");
  }
  ~UsbSysfsTest() override { fs::remove_all(folder); }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder / "1-4.2" / name) << text << '\n';
  }
  void driver(const std::string& interface, const std::string& name) const {
    fs::create_directories(folder / "1-4.2" / interface);
    fs::create_symlink("../../../bus/usb/drivers/" + name, folder / "1-4.2" / interface / "driver");
  }

  fs::path folder;
  PortPath path = *PortPath::parse("host/1-4.2");
};

TEST_F(UsbSysfsTest, HasTheSerialOfTheDeviceThatStandsThere) {
  put("devnum", "5");
  put("serial", "CPID:8103 ECID:000C60A812345678");
  EXPECT_EQ(kept_serial(folder, path, 5), "CPID:8103 ECID:000C60A812345678");
}

TEST_F(UsbSysfsTest, GivesNobodyTheSerialOfHisSuccessor) {
  put("devnum", "6");
  put("serial", "CPID:8103 ECID:000C60A812345678");
  EXPECT_FALSE(kept_serial(folder, path, 5));
  EXPECT_TRUE(replaced(folder, path, 5));
  EXPECT_FALSE(replaced(folder, path, 6));
}

TEST_F(UsbSysfsTest, TakesADeviceForThereWhereNothingIsTold) { EXPECT_FALSE(replaced(folder, path, 5)); }

TEST_F(UsbSysfsTest, HasNoSerialWhereTheKernelReadNone) {
  put("devnum", "5");
  EXPECT_FALSE(kept_serial(folder, path, 5));
}

TEST_F(UsbSysfsTest, SeesAProgramThatClaimedAnInterface) {
  driver("1-4.2:1.0", "usbfs");
  EXPECT_TRUE(claimed(folder, path));
}

TEST_F(UsbSysfsTest, TakesNoKernelDriverAndNoNeighbourForAProgram) {
  driver("1-4.2:1.0", "usbhid");
  driver("1-4.2.1", "usbfs");  // of a device behind it
  EXPECT_FALSE(claimed(folder, path));
}

}  // namespace
}  // namespace greenroom
