// One line in a struct of the folded state names every member it has, in the order of declaration. What is compared,
// written and read of it is then always the whole: a structured binding wants a name for each member, so a member that is
// added and not named in this line does not compile. Used by controller/journal/state_json.cpp.
#pragma once

#include <string_view>
#include <tuple>

#define GREENROOM_MEMBERS(NAME, ...)                             \
  bool operator==(const NAME&) const = default;                  \
  static constexpr std::string_view member_names = #__VA_ARGS__; \
  template <class Self>                                          \
  static auto members(Self& self) {                              \
    auto& [__VA_ARGS__] = self;                                  \
    return std::tie(__VA_ARGS__);                                \
  }
