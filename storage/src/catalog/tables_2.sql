-- What version 2 of the catalog added.
CREATE TABLE services (
    tenant TEXT NOT NULL, name TEXT NOT NULL, colour INTEGER NOT NULL, round INTEGER NOT NULL,
    crc INTEGER NOT NULL, PRIMARY KEY (tenant, name)
) STRICT;
