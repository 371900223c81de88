// Property lists as JSON values, so that a stand-in reads and writes them by name: dictionary, array, text, whole number,
// boolean; data is a binary value. For .cpp files and tests.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

using Plist = nlohmann::json;

inline Plist plist_data(const Octets& bytes) { return Plist::binary(bytes); }
// Empty where there is none of that name, or it is no data.
Octets data_in(const Plist& dictionary, const std::string& key);
std::string text_in(const Plist& dictionary, const std::string& key);

std::optional<Plist> parse_plist(std::string_view);  // XML or binary
std::string print_plist(const Plist&);               // XML

}  // namespace greenroom::test
