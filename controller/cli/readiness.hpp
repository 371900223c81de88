// Whether this machine could carry out a restore now, for the room that waits for it (domain/visits/readiness.hpp). Asked of
// `greenroom doctor --needs`, in a process of its own: a name server that says nothing holds up nobody.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "controller/domain/visits/readiness.hpp"
#include "hw/async/clock.hpp"

namespace greenroom::cli {

// Tells at once that nothing is known, then what it found, every five minutes, until it is cancelled.
boost::asio::awaitable<void> ask_readiness(boost::asio::any_io_executor, Clock&, std::vector<std::string> doctor,
                                           std::function<void(const Readiness&)> tell);

// What that answer, of now, makes of what was known before.
Readiness readiness_after(Readiness before, const Result<std::string>& answer, TimePoint now);

}  // namespace greenroom::cli
