// What a person scans and types on stdin, a line at a time, without holding up the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "hw/async/task.hpp"

namespace greenroom::cli {

class TypedLines {
 public:
  explicit TypedLines(asio::any_io_executor);
  ~TypedLines();
  TypedLines(const TypedLines&) = delete;
  TypedLines& operator=(const TypedLines&) = delete;

  // Errc::usage: stdin is neither a terminal nor a pipe.
  Result<void> open();
  // What stands there already is no answer to what is asked now.
  void forget();
  // The next line, without the blanks around it; empty at the end of stdin.
  Task<std::string> next();

 private:
  struct Input;
  std::unique_ptr<Input> input_;
};

}  // namespace greenroom::cli
