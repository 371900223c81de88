#include "tests/support/plist_json.hpp"

#include <plist/plist.h>

#include <cstdlib>

namespace greenroom::test {
namespace {

Plist to_json(plist_t node) {
  std::uint64_t size = 0;
  switch (plist_get_node_type(node)) {
    case PLIST_BOOLEAN: {
      std::uint8_t yes = 0;
      plist_get_bool_val(node, &yes);
      return yes != 0;
    }
    case PLIST_UINT: {
      std::uint64_t number = 0;
      plist_get_uint_val(node, &number);
      return number;
    }
    case PLIST_STRING: return plist_get_string_ptr(node, nullptr);
    case PLIST_DATA: {
      const char* bytes = plist_get_data_ptr(node, &size);
      return plist_data(Octets(bytes, bytes + size));
    }
    case PLIST_ARRAY: {
      Plist all = Plist::array();
      for (std::uint32_t i = 0; i < plist_array_get_size(node); ++i) all.push_back(to_json(plist_array_get_item(node, i)));
      return all;
    }
    case PLIST_DICT: {
      Plist all = Plist::object();
      plist_dict_iter at = nullptr;
      plist_dict_new_iter(node, &at);
      char* key = nullptr;
      plist_t item = nullptr;
      for (plist_dict_next_item(node, at, &key, &item); key != nullptr; plist_dict_next_item(node, at, &key, &item)) {
        all[key] = to_json(item);
        std::free(key);
        key = nullptr;
      }
      std::free(at);
      return all;
    }
    default: return nullptr;
  }
}

plist_t to_plist(const Plist& value) {
  if (value.is_boolean()) return plist_new_bool(value.get<bool>() ? 1 : 0);
  if (value.is_number()) return plist_new_uint(value.get<std::uint64_t>());
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    return plist_new_data(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  if (value.is_array()) {
    plist_t all = plist_new_array();
    for (const Plist& item : value) plist_array_append_item(all, to_plist(item));
    return all;
  }
  if (value.is_object()) {
    plist_t all = plist_new_dict();
    for (const auto& [key, item] : value.items()) plist_dict_set_item(all, key.c_str(), to_plist(item));
    return all;
  }
  return plist_new_string(value.get<std::string>().c_str());
}

}  // namespace

Octets data_in(const Plist& dictionary, const std::string& key) {
  const auto found = dictionary.find(key);
  return found != dictionary.end() && found->is_binary() ? Octets(found->get_binary()) : Octets{};
}

std::string text_in(const Plist& dictionary, const std::string& key) {
  const auto found = dictionary.find(key);
  return found != dictionary.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<Plist> parse_plist(std::string_view bytes) {
  plist_t node = nullptr;
  plist_from_memory(bytes.data(), static_cast<std::uint32_t>(bytes.size()), &node);
  if (node == nullptr) return std::nullopt;
  Plist value = to_json(node);
  plist_free(node);
  return value;
}

std::string print_plist(const Plist& value) {
  plist_t node = to_plist(value);
  char* xml = nullptr;
  std::uint32_t size = 0;
  plist_to_xml(node, &xml, &size);
  std::string text(xml, size);
  plist_to_xml_free(xml);
  plist_free(node);
  return text;
}

}  // namespace greenroom::test
