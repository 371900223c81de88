// Each kind of mistake in a Modbus dialect file, with the message and place that its author sees.
#include "hw/pdu/modbus_dialect.hpp"

#include "tests/support/planted_mistake.hpp"

namespace greenroom {
namespace {

using namespace test;

// A whole dialect; mistakes are planted into it. The number of a line is counted by hand from [dialect] = 1.
const std::string kGood = R"([dialect]
id = "bus"
name = "Bus 4"
kind = "modbus-rtu"
[outlets]
first = 1
last = 4
[[bank]]
id = "A"
first = 1
last = 4
[line]
baud = 9600
[[unit]]
id = "relay"
address = 1
mark = { fc = 3, start = 0x8000, count = 1 }
[[unit]]
id = "meter"
address = 2
gap_ms = 100
mark = { fc = 4, start = 70, count = 2 }
[pacing]
deadline_ms = 300
drain_after_timeout_ms = 500
[[identify]]
unit = "relay"
fc = 1
start = 0
count = 4
[[read]]
id = "states"
when = "supervise"
unit = "relay"
fc = 1
start = 0
count = 4
[[read.item]]
quantity = "state"
at = 0
outlet = 1
repeat = 4
[[read]]
id = "load"
when = "full"
unit = "meter"
fc = 4
start = 0
count = 8
[[read.item]]
quantity = "current_A"
type = "f32"
words = "hi-lo"
at = 6
bank = "A"
low = 0
high = 100
[meter]
lag_ms = 1000
floor_A = 0.1
error_per_mille = 10
[switching]
on = 0xFF00
off = 0x0000
bulk_off = true
relay_ms = 50
longest_queue_ms = 200
[[relays]]
unit = "relay"
first = 1
last = 4
coil = 0
[[forbid]]
unit = "relay"
fc = 5
first = 255
why = "it moves every relay"
[boot]
policy = "unknown"
[[evidence]]
facts = ["line", "pacing", "identify", "gap.meter", "mark.relay", "mark.meter", "read.states", "read.load", "switching", "boot", "bulk_off", "forbid", "meter"]
trust = "unverified"
source = "made up"
)";

TEST(ModbusDialect, AWholeFileLoads) {
  const auto d = parse_dialect(kGood, "bus.toml");
  ASSERT_TRUE(d) << to_string(d.error().front());
  const auto& bus = std::get<ModbusDialect>(*d);
  EXPECT_EQ(bus.count, 4);
  EXPECT_EQ(bus.units.size(), 2U);
  EXPECT_EQ(bus.reads.front().id, "states");
  EXPECT_TRUE(bus.meters_banks);
  EXPECT_FALSE(bus.meters_outlets);
  EXPECT_EQ(bus.on_value, 0xFF00);
  EXPECT_EQ(bus.relay_of(4)->coil, 0);
}

TEST(ModbusDialect, AMeterAloneHasNoOutlets) {
  const auto d = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/eastron-sdm630.toml");
  ASSERT_TRUE(d) << to_string(d.error().front());
  EXPECT_EQ(facts(*d).count, 0);
  EXPECT_EQ(facts(*d).banks.size(), 3U);
}

class ModbusMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(ModbusMistake, IsReportedWithItsPlace) {
  const auto told = complaints(kGood, "bus.toml", GetParam());
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), GetParam().complaint);
}

INSTANTIATE_TEST_SUITE_P(
    Of, ModbusMistake,
    ::testing::Values(
        Mistake{"UnknownKey", "gap_ms = 100", "gap_ms = 100\ngpa_ms = 1",
                "bus.toml:22:1: unknown key \"gpa_ms\" in [[unit]]; did you mean \"gap_ms\"?"},
        Mistake{"Broadcast", "address = 2", "address = 0",
                "bus.toml:20:11: \"address\" in [[unit]] must be from 1 to 255, not 0"},
        Mistake{"AddressTwice", "address = 2", "address = 1",
                "bus.toml:20:11: address 1 is unit relay's: both would answer at once"},
        Mistake{"NoMark", "mark = { fc = 4, start = 70, count = 2 }\n", "",
                "bus.toml:18:1: mark is missing: { fc, start, count } of a harmless read whose reply differs in length from "
                "every other"},
        Mistake{"MarkLikeARead", "{ fc = 4, start = 70, count = 2 }", "{ fc = 4, start = 70, count = 8 }",
                "bus.toml:22:8: a reply to the mark could be taken for one to read load: ask for another count"},
        Mistake{"DrainTooShort", "drain_after_timeout_ms = 500", "drain_after_timeout_ms = 200",
                "bus.toml:25:26: a reply that missed its deadline can be as late again: not below deadline_ms"},
        Mistake{"UnitUndeclared", "unit = \"relay\"\nfc = 1\nstart = 0\ncount = 4\n[[read]]",
                "unit = \"rely\"\nfc = 1\nstart = 0\ncount = 4\n[[read]]",
                "bus.toml:27:8: \"rely\" is no [[unit]]; declared: relay, meter"},
        Mistake{"WritesToRead", "fc = 4\nstart = 0", "fc = 6\nstart = 0",
                "bus.toml:47:6: \"fc\" in [[read]] must be from 1 to 4, not 6"},
        Mistake{"MoreThanAFrame", "count = 8", "count = 200", "bus.toml:49:9: function 4 carries 1 to 125 values, not 200"},
        Mistake{"ItemBeyondTheRead", "at = 6", "at = 7",
                "bus.toml:50:1: it ends at 9 of a read of 8: raise count, or read less"},
        Mistake{"NoWordOrder", "words = \"hi-lo\"\n", "", "bus.toml:50:1: [[read.item]] lacks the key \"words\""},
        Mistake{"BitsFromRegisters", "type = \"f32\"", "type = \"bit\"",
                "bus.toml:52:8: functions 3 and 4 read registers, not bits"},
        Mistake{"NoRange", "low = 0\nhigh = 100", "low = 100\nhigh = 100",
                "bus.toml:57:8: high is not above low: which values can this device show?"},
        Mistake{"BankUndeclared", "bank = \"A\"", "bank = \"B\"", "bus.toml:55:8: \"B\" is no [[bank]]"},
        Mistake{"OutletUnread", "repeat = 4", "repeat = 3",
                "bus.toml:1:1: the state of outlet 4 is read 0 times by supervise, not once"},
        Mistake{"OutletUnswitched", "last = 4\ncoil = 0", "last = 3\ncoil = 0",
                "bus.toml:1:1: no [[relays]] switches outlet 4"},
        Mistake{"RelayForbidden", "coil = 0", "coil = 253",
                "bus.toml:68:1: outlet 3: unit relay (address 1): function 5 at 0x00FF is never sent: it moves every relay"},
        Mistake{"RelaysBeyondTheLastCoil", "coil = 0", "coil = 65535",
                "bus.toml:72:8: outlets 1 to 4 on coils from 65535 end beyond coil 65535, the last there is"},
        Mistake{"ReadBeyondTheLastRegister", "start = 0\ncount = 8", "start = 65530\ncount = 8",
                "bus.toml:49:9: the range ends beyond address 0xFFFF"},
        Mistake{"IdentityOfNoValue", "fc = 1\nstart = 0\ncount = 4\n[[read]]",
                "fc = 3\nstart = 0\ncount = 3\nlabel = \"firmware {}\"\nlow = 9\nhigh = 1\n[[read]]",
                "bus.toml:33:8: high is below low: which values can this device show?"},
        Mistake{"WhyForATerminal", "every relay", "every\\u001b relay",
                "bus.toml:77:7: \"it moves every\\x1b relay\" holds a control character"},
        Mistake{"OnIsOff", "off = 0x0000", "off = 0xFF00", "bus.toml:64:7: on and off are the same value"},
        Mistake{"NoEvidence", "\"gap.meter\", ", "",
                "bus.toml:1:1: no [[evidence]] for gap.meter; who says so? \"unverified\" is an answer"}),
    [](const auto& i) { return i.param.name; });

// One slip is told once, without what follows from it.
class ModbusSlip : public ::testing::TestWithParam<Mistake> {};

TEST_P(ModbusSlip, IsAllThatIsTold) {
  EXPECT_EQ(complaints(kGood, "bus.toml", GetParam()), std::vector<std::string>{GetParam().complaint});
}

INSTANTIATE_TEST_SUITE_P(Of, ModbusSlip,
                         ::testing::Values(Mistake{"LastBeforeFirst", "last = 4\n[[bank]]", "last = 0\n[[bank]]",
                                                   "bus.toml:7:8: last (0) is before first (1)"},
                                           Mistake{"LastTooHigh", "last = 4\n[[bank]]", "last = 70000\n[[bank]]",
                                                   "bus.toml:7:8: \"last\" in [outlets] must be from 0 to 999, not 70000"},
                                           Mistake{"LastBeforeAFirstOfZero", "first = 1\nlast = 4\n[[bank]]",
                                                   "first = 0\nlast = -1\n[[bank]]",
                                                   "bus.toml:7:8: \"last\" in [outlets] must be from 0 to 999, not -1"}),
                         [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace greenroom
