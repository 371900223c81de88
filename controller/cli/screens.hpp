// The answers of the room's routes as screens for people: JSON text in, lines out. Pure.
#pragma once

#include <string>

namespace greenroom::cli {

std::string status_screen(const std::string& body);
std::string slots_screen(const std::string& body);
std::string slot_screen(const std::string& body);
std::string circuits_screen(const std::string& body);
std::string pdus_screen(const std::string& body);
std::string power_screen(const std::string& body);
std::string batches_screen(const std::string& body);
std::string batch_screen(const std::string& body);
std::string cases_screen(const std::string& body);
std::string chores_screen(const std::string& body);
std::string fact_line(const std::string& fact);  // one line, without its newline

}  // namespace greenroom::cli
