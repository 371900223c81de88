// docs/adding-a-pdu.md is what people write their files from: its example is a dialect, and no key is missing in it.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "hw/pdu/dialect.hpp"

namespace greenroom {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(std::string(GREENROOM_SOURCE_DIR) + "/" + path);
  std::stringstream all;
  all << in.rdbuf();
  EXPECT_FALSE(all.str().empty()) << path;
  return all.str();
}

TEST(AddingAPdu, TheExampleIsADialectWithoutAMistake) {
  const std::string doc = text_of("docs/adding-a-pdu.md");
  const std::string fence = "```toml\n";
  const auto begin = doc.find(fence);
  ASSERT_NE(begin, doc.npos);
  const auto end = doc.find("```\n", begin + fence.size());
  const auto example = parse_dialect(doc.substr(begin + fence.size(), end - begin - fence.size()), "adding-a-pdu.md");
  if (!example) FAIL() << to_string(example.error().front());
  EXPECT_EQ(facts(*example).id, "vpcd");
}

TEST(AddingAPdu, EveryKeyThatTheReadersKnowIsNamed) {
  const std::string doc = text_of("docs/adding-a-pdu.md");
  // t.text("key"...), t.choice<T>("key"...), number(t, "key"...), dialect_section(root, "key")
  const std::regex reads(
      R"re((?:(?:->|\.)(?:text|texts|flag|integer|integers|duration|amps|number|table|tables)\(|choice<[^;(]*>\(\s*|(?:number|dialect_section|outlet_number|shown|sent|messages|compile_end)\(\*?\w+, )"(\w+)")re");
  std::set<std::string> keys;
  for (const char* file : {"hw/pdu/dialect.cpp", "hw/pdu/cli_dialect.cpp", "hw/pdu/modbus_loader.cpp"}) {
    const std::string source = text_of(file);
    for (auto at = std::sregex_iterator(source.begin(), source.end(), reads); at != std::sregex_iterator(); ++at)
      keys.insert((*at)[1]);
  }
  EXPECT_GT(keys.size(), 60U);  // the pattern still finds them
  for (const std::string& key : keys) {
    const std::regex named("[`\\[.{ ]" + key + "[`\\],. }]");
    EXPECT_TRUE(std::regex_search(doc, named)) << key;
  }
}

}  // namespace
}  // namespace greenroom
