"""Log records of the SDK, read back and compared with what its in-memory exporter got."""

import logging
import uuid
import warnings

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

import transports
from clearspan_server import Server
from values import EVERY_KIND, shown


def send(server, transport):
    """Records from Python's own logging and from the logs API; gives them as the SDK handed them to its exporters."""
    memory = InMemoryLogRecordExporter()
    provider = LoggerProvider(Resource({"service.name": "sdk-logs", "run": str(uuid.uuid4()), **EVERY_KIND}))
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    provider.add_log_record_processor(BatchLogRecordProcessor(transports.logs(server, transport)))
    tracer = TracerProvider().get_tracer("tracer")
    through_logging(provider, tracer)
    through_the_api(provider, tracer)
    assert provider.force_flush()
    provider.shutdown()
    return memory.get_finished_logs()


def through_logging(provider, tracer):
    with warnings.catch_warnings():
        # It moves to another package; those who use it send what it sends.
        warnings.simplefilter("ignore", DeprecationWarning)
        handler = LoggingHandler(logger_provider=provider)
    logger = logging.Logger("app.orders", logging.DEBUG)
    logger.addHandler(handler)
    logger.debug("order %s is checked", 17)
    logger.info("order placed", extra={"order.id": "o-17", "order.items": 3, "order.total": 12.5, "order.paid": True})
    logger.critical({"a": ["structured", 1, {"body": None}]})
    with tracer.start_as_current_span("checkout"):
        logger.warning("card is about to expire")
        try:
            raise ValueError("card refused")
        except ValueError:
            logger.exception("payment failed")


def through_the_api(provider, tracer):
    logger = provider.get_logger("api", "4.5", "https://example.org/scope/2", {"scope.kind": "test", "scope.number": 3})
    for key, value in EVERY_KIND.items():
        logger.emit(LogRecord(timestamp=1_700_000_000_000_000_001, body=value, attributes={"sample": key}))
    for severity in SeverityNumber:
        logger.emit(LogRecord(timestamp=1_700_000_000_000_000_002, severity_number=severity, body=f"at {severity.name}"))
    with tracer.start_as_current_span("signup"):
        logger.emit(LogRecord(body="everything", attributes=EVERY_KIND, event_name="user.signup", severity_text="notice"))
    # Nothing but what the SDK adds by itself.
    logger.emit(LogRecord())


def run_of(records):
    return records[0].resource.attributes["run"]


def of_sdk(record):
    """A row of the API, by what the API says of a record's fields."""
    log, scope = record.log_record, record.instrumentation_scope
    return {
        "time_ns": str(log.timestamp) if log.timestamp else None,
        "observed_time_ns": str(log.observed_timestamp) if log.observed_timestamp else None,
        "severity_number": log.severity_number.value if log.severity_number else 0,
        "severity_text": log.severity_text or "",
        "service": "sdk-logs",
        "body": shown(log.body),
        "trace_id": f"{log.trace_id:032x}" if log.trace_id else None,
        "span_id": f"{log.span_id:016x}" if log.span_id else None,
        "attributes": shown(log.attributes),
        "resource": shown(record.resource.attributes),
        "scope": {"name": scope.name, "version": scope.version or "", "attributes": shown(scope.attributes or {})},
        **({"event_name": log.event_name} if log.event_name else {}),
        **({"flags": int(log.trace_flags)} if log.trace_flags else {}),
    }


def read_back(server, records):
    answer = server.await_rows(
        len(records), "logs/search", lambda found: found.json()["rows"], q=f"run:{run_of(records)}", limit=1_000, order="asc"
    )
    return answer.json()


def sortable(row):
    return repr(sorted((key, held) for key, held in row.items() if key != "id"))


def check(server, records):
    answer = read_back(server, records)
    rows = answer["rows"]
    assert answer["matched"] == len(rows) == len(records)
    assert len({row["id"] for row in rows}) == len(rows)
    placed = [int(row["time_ns"] or row["observed_time_ns"]) for row in rows]
    assert placed == sorted(placed)
    found = sorted(({key: held for key, held in row.items() if key != "id"} for row in rows), key=sortable)
    sent = sorted(map(of_sdk, records), key=sortable)
    for one, other in zip(found, sent):
        assert one == other
    return {row["id"] for row in rows}


@pytest.mark.parametrize("transport", transports.ALL)
def test_logs_come_back_as_they_were_sent(server, transport):
    records = send(server, transport)
    assert len(records) == 5 + len(EVERY_KIND) + len(SeverityNumber) + 2
    check(server, records)


@pytest.mark.parametrize("transport", transports.ALL)
def test_logs_are_found_by_anything_in_them(server, transport):
    records = send(server, transport)
    read_back(server, records)
    span_id = next(of_sdk(r)["span_id"] for r in records if r.log_record.body == "payment failed")
    expected = {
        '"order placed"': 1,
        "ORDER": 2,
        "order.id:o-17": 1,
        "order.items>2": 1,
        "order.total:12.5 order.paid:true": 1,
        "exception.type:ValueError": 1,
        'exception.message:"card refused"': 1,
        f"span_id:{span_id}": 2,
        "event.name:user.signup": 1,
        "scope.scope.number:3": len(records) - 5,
        # Of the standard levels' names one each, and each number of the band.
        "severity:fatal": 1 + 4,
        "level:warn": 1 + 4,
        "severity:notice": 1,
        '"at FATAL"': 1,
        "structured": 1,
        "zażółć": 1,
        "sample:*": len(EVERY_KIND),
        "sample:double*": sum(key.startswith("double") for key in EVERY_KIND),
    }
    for query, count in expected.items():
        answer = server.get("logs/search", q=f"run:{run_of(records)} ({query})")
        assert answer.status_code == 200, (query, answer.text)
        assert answer.json()["matched"] == count, query


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_logs_of_a_trace(server, transport):
    records = send(server, transport)
    read_back(server, records)
    row = next(of_sdk(record) for record in records if record.log_record.body == "payment failed")
    rows = server.get(f"traces/{row['trace_id']}/logs").json()["rows"]
    assert [found["body"] for found in rows] == ["card is about to expire", "payment failed"]


def test_logs_are_the_same_after_a_restart(binary, tmp_path):
    with Server(binary, tmp_path) as own:
        sent = [send(own, transport) for transport in ("grpc", "http")]
        ids = [check(own, records) for records in sent]
        own.restart()
        assert own.get("status").json()["logs"]["memtable"]["rows"] == 0
        assert [check(own, records) for records in sent] == ids
