#include "controller/api/http_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greenroom {
namespace {

using testing::HasSubstr;

const std::string token(64, 'a');
const HttpPolicy policy = local_policy(8017, token);

HttpHead read_of(std::string_view host) {
  HttpHead head;
  head.method = "GET";
  head.target = "/api/v1/status";
  head.host = host;
  return head;
}

const std::string bearer = "Bearer " + token;

HttpHead write_with(std::string_view authorization) {
  HttpHead head = read_of("127.0.0.1:8017");
  head.method = "POST";
  head.target = "/api/v1/commands";
  head.content_type = "application/json";
  head.authorization = authorization;
  return head;
}

int status_of(const HttpHead& head) {
  const auto no = refused(head, policy);
  return no ? no->status : 200;
}

TEST(HttpRules, AReadNeedsNoToken) {
  EXPECT_EQ(status_of(read_of("127.0.0.1:8017")), 200);
  EXPECT_EQ(status_of(read_of("localhost:8017")), 200);
  EXPECT_EQ(status_of(read_of("LocalHost:8017")), 200);
}

// A name that its owner lets point to 127.0.0.1 makes a foreign page ours in the browser's eyes (DNS rebinding).
TEST(HttpRules, AnotherNameIsRefused) {
  for (const char* host : {"rebound.example:8017", "127.0.0.1", "127.0.0.1:80", "localhost.example:8017", "[::1]:8017"})
    EXPECT_EQ(status_of(read_of(host)), 403) << host;
  EXPECT_EQ(status_of(read_of("")), 400);
}

TEST(HttpRules, APortOfEightyIsLeftOutByBrowsers) {
  EXPECT_FALSE(refused(read_of("localhost"), local_policy(80, token)));
  EXPECT_FALSE(refused(read_of("localhost:80"), local_policy(80, token)));
}

TEST(HttpRules, APageOfAnotherOriginIsRefused) {
  for (const char* origin : {"http://elsewhere.example", "null", "https://127.0.0.1:8017", "http://127.0.0.1:8018",
                             "http://127.0.0.1:8017.elsewhere.example"}) {
    HttpHead head = read_of("127.0.0.1:8017");
    head.origin = origin;
    EXPECT_EQ(status_of(head), 403) << origin;
  }
  HttpHead head = read_of("127.0.0.1:8017");
  head.origin = "http://localhost:8017";
  EXPECT_EQ(status_of(head), 200);
}

TEST(HttpRules, WhatABrowserCallsCrossSiteReadsNothingBelowApi) {
  HttpHead head = read_of("127.0.0.1:8017");
  head.fetch_site = "cross-site";
  EXPECT_EQ(status_of(head), 403);
  head.target = "/";
  EXPECT_EQ(status_of(head), 200) << "a link on another page may lead here";
  head.target = "/api/v1/status";
  head.fetch_site = "same-origin";
  EXPECT_EQ(status_of(head), 200);
}

TEST(HttpRules, AWriteNeedsTheToken) {
  EXPECT_EQ(status_of(write_with("Bearer " + token)), 200);
  EXPECT_EQ(status_of(write_with("bearer " + token)), 200) << "the scheme has no case (RFC 9110, 11.1)";
  for (const std::string& wrong : {std::string(), std::string("Bearer "), "Bearer " + token.substr(1),
                                   "Bearer " + token + "a", "Basic " + token, token, "Bearer " + std::string(64, 'b')})
    EXPECT_EQ(status_of(write_with(wrong)), 401) << wrong;
}

TEST(HttpRules, WithoutATokenOfItsOwnARoomTakesNoWrite) {
  const auto no = refused(write_with("Bearer "), local_policy(8017, ""));
  ASSERT_TRUE(no);
  EXPECT_EQ(no->status, 401);
}

// A form of any page can be sent as text/plain without asking (Fetch, CORS-safelisted).
TEST(HttpRules, AWriteIsJson) {
  HttpHead head = write_with(bearer);
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    head.content_type = type;
    EXPECT_EQ(status_of(head), 415) << type;
  }
  head.content_type = "Application/JSON ; charset=utf-8";
  EXPECT_EQ(status_of(head), 200);
}

TEST(HttpRules, OtherMethodsAreRefused) {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "HEAD", "get"}) {
    HttpHead head = read_of("127.0.0.1:8017");
    head.method = method;
    EXPECT_EQ(status_of(head), 405) << method;
  }
}

TEST(HttpRules, ARefusalSaysWhatToDo) {
  EXPECT_THAT(refused(write_with(""), policy)->body, HasSubstr("DATA/token"));
  EXPECT_THAT(refused(read_of("rebound.example:8017"), policy)->body, HasSubstr("http://127.0.0.1:8017"));
}

}  // namespace
}  // namespace greenroom
