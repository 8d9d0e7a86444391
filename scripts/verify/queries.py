"""Questions, each with the predicate that a plain scan asks instead."""

import re

from .words import stands


def word(text, **ends):
    return lambda log: stands(text, log.folded, **ends)


def both(*predicates):
    return lambda record: all(predicate(record) for predicate in predicates)


def either(*predicates):
    return lambda record: any(predicate(record) for predicate in predicates)


def never(predicate):
    return lambda record: not predicate(record)


# The numbers of each severity's band.
BANDS = {"trace": range(1, 5), "debug": range(5, 9), "info": range(9, 13), "warn": range(13, 17), "error": range(17, 21)}


def severity(name):
    return lambda log: log.severity_text.lower() == name or log.severity_number in BANDS[name]


def service(name):
    return lambda record: record.service == name


def attribute(key, held):
    return lambda record: record.attributes.get(key, record.resource.get(key)) == held


def has(key):
    return lambda record: key in record.attributes or key in record.resource


def starts(key, text):
    return lambda record: str(record.attributes.get(key, record.resource.get(key, ""))).startswith(text)


def of_logs(logs):
    """Over logs. Ids are taken from the data."""
    some = logs.all[len(logs.all) // 2]
    uuid = "f3d4d4ef-693b-4456-8eed-59c0d717dd08"
    trip = re.compile(r"Trip\(id=[0-9a-f]{8}-")
    return [
        ("", lambda log: True),
        # words and phrases
        ("shanghai", word("shanghai")),
        ("SHANGHAI", word("shanghai")),
        ("shang", word("shang")),
        ("Route", word("route")),
        ('"Route ID"', word("Route ID")),
        ('"[getRestTicketNumber][Seat request]"', word("[getRestTicketNumber][Seat request]")),
        ('"startTime=2013-05-04 09:51:52"', word("startTime=2013-05-04 09:51:52")),
        ("2013-05-04", word("2013-05-04")),
        ("z1234", word("Z1234")),
        ("2147483647", word("2147483647")),
        ("getsoldtickets", word("getsoldtickets")),
        ("t.s.TravelServiceImpl#260", word("t.s.TravelServiceImpl#260")),
        ("TravelServiceImpl", word("TravelServiceImpl")),
        ('"calculate time：0"', word("calculate time：0")),
        ("nowhereinthedata", word("nowhereinthedata")),
        # open ends
        ("travel*", word("travel", open_end=True)),
        ("*serviceimpl", word("serviceimpl", open_start=True)),
        ("*ticket*", word("ticket", open_start=True, open_end=True)),
        # ids
        (some.trace_id, word(some.trace_id)),
        (some.span_id.upper(), word(some.span_id)),
        (uuid, word(uuid)),
        (uuid[:8], word(uuid[:8])),
        (f"trace_id:{some.trace_id}", lambda log: log.trace_id == some.trace_id),
        (f"span_id:{some.span_id}", lambda log: log.span_id == some.span_id),
        # fields
        ("log.iostream:stdout", attribute("log.iostream", "stdout")),
        ("log.iostream:stderr", attribute("log.iostream", "stderr")),
        ("log.iostream:STDOUT", attribute("log.iostream", "STDOUT")),
        ("logger.name:*", has("logger.name")),
        ("no.such.key:*", has("no.such.key")),
        ("k8s.pod.name:ts-travel2*", starts("k8s.pod.name", "ts-travel2")),
        ("resource.k8s.namespace.name:hipster", attribute("k8s.namespace.name", "hipster")),
        ("service.name:frontend", service("frontend")),
        ("service:ts-seat-service", service("ts-seat-service")),
        (f'body:"{some.body}"', lambda log: log.body == some.body),
        # severities
        ("severity:error", severity("error")),
        ("severity:WARN", severity("warn")),
        ("level:info", severity("info")),
        ("severity:debug", severity("debug")),
        ("NOT severity:info", never(severity("info"))),
        # together
        ("shanghai nanjing", both(word("shanghai"), word("nanjing"))),
        ("shanghai AND NOT nanjing", both(word("shanghai"), never(word("nanjing")))),
        ("shanghai OR suzhou", either(word("shanghai"), word("suzhou"))),
        ("-shanghai severity:warn", both(never(word("shanghai")), severity("warn"))),
        (
            "(severity:error OR severity:warn) -service:frontend",
            both(either(severity("error"), severity("warn")), never(service("frontend"))),
        ),
        ("service:ts-seat-service OR request started", either(
            service("ts-seat-service"), both(word("request"), word("started")))),
        ("NOT (shanghai OR log.iostream:stdout)", never(either(word("shanghai"), attribute("log.iostream", "stdout")))),
        ("NOT no.such.key:x", lambda log: True),
        # regular expressions
        (r"/Trip\(id=[0-9a-f]{8}-/", lambda log: trip.search(log.body) is not None),
        (r"body:/^\d\d:\d\d:\d\d\.\d+ WARN/", lambda log: re.search(r"^\d\d:\d\d:\d\d\.\d+ WARN", log.body) is not None),
    ]


def of_traces(traces):
    """Over spans; a trace matches when one of its spans satisfies the whole query."""
    some = next(iter(traces.by_id))
    slow = lambda span: span.duration_ns > 500_000_000
    name = lambda text: lambda span: stands(text, span.folded)
    kind = lambda number: lambda span: span.kind == number
    matching = traces.matching
    everything = set(traces.by_id)
    return [
        ("", everything),
        ("service:ts-seat-service", matching(service("ts-seat-service"))),
        ('"HTTP POST"', matching(name("HTTP POST"))),
        ('name:"HTTP POST"', matching(lambda span: span.name == "HTTP POST")),
        ("getproduct", matching(name("GetProduct"))),
        ("select trip", matching(both(name("select"), name("trip")))),
        ("kind:server", matching(kind(2))),
        ("kind:PRODUCER", matching(kind(4))),
        ("NOT kind:internal", matching(never(kind(1)))),
        ("duration>500ms", matching(slow)),
        ("duration>500ms service:ts-travel-service", matching(both(slow, service("ts-travel-service")))),
        ("duration<=1.5ms kind:client", matching(both(lambda span: span.duration_ns <= 1_500_000, kind(3)))),
        ("db.operation.name:SELECT", matching(attribute("db.operation.name", "SELECT"))),
        ("rpc.system:grpc", matching(attribute("rpc.system", "grpc"))),
        ("http.route:*", matching(has("http.route"))),
        ("status:error", matching(lambda span: span.is_error)),
        (f"trace_id:{some}", {some}),
        (
            "{service:ts-travel-service} {service:ts-food-service}",
            matching(service("ts-travel-service")) & matching(service("ts-food-service")),
        ),
        (
            "{service:frontend kind:server} NOT {service:paymentservice}",
            matching(both(service("frontend"), kind(2))) - matching(service("paymentservice")),
        ),
    ]
