// Errors are values: a code for decisions, and a sentence for people that grows outward by one fact a layer, as in
// "slot 3-07: pdu left: outlet 7: no reply within 2 s".
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace greenroom {

enum class Errc { timeout, device_gone, busy, protocol, refused, cancelled, expired, bad_config, storage, usage };

std::string_view to_string(Errc);

struct Error {
  Errc code;
  std::string message;

  // A constructor keeps Error from being an aggregate: g++ 12.2 double-frees aggregates in co_await arguments.
  Error(Errc c, std::string m) : code(c), message(std::move(m)) {}
  // The same error, seen one layer further out: "where: message".
  [[nodiscard]] Error within(std::string_view where) const { return {code, std::string(where) + ": " + message}; }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string message) { return tl::unexpected(Error(code, std::move(message))); }
inline tl::unexpected<Error> fail(Error e) { return tl::unexpected(std::move(e)); }

}  // namespace greenroom
