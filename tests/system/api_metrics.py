"""GET /metrics of a room at work is read by Prometheus' own reader, and says what the API says.
Usage: api_metrics.py PORT TOKEN_FILE"""
import json
import re
import sys

from api_room import Room, expect, finish
from prometheus_client.parser import text_string_to_metric_families

room = Room(*sys.argv[1:])
room.until(lambda name, data: name == "fact" and data["type"] == "gate_permitted")
status, kind, text = room.ask("GET", "/metrics")
expect(status == 200 and kind.startswith("text/plain; version=0.0.4"), f"{status} {kind}")
families = list(text_string_to_metric_families(text))
samples = {}
for family in families:
    expect(family.documentation, f"{family.name} says nothing of itself")
    expect(family.type in ("gauge", "counter"), f"{family.name} is {family.type}")
    # https://prometheus.io/docs/practices/naming: a prefix, base units, _total for what only rises.
    expect(re.fullmatch("greenroom_[a-z_]+", family.name), f"{family.name} is no name of ours")
    for s in family.samples:
        expect(s.name.endswith("_total") == (family.type == "counter"), f"{s.name} is a {family.type}")
        key = (s.name, tuple(sorted(s.labels.items())))
        expect(key not in samples, f"{key} stands twice")
        samples[key] = s.value
lines = [line for line in text.splitlines() if not line.startswith("#")]
expect(len(samples) == len(lines), f"{len(lines)} lines, of which {len(samples)} were read")


def value(name, **labels):
    return samples.get(("greenroom_" + name, tuple(sorted(labels.items()))))


def read(what):
    return json.loads(room.ask("GET", "/api/v1/" + what)[2])


for c in read("circuits")["circuits"]:
    name = c["circuit"]
    expect(value("circuit_hard_limit_amperes", circuit=name) == c["hard_limit_A"], f"{name}: another hard limit")
    metered = value("circuit_measured_amperes", circuit=name) is not None
    expect(metered == (c["meter"] is not None), f"{name}: {'a' if metered else 'no'} measurement, its meter is {c['meter']}")
for p in read("pdus")["pdus"]:
    outlets = sum(value("outlets", pdu=p["pdu"], state=s) for s in ("on", "off", "unknown"))
    expect(outlets == p["outlets_on"] + p["outlets_off"] + p["outlets_unknown"], f"{p['pdu']}: {outlets} outlets")
    expect(value("pdu_up", pdu=p["pdu"]) == 1, f"{p['pdu']} is not up")
now = read("status")
expect(sum(v for (name, _), v in samples.items() if name == "greenroom_slots") == now["slots"]["all"], "slots are missing")
expect(0 < value("journal_facts_total") <= now["journal"]["last_seq"], "the journal's number")
expect(value("slots", state="running") > 0, "no slot was at work")
expect(value("speed_ratio") == 240, "another speed")
# What is not known is absent: no value is made up for it, and there is no heading without one.
expect(all(family.samples for family in families), "a family without a value")
finish(f"{len(families)} families, {len(samples)} values")
