"""Compares a real server's answers with a plain scan of the data that it was given.

| file | holds |
|---|---|
| `source.py` | the data as it stands in the files: OTLP/JSON lines |
| `otlp.py` | one canonical form of OTLP/JSON, in which equal means semantically equal |
| `logs.py`, `spans.py` | what a plain scan says of the logs and of the traces |
| `words.py` | the rule by which a word or phrase matches, in its most naive form |
| `queries.py` | questions, each with the predicate that a plain scan asks instead |
| `server.py` | the real binary: start, import, ask, stop |
| `log_checks.py`, `trace_checks.py` | the comparisons |
| `report.py` | the table of them |
"""
