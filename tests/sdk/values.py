"""Values of every kind, and how they look on the way back."""

import base64
import math

EVERY_KIND = {
    "text": "zażółć 🚂",
    "text.empty": "",
    "text.long": "long " * 2_000,
    "true": True,
    "false": False,
    "int": -7,
    "int.zero": 0,
    "int.large": 2**53 + 1,
    "int.largest": 2**63 - 1,
    "int.smallest": -(2**63),
    "double": 0.1,
    "double.whole": 3.0,
    "double.tiny": 5e-324,
    "double.nan": math.nan,
    "double.infinite": -math.inf,
    "bytes": b"\x00\xff",
    "unset": None,
    "texts": ["a", "", "c"],
    "bools": [True, False],
    "ints": [1, -2, 2**60],
    "doubles": [1.5, -0.25],
    "list.empty": [],
    "list.mixed": ["a", 1, 1.5, True, None, b"b", ["nested"], {"k": "v"}],
    "map": {"a": {"b": [1, {"c": "d"}]}, "e": None},
    "map.empty": {},
}


def typed(value):
    """A value with its type, in a form that compares: NaN equals itself, and 1 is neither 1.0 nor true."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int):
        return ("int", value)
    if isinstance(value, float):
        return ("double", repr(value))
    if isinstance(value, (str, bytes)):
        return (type(value).__name__, value)
    if isinstance(value, (list, tuple)):
        return ("list", tuple(map(typed, value)))
    return ("map", typed_attributes(value))


def typed_attributes(attributes):
    return tuple(sorted((key, typed(value)) for key, value in (attributes or {}).items()))


def from_json(value):
    """The Python value of an AnyValue in OTLP/JSON."""
    if not value:
        return None
    ((kind, held),) = value.items()
    readers = {
        "stringValue": lambda text: text,
        "boolValue": lambda flag: flag,
        "intValue": int,
        "doubleValue": float,
        "bytesValue": base64.b64decode,
        "arrayValue": lambda array: [from_json(element) for element in array.get("values", [])],
        "kvlistValue": lambda pairs: attributes_from_json(pairs.get("values", [])),
    }
    return readers[kind](held)


def attributes_from_json(pairs):
    return {pair["key"]: from_json(pair.get("value")) for pair in pairs}


def shown(value):
    """A value as the API's JSON shows it."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, (list, tuple)):
        return [shown(element) for element in value]
    if hasattr(value, "items"):
        return {key: shown(element) for key, element in value.items()}
    return value
