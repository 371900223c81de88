// The shape of everything that takes time. A Task ends with a Result; cancellation arrives as Errc::cancelled.
//
// Written rule (g++ 12.2, reproduced under ASan): an argument of a co_await expression that owns memory is a named
// variable of a type with a constructor; no capturing lambda stands inside a co_await expression. Coroutines take
// their parameters by value, or by reference to something that outlives the TaskGroup they run in.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "hw/base/result.hpp"

namespace greenroom {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<Result<T>>;

}  // namespace greenroom
