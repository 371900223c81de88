// One end of a UNIX stream socket on the loop, as the simulated world and its clients use it: bytes in order, waits that
// end at a deadline of the Clock. Who calls: world_server on one end, the remote_* classes on the other.
// Errors: Errc::device_gone when the other end is closed or its process is dead; Errc::timeout; Errc::cancelled.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "hw/async/clock.hpp"

namespace greenroom::sim {

class LocalLink {
 public:
  // A UNIX connect ends at once. Errc::device_gone when nobody listens there, with the system's reason.
  static Result<std::shared_ptr<LocalLink>> connect(const asio::any_io_executor&, Clock&, const std::string& path);
  // Takes a connected descriptor.
  static std::shared_ptr<LocalLink> adopt(const asio::any_io_executor&, Clock&, int descriptor);

  LocalLink(const asio::any_io_executor&, Clock&);
  ~LocalLink();  // closes
  LocalLink(const LocalLink&) = delete;
  LocalLink& operator=(const LocalLink&) = delete;

  // One reader at a time. What arrived before the other end closed is still read.
  Task<std::string> read_some(TimePoint deadline);
  // One line without its end; a line longer than 4 MiB ends the link.
  Task<std::string> read_line(TimePoint deadline);
  void discard_input();
  // Queued, in order. A reader that leaves 64 MiB unread loses the link.
  Result<void> write(std::string bytes);
  void close();
  [[nodiscard]] bool open() const;
  [[nodiscard]] bool hung_up() const;       // the other end is gone, also where no read has seen it yet
  [[nodiscard]] std::int32_t peer() const;  // its process (SO_PEERCRED); 0 where unknown

  struct Socket;

 private:
  std::shared_ptr<Socket> socket_;
  std::string rest_;  // read, and not taken by read_line
};

}  // namespace greenroom::sim
