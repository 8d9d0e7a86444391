#!/usr/bin/env python3
"""Prints the rows of a segment folder, one JSON object a line: `docs/formats.md` as a program.

    scripts/read_segment.py <data>/tenants/default/logs/segments/2023-01-29T08/0000000000000005

Needs pyarrow, and otherwise what Python brings. Columns are the logical ones; one that the file lacks, and that follows from no other, is blank in
all rows and is left out. Times are nanoseconds since 1970, ids hexadecimal, attributes pairs of key and value in their order.
"""

import json
import re
import struct
import sys
from functools import reduce
from io import BytesIO
from itertools import islice
from pathlib import Path

import pyarrow.ipc
import pyarrow.parquet

PHYSICAL = ("template", "variables", "parent_distance", "attributes_order", "attributes")
CRC = [reduce(lambda crc, _: crc >> 1 ^ 0x82F63B78 * (crc & 1), range(8), byte) for byte in range(256)]


def crc32c(data):
    return reduce(lambda crc, byte: crc >> 8 ^ CRC[crc & 255 ^ byte], data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def varint(source):
    value = shift = 0
    while (byte := source.read(1)[0]) > 127:
        value, shift = value | (byte & 127) << shift, shift + 7
    return value | byte << shift


def part(source):
    return source.read(varint(source))


def rest(data, read):
    source, found = BytesIO(data), []
    while source.tell() < len(data):
        found.append(read(source))
    return found


def entry(source):
    return [part(source).decode(), value(source)]


def value(source):
    tag = source.read(1)[0]
    if tag in (0, 2, 3):
        return (None, None, False, True)[tag]
    if tag == 4:
        zigzag = varint(source)
        return zigzag >> 1 ^ -(zigzag & 1)
    if tag == 5:
        return struct.unpack("<d", source.read(8))[0]
    content = part(source)
    if tag in (1, 6):
        return content.decode() if tag == 1 else {"bytes": content.hex()}
    return rest(content, value) if tag == 7 else {"entries": rest(content, entry)}


def group(source, scope):
    """A resource or a scope."""
    found = {"present": source.read(1) == b"\1", "schema_url": part(source).decode()}
    found |= {field: part(source).decode() for field in ("name", "version") if scope}
    found["dropped_attributes_count"] = varint(source)
    found |= {} if scope else {"entity_refs": rest(part(source), value)}
    return found | {"attributes": rest(source.read(), entry)}


def decode(name, what):
    """What stands in a row under a column's name."""
    if isinstance(what, list):  # events, links
        return [{field: decode(field, inner) for field, inner in item.items()} for item in what]
    if not isinstance(what, bytes):
        return what
    if name == "attributes":
        return rest(what, entry)
    if name in ("resource", "scope"):
        return group(BytesIO(what), name == "scope")
    return value(BytesIO(what)) if name == "body_value" else what.hex()


def body(column):
    if column("template") is None:
        return column("body")
    ids = {"\2": column("trace_id"), "\3": column("span_id")}
    variables = [ids.get(variable, variable) for variable in column("variables").split("\1")]
    return "".join(map("".join, zip(column("template").split("\1"), variables + [""])))


def attributes(column):
    order, residual = column("attributes_order"), column("attributes") or []
    if order is None:
        return residual
    found, residual = [], iter(residual)
    for name in filter(None, order.split(",")):
        if name.startswith("*"):
            found += islice(residual, int(name[1:]))
        else:
            found.append([re.sub(":(int|double|bool)$", "", name), column("attributes." + name)])
    return found


def logical(signal, rows, at):
    """A row from its physical columns."""
    column = rows[at].get
    row = {name: what for name, what in rows[at].items() if name.split(".")[0] not in PHYSICAL}
    if signal == "logs":
        own, given, follows = column("time"), column("time"), "observed_time"
        row["body"] = body(column)
    else:
        own, duration, distance = column("start_time"), column("duration_ns"), column("parent_distance")
        given, follows = None if None in (own, duration) else own + duration, "end_time"
        row["parent_span_id"] = column("parent_span_id") if distance is None else rows[at + distance]["span_id"]
    row[follows] = given if column(follows) is None else column(follows) or None
    places = (column("placed_time"), own, row.get("observed_time"))
    row["placed_time"] = next(place for place in places if place is not None)
    return row | {"attributes": attributes(column)}


def read(folder):
    meta = json.loads((folder / "meta.json").read_bytes())
    for name, file in meta["files"].items():
        assert crc32c((folder / name).read_bytes()) == file["crc32c"], f"{folder / name} is damaged"
    if meta.get("container") == "rows.parquet":
        table = pyarrow.parquet.read_table(folder / "rows.parquet")
    else:
        table = pyarrow.ipc.open_file(folder / "rows.arrow").read_all()
    for at, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type):
            table = table.set_column(at, field.name, table.column(at).cast("int64"))
    rows = [{name: decode(name, what) for name, what in row.items()} for row in table.to_pylist()]
    return rows if meta["format"] == 1 else [logical(meta["signal"], rows, at) for at in range(len(rows))]


if __name__ == "__main__":
    for row in read(Path(sys.argv[1])):
        print(json.dumps(row, ensure_ascii=False))
