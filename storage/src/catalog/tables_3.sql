-- What version 3 of the catalog added. One row at most.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1), seen_ns INTEGER NOT NULL, silence_ns INTEGER,
    wait_ns INTEGER NOT NULL, crc INTEGER NOT NULL
) STRICT;
