-- Identities in the order in which they were written, until they are settled into `identity`
-- with their neighbours: see recent.h. SQLite only; PostgreSQL has none of these rows.
CREATE TABLE identity_recent (
	seq {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	hash {BYTES} NOT NULL,
	lead BIGINT NOT NULL,
	state BIGINT NOT NULL
);
