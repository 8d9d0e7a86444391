-- The catalog's tables. Unsigned numbers are stored as the signed ones with the same bits.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1), format_version INTEGER NOT NULL, store_id TEXT NOT NULL,
    next_segment_id INTEGER NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE digests (
    name TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum INTEGER NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE tables (
    tenant TEXT NOT NULL, signal TEXT NOT NULL, flushed_seq INTEGER NOT NULL,
    last_wal_file INTEGER NOT NULL, duplicates INTEGER NOT NULL, rows_lost INTEGER NOT NULL,
    crc INTEGER NOT NULL, PRIMARY KEY (tenant, signal)
) STRICT;
CREATE TABLE wal_files (
    tenant TEXT NOT NULL, signal TEXT NOT NULL, file INTEGER NOT NULL, first_seq INTEGER NOT NULL,
    created_ns INTEGER NOT NULL, header_crc INTEGER NOT NULL, state TEXT NOT NULL, end_offset INTEGER,
    end_seq INTEGER, damaged INTEGER NOT NULL, rows_lost INTEGER NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, signal, file)
) STRICT;
CREATE TABLE segments (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, signal TEXT NOT NULL, partition TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, min_time_ns INTEGER NOT NULL,
    max_time_ns INTEGER NOT NULL, min_seq INTEGER NOT NULL, max_seq INTEGER NOT NULL,
    min_arrival_ns INTEGER NOT NULL, max_arrival_ns INTEGER NOT NULL, wal_from_seq INTEGER NOT NULL,
    wal_to_seq INTEGER NOT NULL, level INTEGER NOT NULL, created_ns INTEGER NOT NULL,
    meta_checksum INTEGER NOT NULL, crc INTEGER NOT NULL
) STRICT;
