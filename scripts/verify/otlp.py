"""One canonical form of OTLP/JSON, in which equal means semantically equal.

The order of attributes does not count, and a field at its default is the same as one that is not there. Inside a value
nothing is a default: an empty string is not an absent one.
"""

import hashlib
import json


def value(any_value):
    """An AnyValue with its type."""
    if not any_value:
        return None
    ((kind, held),) = any_value.items()
    if kind == "intValue":
        held = int(held)
    elif kind == "doubleValue":
        held = repr(float(held))
    elif kind == "arrayValue":
        held = [value(element) for element in held.get("values", [])]
    elif kind == "kvlistValue":
        held = attributes(held.get("values", []))
    return {kind: held}


def attributes(key_values):
    """A list of attributes, sorted; a key that stands twice stays twice."""
    pairs = [[pair["key"], value(pair.get("value"))] for pair in key_values]
    return sorted(pairs, key=lambda pair: (pair[0], json.dumps(pair[1], sort_keys=True)))


def message(fields):
    """Any message other than a value, without its defaults."""
    canonical = {}
    for name, held in fields.items():
        if name == "attributes":
            held = attributes(held)
        elif name == "body":
            held = value(held)
        elif name.endswith("UnixNano"):
            held = int(held)
        elif isinstance(held, dict):
            held = message(held)
        elif isinstance(held, list):
            held = [message(element) if isinstance(element, dict) else element for element in held]
        if held not in (None, 0, "", False, [], {}):
            canonical[name] = held
    return canonical


def shown(any_value):
    """A value as the API shows it."""
    if not any_value:
        return None
    ((kind, held),) = any_value.items()
    if kind == "intValue":
        number = int(held)
        return number if abs(number) <= 2**53 else str(number)
    if kind == "arrayValue":
        return [shown(element) for element in held.get("values", [])]
    if kind == "kvlistValue":
        return shown_attributes(held.get("values", []))
    return {"bytes": held} if kind == "bytesValue" else held


def shown_attributes(key_values):
    """Attributes as the API shows them: of a repeated key the last."""
    return {pair["key"]: shown(pair.get("value")) for pair in key_values}


def digest(canonical):
    """Sixteen bytes that stand for a canonical form, so that a million of them fit in memory."""
    text = json.dumps(canonical, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
