// What umockdev's sender of hot-plug messages calls. A program that ends closes its monitor when it likes, also between the
// sender's connect() and its sendmsg(): umockdev 0.17 aborts then, where the kernel's multicast reaches one listener less.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const ssize_t sent = syscall(SYS_sendmsg, fd, message, flags);
  if (sent >= 0 || errno != ECONNREFUSED) return sent;
  ssize_t all = 0;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i) all += static_cast<ssize_t>(message->msg_iov[i].iov_len);
  return all;
}
