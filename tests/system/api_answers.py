"""Every answer of a room at work is what its OpenAPI document says. Usage: api_answers.py PORT TOKEN_FILE"""
import copy
import json
import re
import sys

from api_room import Room, expect, finish
from jsonschema import Draft202012Validator, RefResolver

room = Room(*sys.argv[1:])
document = json.loads(room.ask("GET", "/api/v1/openapi.json")[2])
schemas = document["components"]["schemas"]


def close(schema, inside_all_of=False):
    """Readers must bear members that are new; this test does not: no answer says more than the document."""
    if isinstance(schema, list):
        for each in schema:
            close(each, inside_all_of)
    if not isinstance(schema, dict) or "additionalProperties" in schema:
        return
    if ("$ref" in schema or "properties" in schema) and not inside_all_of:
        schema.setdefault("unevaluatedProperties", False)
    for key, each in schema.items():
        if key in ("properties", "schemas"):
            for member in each.values():
                close(member)
        elif isinstance(each, (dict, list)):
            close(each, key == "allOf")


closed = copy.deepcopy(document)
for name, schema in closed["components"]["schemas"].items():
    Draft202012Validator.check_schema(schema)
    close(schema)
    schema.pop("unevaluatedProperties", None)  # said where it is used: a part of another has members beside it

# What OpenAPI 3.1 asks beyond JSON Schema: names that are one operation's, and every part of a path declared.
operations = [(path, o) for path, methods in document["paths"].items() for o in methods.values()]
expect(len({o["operationId"] for _, o in operations}) == len(operations), "two operations have one name")
for path, o in operations:
    declared = [p["name"] for p in o.get("parameters", []) if p["in"] == "path" and p["required"]]
    expect(re.findall(r"{(\w+)}", path) == declared, f"{path} declares {declared}")


def leave_out_ages(schema):
    """A stream's parts have no members that only grow older."""
    if isinstance(schema, dict):
        for member in [m for m in schema.get("properties", {}) if m.endswith(("_ms", "_in_s"))]:
            del schema["properties"][member]
            schema["required"].remove(member)
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        leave_out_ages(each)


ageless = copy.deepcopy(closed)
leave_out_ages(ageless["components"]["schemas"])
del ageless["components"]["schemas"]["service"]["properties"]["wall"]
ageless["components"]["schemas"]["service"]["required"].remove("wall")


def complaints(schema, value, whole=closed):
    use = copy.deepcopy(schema)
    close(use)
    return [f"{list(e.absolute_path)}: {e.message[:300]}" for e in
            Draft202012Validator(use, resolver=RefResolver.from_schema(whole)).iter_errors(value)]


def named(name):
    return {"$ref": "#/components/schemas/" + name}


def fits(where, schema, value, whole=closed):
    for each in complaints(schema, value, whole)[:3]:
        expect(False, f"{where}: {each}")


def schema_of(path, method, status):
    """Of the JSON body; an answer that the document does not name has the default's."""
    responses = document["paths"][path][method]["responses"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response["content"]


def get(path, asked, status=200):
    got, kind, text = room.ask("GET", asked)
    expect(got == status, f"{asked}: status {got}, expected {status}: {text[:300]}")
    content = schema_of(path, "get", got)
    expect(kind.split(";")[0] in content, f"{asked}: {kind} is not in the document")
    if kind != "application/json":
        return text
    value = json.loads(text)
    fits(asked, content[kind]["schema"], value)
    return value


# What is judged must be there, or a schema that says too much could hide behind null: the room is watched until all of it
# has been seen.
unseen = {"an engine at work": lambda s: s["visit"] and s["visit"]["engine"],
          "an outlet that delivers power": lambda s: s["outlet"] and s["outlet"]["power_W"],
          "a port that shows an ECID": lambda s: s["port"] and s["port"]["ecid"],
          "a slot that waits": lambda s: s["waits_for"], "a slot with a deadline": lambda s: s["deadline"]}


def all_seen(name, data):
    places = [value for part, value in data["set"].items() if part.startswith("places/")] if name == "parts" else []
    for what in [w for w, shows in unseen.items() if any(map(shows, places))]:
        del unseen[what]
    return not unseen


events = room.until(all_seen)
slots = get("/api/v1/slots", "/api/v1/slots")["slots"]
for name, data in events:
    fits(name, named({"fact": "fact", "parts": "changes"}[name]), data)
listings = {"places": "slot", "circuits": "circuit", "pdus": "pdu", "batches": "batch", "cases": "case"}
parts = [part for name, data in events if name == "parts" for part in data["set"].items()]
for name, value in parts:
    listing = listings.get(name.split("/")[0])
    fits(f"part {name}", named(listing) if listing else schemas["room"]["properties"]["state"]["properties"][name], value,
         ageless)

names = {"slot": [s["slot"] for s in slots], "batch": [b["batch"] for b in get("/api/v1/batches", "/api/v1/batches")["batches"]]}
asked = 0
for path, methods in document["paths"].items():
    if "get" not in methods or path == "/api/v1/events":
        continue
    part = re.search(r"{(\w+)}", path)
    for name in names[part[1]] if part else [None]:
        get(path, path.replace("{%s}" % part[1], name) if part else path)
        asked += 1
    if part:
        get(path, path.replace("{%s}" % part[1], "nowhere"), 404)
    if path.startswith("/api/"):
        get(path, re.sub("{.*}", names.get(part[1], [""])[0] if part else "", path) + "?colour=red", 400)
for query in ("?from=1&limit=1000", "?from=999999", "?limit=1"):
    get("/api/v1/facts", "/api/v1/facts" + query)
get("/api/v1/cases", "/api/v1/cases?all=1")

whole = get("/api/v1/room", "/api/v1/room")["state"]
for listing in ("cases", "chores", "batches", "circuits", "pdus"):
    expect(whole[listing], f"there were no {listing}")

# The validator sees one member too many, one too few, a wrong type and a foreign word.
expect(not complaints(named("slot"), slots[0]), "a slot is no slot")
for broken in ({**slots[0], "colour": "red"}, {k: v for k, v in slots[0].items() if k != "bench"},
               {**slots[0], "bench": 1}, {**slots[0], "state": "asleep"}):
    expect(complaints(named("slot"), broken), "a broken slot was not noticed")
row = get("/api/v1/batches/{batch}", "/api/v1/batches/" + names["batch"][0])
expect(complaints(named("batch_with_rows"), {**row, "colour": "red"}), "a broken batch was not noticed")


def command(status, request, token=True, right=True):
    """`right`: as the document wants it. Then the room understands it, and else it does not."""
    fault = complaints(named("command"), request)
    expect(bool(fault) != right, f"{request}: the document {'refuses' if fault else 'allows'} it: {fault[:1]}")
    got, _, text = room.ask("POST", "/api/v1/commands", json.dumps(request), token)
    expect(got == status, f"{request}: status {got}, expected {status}: {text[:300]}")
    answer = json.loads(text)
    fits(str(request), schema_of("/api/v1/commands", "post", got)["application/json"]["schema"], answer)
    return answer


lock = {"type": "lock_out", "key": "k1", "by": "anna", "label": "left:7"}
first, second = command(200, lock), command(200, lock)
expect({**first, "seq": 0} == {**second, "seq": 0} and first["seq"] <= second["seq"], f"one key: {first}, {second}")
expect("error" in command(409, {**lock, "type": "clear_lock"}), "a key of another command")
expect(command(409, {**lock, "key": "k2", "label": "left:99"})["accepted"] is False, "an outlet that is not there")
command(401, lock, token=False)
for wrong in ({**lock, "type": "lockout"}, {**lock, "by": ""}, {**lock, "by": "greenroom"}, {**lock, "label": "a\nb"},
              {**lock, "label": "x" * 201}, {**lock, "number": 1}, {k: v for k, v in lock.items() if k != "label"},
              {"type": "step_failed", "key": "k3", "by": "anna"},
              {"type": "step_done", "key": "k3", "by": "anna", "number": -1}):
    command(400, wrong, right=False)

# Every command that the document describes is understood: done, or refused for what it says and not for how.
sample = {"rows": [{"serial": "C02ZZZZZZZZZ"}], "number": 7}
for name, schema in schemas.items():
    if not name.startswith("command_"):
        continue
    request = {field: sample.get(field, "nowhere") for field in schema["properties"]}
    request.update(type=schema["properties"]["type"]["const"], key=name, by="anna")
    status, _, text = room.ask("POST", "/api/v1/commands", json.dumps(request))
    expect(not complaints(named("command"), request), f"{request}: not in the document")
    expect(status in (200, 409), f"{request}: {status} {text}")
    fits(name, schema_of("/api/v1/commands", "post", status)["application/json"]["schema"], json.loads(text))

finish(f"{asked} reads, {len(events)} events with {len(parts)} parts and {len(document['paths'])} paths are as the document says")
