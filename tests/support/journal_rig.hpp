// A directory that ends with its test, facts in a few letters, and a loop on which a journal's tasks are run to their end.
#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "controller/journal/sqlite_journal.hpp"

namespace greenroom::test {

class TempDir {
 public:
  TempDir() {
    const std::filesystem::path system = std::filesystem::temp_directory_path();
    for (const std::filesystem::path& folder :
         {std::filesystem::path("/dev/shm"), system}) {  // first in memory: no real sync
      std::string name = (folder / "greenroom-XXXXXX").string();
      if (::mkdtemp(name.data()) != nullptr) {
        path_ = name;
        return;
      }
    }
    throw std::runtime_error("no directory for tests");
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// One loop; a task is run until it has ended.
class Loop {
 public:
  asio::io_context io;

  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> out;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr broken, Result<T> result) {
      if (broken) std::rethrow_exception(broken);
      out = std::move(result);
    });
    io.restart();
    io.run();
    return std::move(*out);
  }
};

inline Fact fact(Seq seq, const std::string& why = "silent") {
  return Fact{seq, TimePoint{Duration{seq}}, WallTime{Duration{seq}}, "anna", 0, PduLost{"left", why}};
}

inline Facts facts(Seq first, Seq last, const std::string& why = "silent") {
  Facts all;
  for (Seq seq = first; seq <= last; ++seq) all.push_back(fact(seq, why));
  return all;
}

// What a person with the sqlite3 shell would do to the file.
inline void sql(const std::filesystem::path& db, const std::string& text) {
  sqlite3* handle = nullptr;
  char* trouble = nullptr;
  const bool good = sqlite3_open(db.c_str(), &handle) == SQLITE_OK &&
                    sqlite3_exec(handle, text.c_str(), nullptr, nullptr, &trouble) == SQLITE_OK;
  const std::string said = trouble != nullptr ? trouble : "no database";
  sqlite3_free(trouble);
  sqlite3_close(handle);
  if (!good) throw std::runtime_error(said);
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace greenroom::test
