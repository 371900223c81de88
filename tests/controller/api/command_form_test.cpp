#include "controller/api/command_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace greenroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A command of each kind with every field that it takes.
json full(const CommandForm& form) {
  json c{{"type", to_string(form.kind)}, {"key", "k-1"}, {"by", "anna"}};
  for (const FieldForm& f : form.fields) {
    if (f.name == "number") c["number"] = 7;
    else if (f.name == "rows") c["rows"] = json::array({{{"serial", "C02AAAAAAAAA"}, {"model", "MacBook Pro"}}});
    else c[std::string(f.name)] = std::string(f.name) + " words";
  }
  return c;
}

std::string refused(const std::string& text) {
  const auto c = command_from_json(text);
  return c ? "accepted" : c.error().message;
}

TEST(CommandForm, EveryKindOfCommandHasOne) {
  for (int i = 0; i <= static_cast<int>(CommandKind::open_confirmed); ++i) {
    const auto kind = static_cast<CommandKind>(i);
    const CommandForm* form = command_form(to_string(kind));
    ASSERT_NE(form, nullptr) << to_string(kind);
    EXPECT_EQ(form->kind, kind);
  }
  EXPECT_EQ(command_forms().size(), static_cast<std::size_t>(CommandKind::open_confirmed) + 1);
}

TEST(CommandForm, EveryKindIsReadWithItsFields) {
  for (const CommandForm& form : command_forms()) {
    const json written = full(form);
    const auto c = command_from_json(written.dump());
    ASSERT_TRUE(c) << to_string(form.kind) << ": " << c.error().message;
    EXPECT_EQ(c->kind, form.kind);
    EXPECT_EQ(c->key, "k-1");
    EXPECT_EQ(c->by, "anna");
    EXPECT_EQ(c->label, written.value("label", ""));
    EXPECT_EQ(c->serial, written.value("serial", ""));
    EXPECT_EQ(c->text, written.value("text", ""));
    EXPECT_EQ(c->number, written.value("number", 0U));
    EXPECT_EQ(c->rows.size(), written.contains("rows") ? 1U : 0U);
  }
}

TEST(CommandForm, EveryKindSurvivesBeingWritten) {
  for (const CommandForm& form : command_forms()) {
    const auto c = command_from_json(full(form).dump());
    ASSERT_TRUE(c);
    const auto again = command_from_json(to_json(*c));
    ASSERT_TRUE(again) << to_string(form.kind) << ": " << again.error().message;
    EXPECT_EQ(to_json(*again), to_json(*c));
  }
}

TEST(CommandForm, AFieldThatIsNeededIsNamedWithItsMeaning) {
  for (const CommandForm& form : command_forms()) {
    for (const FieldForm& field : form.fields) {
      if (!field.required) continue;
      json c = full(form);
      c.erase(std::string(field.name));
      EXPECT_EQ(refused(c.dump()), std::string(to_string(form.kind)) + " needs \"" + std::string(field.name) +
                                       "\": " + std::string(field.means));
    }
  }
}

TEST(CommandForm, AFieldOfAnotherCommandIsRefused) {
  for (const CommandForm& form : command_forms()) {
    json c = full(form);
    c["colour"] = "green";
    EXPECT_THAT(refused(c.dump()),
                HasSubstr(std::string(to_string(form.kind)) + " takes no field \"colour\"; it takes type, key, by"));
  }
}

TEST(CommandForm, KeyAndPersonAreNeeded) {
  EXPECT_THAT(refused(R"({"type":"scan","by":"anna","label":"1-01"})"), HasSubstr("\"key\" is missing"));
  EXPECT_THAT(refused(R"({"type":"scan","key":"","by":"anna","label":"1-01"})"), HasSubstr("\"key\" is missing"));
  EXPECT_THAT(refused(R"({"type":"scan","key":"k","label":"1-01"})"), HasSubstr("\"by\" is missing"));
}

TEST(CommandForm, AMisspeltNameIsAnsweredWithTheNearest) {
  EXPECT_EQ(refused(R"({"type":"lockout","key":"k","by":"a"})"),
            "there is no command \"lockout\"; did you mean \"lock_out\"?");
  EXPECT_EQ(refused(R"({"type":"scan","key":"k","by":"a","label":"x","lable":"y"})"),
            "scan takes no field \"lable\"; did you mean \"label\"?");
  EXPECT_THAT(refused(R"({"type":"make_coffee","key":"k","by":"a"})"), HasSubstr("one of import_batch, scan, step_done"));
}

TEST(CommandForm, AValueOfTheWrongKindIsNamed) {
  EXPECT_EQ(refused(R"({"type":"scan","key":"k","by":"a","label":7})"), "\"label\" must be text, not number");
  for (const char* n : {"-1", "1.5", "\"7\"", "1e400", "9007199254740992", "null", "[1]"}) {
    EXPECT_THAT(refused(std::string(R"({"type":"step_done","key":"k","by":"a","number":)") + n + "}"),
                testing::AnyOf(HasSubstr("\"number\" must be a whole number from 0"), HasSubstr("not JSON")))
        << n;
  }
  EXPECT_EQ(refused(R"({"type":"import_batch","key":"k","by":"a","text":"b","rows":{}})"),
            "\"rows\" must be a list, not object");
  EXPECT_EQ(refused(R"({"type":"import_batch","key":"k","by":"a","text":"b","rows":[{"serial":"A"},{"serail":"B"}]})"),
            "rows[1] has no field \"serail\"; did you mean \"serial\"?");
}

TEST(CommandForm, TextThatIsNoNameIsRefused) {
  EXPECT_THAT(refused(R"({"type":"scan","key":"k","by":"a","label":"a\u001b[2Jb"})"), HasSubstr("control character"));
  EXPECT_THAT(refused(R"({"type":"scan","key":"k","by":"a\nb","label":"x"})"), HasSubstr("control character"));
  EXPECT_THAT(refused(R"({"type":"scan","key":"k","by":"a","label":")" + std::string(201, 'x') + "\"}"),
              HasSubstr("\"label\" is longer than 200 bytes"));
}

TEST(CommandForm, ACellOfAListMayHoldLines) {
  const auto c = command_from_json(
      R"({"type":"import_batch","key":"k","by":"a","text":"b","rows":[{"serial":"A","notes":"one\ntwo"}]})");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->rows[0].notes, "one\ntwo");
  EXPECT_EQ(c->rows[0].row, 1U);
}

TEST(CommandForm, WhatIsNoCommandIsRefusedWithWords) {
  for (const char* text :
       {"", "{", "null", "7", "[]", "\"scan\"", "{\"type\":\"scan\"", "\xff\xfe", "{\"type\":\"\xc3\"}"}) {
    EXPECT_THAT(refused(text), testing::AnyOf(HasSubstr("not JSON"), HasSubstr("is a JSON object"))) << text;
  }
  EXPECT_EQ(refused(std::string(100'000, '[')), "the command is nested too deeply");
}

TEST(CommandForm, NobodyMayCallHimselfGreenroom) {
  EXPECT_THAT(refused(R"({"type":"lock_out","key":"k","by":"greenroom","label":"left:7"})"),
              HasSubstr("is this one itself"));
}

TEST(CommandForm, BracketsInATextAreNoNesting) {
  EXPECT_EQ(refused(R"({"type":"lock_out","key":"[[[[[[[[\"[[[","by":"a","label":"left:7"})"), "accepted");
}

TEST(CommandForm, AStepThatFailedNamesAVisitOrAMac) {
  EXPECT_EQ(refused(R"({"type":"step_failed","key":"k","by":"a"})"),
            "step_failed needs \"number\", the visit; or \"serial\", a Mac that nobody can find");
  EXPECT_EQ(refused(R"({"type":"step_failed","key":"k","by":"a","serial":"C02AAAAAAAAA"})"), "accepted");
}

}  // namespace
}  // namespace greenroom
