// What most text devices share: a line is typed and echoed, Enter ends it (CR, LF or CR LF), a login stands before all else
// and comes back after too long a silence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/model/device_face.hpp"

namespace greenroom::model {

class ShellFace : public TextFace {
 public:
  struct Login {
    std::string_view user_prompt;  // empty: no name is asked for
    std::string_view user;
    std::string_view password_prompt;  // empty: nothing is asked for at all
    std::string password;
    std::string_view denied;
    Duration idle;  // after so long a silence it wants a login again; 0: never
  };
  void boot(std::string& out) override;
  void reset() override;

 protected:
  ShellFace(DeviceBody& body, Login login) : body_(body), login_(std::move(login)) {}
  virtual void banner(std::string&) {}   // before the login
  virtual void welcome(std::string&) {}  // after it
  virtual void prompt(std::string&) = 0;
  virtual void command(const std::string& line, std::string& out) = 0;  // without a prompt: it follows
  virtual void only_enter() {}                                          // an empty line
  virtual bool key(char, std::string&) { return false; }                // a letter that acts at once, where one does: true
  virtual void left() {}                                                // the conversation is over
  void log_out();                                                       // at the end of this command

  void take(char c, std::string& out) override;
  void quiet(Duration silence) override;

  DeviceBody& body_;
  std::string eol_ = "\r\n";
  bool echo_{true};

 private:
  enum class Stage { user, password, in };
  void enter(std::string& out);
  void check_password(std::string& out);
  void ask(std::string& out);
  [[nodiscard]] bool open() const { return login_.password_prompt.empty(); }

  Login login_;
  Stage stage_{Stage::user};
  std::string line_, user_;
  bool after_cr_{}, leaving_{}, greeted_{};
};

// "1,3-5" or `all` in the device's numbers from 1, as indices in that order; nothing when any of it is not an outlet.
std::optional<std::vector<std::size_t>> outlet_list(std::string_view text, std::size_t outlets, std::string_view all,
                                                    char separator = ',', char range = '-');
std::string lower_case(std::string_view);
std::vector<std::string> words_of(const std::string& line);
const std::string& password_or(const PduSpec&, const std::string& factory);

}  // namespace greenroom::model
