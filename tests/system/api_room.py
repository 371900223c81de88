"""A running room over HTTP, for the checks of api.sh."""
import http.client
import json
import sys
import time


class Room:
    def __init__(self, port, token_file):
        self.port = int(port)
        with open(token_file) as f:
            self.token = f.read().strip()

    def ask(self, method, path, body=None, token=True):
        """Status, type and text of an answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if body is not None and token:
            headers["Authorization"] = "Bearer " + self.token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers["Content-Type"], text

    def events(self, query):
        """(name, data) of each event of a stream, as they come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/api/v1/events" + query)
        name = None
        for line in connection.getresponse():
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            if line.startswith("data: "):
                yield name, json.loads(line[6:])

    def until(self, enough):
        """Every event from the first fact on, until enough(name, data) says so."""
        seen, give_up = [], time.monotonic() + 180
        for event in self.events("?from=1"):
            seen.append(event)
            if enough(*event):
                return seen
            if time.monotonic() > give_up:
                break
        sys.exit(f"what is waited for did not come; {len(seen)} events did, the last {seen[-1:]}"[:1000])


failures = []


def expect(condition, words):
    if not condition:
        failures.append(words)
        if len(failures) <= 20:
            print(words)


def finish(words):
    if failures:
        sys.exit(f"{len(failures)} failures")
    print(words)
