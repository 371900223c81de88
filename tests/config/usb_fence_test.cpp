#include "config/usb_fence.hpp"

#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <sstream>

namespace greenroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

Room room_of(std::initializer_list<std::pair<const char*, const char*>> slots) {
  Room room;
  for (const auto& [name, port] : slots) {
    Slot slot;
    slot.name = name;
    slot.data_port = port;
    room.slots.push_back(slot);
  }
  return room;
}

std::vector<std::string> users_of(const Room& room) {
  std::vector<std::string> names;
  const auto users = slot_users(room, "host");
  for (const SlotUser& one : users.value()) names.push_back(one.user);
  return names;
}
std::string error_of(const Room& room) {
  const auto users = slot_users(room, "host");
  return users ? "none" : users.error().message;
}

// ---- users ------------------------------------------------------------------------------------------------------------

TEST(SlotUsers, EachSlotWithADataPortHasItsOwn) {
  EXPECT_THAT(users_of(room_of({{"3-07", "host/1-4.2"}, {"shelf", ""}, {"3-08", "host/1-4.3"}})),
              ElementsAre("greenroom-3-07", "greenroom-3-08"));
}
TEST(SlotUsers, AreOfLettersDigitsAndDashesWhateverASlotIsCalled) {
  EXPECT_THAT(users_of(room_of({{"Bench A\n7\"", "host/1-4.2"}})), ElementsAre("greenroom-bench-a-7-"));
}
TEST(SlotUsers, TwoSlotsThatWouldShareOneAreRefusedByName) {
  EXPECT_THAT(error_of(room_of({{"A 1", "host/1-1"}, {"a-1", "host/1-2"}})),
              HasSubstr("slots \"A 1\" and \"a-1\" would share the user \"greenroom-a-1\""));
}
TEST(SlotUsers, ANameTooLongForTheSystemIsRefused) {
  EXPECT_THAT(users_of(room_of({{"a23456789b23456789c12", "host/1-1"}})), testing::SizeIs(1));  // 31 letters
  EXPECT_THAT(error_of(room_of({{"a23456789b23456789c123", "host/1-1"}})), HasSubstr("31 letters are the most"));
}
TEST(SlotUsers, PortsAreNamedAsTheKernelNamesThem) {
  EXPECT_EQ(slot_users(room_of({{"1", "host/01-04.10"}}), "host")->front().port, "1-4.10");
}
TEST(SlotUsers, SlotsOfAnotherMachineAreItsOwnConcern) {
  const Room room = room_of({{"1", "left/1-1"}, {"2", "right/1-1"}});
  const auto users = slot_users(room, "Right");
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 1U);
  EXPECT_EQ(users->front().slot, "2");
}
TEST(SlotUsers, AMachineWithoutSlotsIsToldWhichHasThem) {
  EXPECT_THAT(error_of(room_of({{"1", "bench1/1-1"}})),
              HasSubstr("no slot has its data port on \"host\", but on bench1: name that machine with --host"));
  EXPECT_THAT(error_of(room_of({{"1", ""}})), HasSubstr("no slot has a data port"));
}

// ---- rules: read by a small reading of udev(7), as far as these rules go: matches, GOTO, final assignments --------------

struct Node {
  std::string kernel, vendor, product;
  std::string action = "add";
};
struct Given {
  std::string owner = "root", mode = "0664", tag = "uaccess";
};

// As shell globs: `|` parts, `?`, `[..]`.
bool matches(const std::string& value, const std::string& pattern) {
  std::string expression;
  for (const char c : pattern) expression += c == '?' ? std::string(".") : c == '.' ? std::string("\\.") : std::string(1, c);
  return std::regex_match(value, std::regex(expression));
}

// One rule: whether all its matches hold; its assignments, in order.
bool holds(const std::string& rule, std::map<std::string, std::string> known, std::map<std::string, std::string>& assigned) {
  static const std::regex term("([A-Z]+(?:\\{[A-Za-z_]+\\})?)(==|!=|:=|-=|=)\"([^\"]*)\"");
  for (std::sregex_iterator it(rule.begin(), rule.end(), term), end; it != end; ++it) {
    const std::string key = (*it)[1], how = (*it)[2], value = (*it)[3];
    if (how == "==" && !matches(known[key], value)) return false;
    if (how == "!=" && matches(known[key], value)) return false;
    if (how == ":=" || how == "=" || how == "-=") assigned[key] = value;
  }
  return true;
}

Given given(const std::string& rules, const Node& node) {
  std::map<std::string, std::string> known{
      {"SUBSYSTEM", "usb"},    {"ENV{DEVTYPE}", "usb_device"},  {"ACTION", node.action},
      {"KERNEL", node.kernel}, {"ATTR{idVendor}", node.vendor}, {"ATTR{idProduct}", node.product}};
  Given result;
  std::string target;
  std::istringstream lines(rules);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    if (!target.empty() && line != "LABEL=\"" + target + "\"") continue;
    target.clear();
    std::map<std::string, std::string> assigned;
    if (!holds(line, known, assigned)) continue;
    for (const auto& [key, value] : assigned) {
      if (key == "GOTO") target = value;
      else if (key == "OWNER") result.owner = value;
      else if (key == "MODE") result.mode = value;
      else if (key == "TAG" && value == result.tag) result.tag = "";
      else known[key] = value;
    }
  }
  return result;
}

const std::string rules = udev_rules(std::vector<SlotUser>{{"1", "1-4.2", "greenroom-1"}, {"2", "1-4.3", "greenroom-2"}});

class AppleAtASlot : public testing::TestWithParam<const char*> {};
TEST_P(AppleAtASlot, BelongsToTheUserOfThatSlotAlone) {
  const Given got = given(rules, {"1-4.3", "05ac", GetParam()});
  EXPECT_EQ(got.owner, "greenroom-2");
  EXPECT_EQ(got.mode, "0600");
  EXPECT_EQ(got.tag, "") << "who sits at the screen would be let in";
}
// WTF, DFU, recovery 1 to 4, Port DFU, KIS, restore (T2 and others), booted or restore, booted T2.
INSTANTIATE_TEST_SUITE_P(Modes, AppleAtASlot,
                         testing::Values("1222", "1227", "1280", "1281", "1282", "1283", "f014", "1881", "1290", "12a8",
                                         "12af", "1901", "1902", "1905", "8600"));

class NotFenced : public testing::TestWithParam<Node> {};
TEST_P(NotFenced, IsLeftAsTheSystemHasIt) {
  const Given got = given(rules, GetParam());
  EXPECT_EQ(got.owner, "root");
  EXPECT_EQ(got.mode, "0664");
  EXPECT_EQ(got.tag, "uaccess");
}
INSTANTIATE_TEST_SUITE_P(Nodes, NotFenced,
                         testing::Values(Node{"1-4.3", "05ac", "024f"},   // an Apple keyboard
                                         Node{"1-4.3", "05ac", "1284"},   // one beyond recovery 4
                                         Node{"1-4.3", "05ac", "1906"},   //
                                         Node{"1-4.3", "1d6b", "1227"},   // another maker's
                                         Node{"1-4.4", "05ac", "1227"},   // no slot's port
                                         Node{"1-4", "05ac", "1227"},     // the hub above
                                         Node{"1-4.31", "05ac", "1227"},  // a port that begins alike
                                         Node{"11-4.3", "05ac", "1227"},  //
                                         Node{"1-4.3", "05ac", "1227", "remove"}));

TEST(UdevRules, AreFinalForLaterFiles) {
  EXPECT_THAT(rules, HasSubstr("OWNER:=\"greenroom-1\""));
  EXPECT_THAT(rules, HasSubstr("MODE:=\"0600\""));
}
TEST(UdevRules, DoNotStartTheSystemsOwnUsbmuxdForAMacAtASlot) { EXPECT_THAT(rules, HasSubstr("ENV{SYSTEMD_WANTS}=\"\"")); }

// ---- is it set up? ------------------------------------------------------------------------------------------------------

const std::vector<SlotUser> two{{"1", "1-4.2", "greenroom-1"}, {"2", "1-4.3", "greenroom-2"}};

TEST(Fence, StandsWithItsUsersItsRulesAndTheRightToBecomeThem) {
  EXPECT_EQ(fence_missing(two, {{}, udev_rules(two), ""}), "");
}
TEST(Fence, WithoutAUserSaysWhichAndWhatToDo) {
  EXPECT_THAT(fence_missing(two, {{"greenroom-2"}, udev_rules(two), ""}),
              HasSubstr("1 of 2 users of slots are not there, greenroom-2 first: make them as `greenroom room udev"));
}
TEST(Fence, WithoutRulesOrWithThoseOfAnotherRoomDoesNotStand) {
  EXPECT_THAT(fence_missing(two, {{}, std::nullopt, ""}), HasSubstr("72-greenroom.rules is not there"));
  EXPECT_THAT(fence_missing(two, {{}, udev_rules(std::vector<SlotUser>{two[0]}), ""}), HasSubstr("make it anew"));
}
TEST(Fence, WithoutTheRightToBecomeItsUsersDoesNotStand) {
  EXPECT_EQ(fence_missing(two, {{}, udev_rules(two), "no CAP_SETUID"}), "no CAP_SETUID");
}

TEST(Sysusers, HasALineForEachUserAndTheServices) {
  const std::string text = sysusers(std::vector<SlotUser>{{"1", "1-4.2", "greenroom-1"}, {"2", "1-4.3", "greenroom-2"}});
  std::vector<std::string> users;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("u ", 0) == 0) users.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  EXPECT_THAT(users, UnorderedElementsAre("greenroom", "greenroom-1", "greenroom-2"));
}

}  // namespace
}  // namespace greenroom
