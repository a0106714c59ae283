-- The backbone: workspaces, configuration, leads, decisions, deliveries, audit.
-- Times are ms since 1970 UTC. Ids are 63-bit and grow with time. Every table carries
-- its workspace. Only identity, idempotency and suppression are keyed by hashes.

CREATE TABLE installation (
	id {ID} PRIMARY KEY,
	created_at BIGINT NOT NULL,
	key_check {BYTES} NOT NULL,
	restored_at BIGINT
);

CREATE TABLE workspace (
	id {ID} PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	config_version BIGINT NOT NULL,
	hash_key {BYTES} NOT NULL,
	audit_seq BIGINT NOT NULL,
	audit_head {BYTES} NOT NULL
);

-- Which process of a shared store makes ids with which node number, until when.
CREATE TABLE node (
	number BIGINT PRIMARY KEY,
	holder BIGINT NOT NULL,
	lease_until BIGINT NOT NULL
);

CREATE TABLE counter (
	workspace BIGINT NOT NULL,
	name TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (workspace, name)
) {KEYED};

CREATE TABLE token (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	name TEXT NOT NULL,
	hash {BYTES} NOT NULL UNIQUE,
	scopes TEXT NOT NULL,
	source TEXT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT,
	revoked_at BIGINT
);

-- One row per version of an item; the newest has no version_to.
CREATE TABLE config_item (
	workspace BIGINT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	version_from BIGINT NOT NULL,
	version_to BIGINT,
	id BIGINT NOT NULL,
	spec TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (workspace, kind, name, version_from)
) {KEYED};

-- Addresses of /in/ADDRESS, so that a post finds its workspace and source.
CREATE TABLE source_address (
	address TEXT PRIMARY KEY,
	workspace BIGINT NOT NULL,
	source BIGINT NOT NULL
) {KEYED};

CREATE TABLE secret (
	workspace BIGINT NOT NULL,
	owner BIGINT NOT NULL,
	name TEXT NOT NULL,
	sealed {BYTES} NOT NULL,
	origins TEXT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, owner, name)
) {KEYED};

CREATE TABLE field_catalog (
	workspace BIGINT NOT NULL,
	connection BIGINT NOT NULL,
	object TEXT NOT NULL,
	doc TEXT NOT NULL,
	read_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, connection, object)
) {KEYED};

CREATE TABLE lead (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	version BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	merged_into BIGINT NOT NULL,
	owner_rep BIGINT NOT NULL,
	is_test BIGINT NOT NULL,
	erased_at BIGINT,
	doc TEXT
);

CREATE TABLE identity (
	workspace BIGINT NOT NULL,
	hash {BYTES} NOT NULL,
	lead BIGINT NOT NULL,
	state BIGINT NOT NULL,
	PRIMARY KEY (workspace, hash, lead)
) {KEYED};

CREATE TABLE enquiry (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	source BIGINT NOT NULL,
	occurred_at BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	is_open BIGINT NOT NULL,
	doc TEXT
);
CREATE INDEX enquiry_lead ON enquiry (lead);

CREATE TABLE submission (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	source BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	enquiry BIGINT NOT NULL,
	result BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	content_type TEXT,
	raw {BYTES},
	salt {BYTES}, -- of the audit entry's hash of raw
	decision TEXT
);
CREATE INDEX submission_lead ON submission (lead);
CREATE INDEX submission_rejected ON submission (workspace, id) WHERE lead = 0;

CREATE TABLE idempotency (
	workspace BIGINT NOT NULL,
	hash {BYTES} NOT NULL,
	body_hash {BYTES} NOT NULL,
	lead BIGINT NOT NULL,
	submission BIGINT NOT NULL,
	status BIGINT NOT NULL,
	answer TEXT,
	expires_at BIGINT,
	PRIMARY KEY (workspace, hash)
) {KEYED};

CREATE TABLE possible_duplicate (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	other BIGINT NOT NULL,
	reason TEXT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	decided_at BIGINT
);
CREATE INDEX possible_duplicate_lead ON possible_duplicate (lead);

CREATE TABLE merge (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	other BIGINT NOT NULL,
	at BIGINT NOT NULL,
	undone_at BIGINT,
	snapshot TEXT
);

CREATE TABLE conflict (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	field TEXT NOT NULL,
	ours TEXT,
	theirs TEXT,
	writer TEXT NOT NULL,
	writer_id BIGINT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	decided_at BIGINT
);
CREATE INDEX conflict_lead ON conflict (lead);

CREATE TABLE consent (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	source BIGINT NOT NULL,
	channel TEXT NOT NULL,
	purpose TEXT NOT NULL,
	is_granted BIGINT NOT NULL,
	at BIGINT NOT NULL,
	recorded_at BIGINT NOT NULL,
	salt {BYTES}, -- of the audit entry's hash of doc
	doc TEXT
);
CREATE INDEX consent_lead ON consent (lead);

CREATE TABLE suppression (
	workspace BIGINT NOT NULL,
	hash {BYTES} NOT NULL,
	channel TEXT NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (workspace, hash, channel)
) {KEYED};

CREATE TABLE assignment (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	lead BIGINT NOT NULL,
	rep BIGINT NOT NULL,
	route TEXT NOT NULL,
	at BIGINT NOT NULL
);

-- How far a pool has come; a fact that decisions record.
CREATE TABLE pool_position (
	workspace BIGINT NOT NULL,
	pool TEXT NOT NULL,
	position BIGINT NOT NULL,
	PRIMARY KEY (workspace, pool)
) {KEYED};

CREATE TABLE link (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	subject BIGINT NOT NULL,
	connection BIGINT NOT NULL,
	role TEXT NOT NULL,
	object TEXT NOT NULL,
	remote_id TEXT NOT NULL,
	remote_version TEXT,
	state TEXT NOT NULL,
	is_ours BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX link_subject ON link (subject, connection, role);
CREATE UNIQUE INDEX link_remote ON link (connection, object, remote_id, role);

-- One row per subject, connection, object and role: the version wanted, and field by
-- field what was last told (told_doc) and last seen there (seen_doc).
CREATE TABLE delivery (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	subject BIGINT NOT NULL,
	connection BIGINT NOT NULL,
	object TEXT NOT NULL,
	role TEXT NOT NULL,
	mapping BIGINT NOT NULL,
	lane BIGINT NOT NULL,
	state BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	since BIGINT NOT NULL,
	wanted BIGINT NOT NULL,
	told BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	setbacks BIGINT NOT NULL,
	is_uncertain BIGINT NOT NULL,
	is_forced BIGINT NOT NULL,
	depends_on BIGINT NOT NULL,
	fence BIGINT NOT NULL,
	worker BIGINT NOT NULL,
	lease_until BIGINT NOT NULL,
	open_submissions BIGINT NOT NULL,
	code TEXT,
	field TEXT,
	reason TEXT,
	instruction TEXT,
	intent_doc TEXT,
	told_doc TEXT,
	seen_doc TEXT,
	undo_doc TEXT,
	held_doc TEXT,
	edit_doc TEXT
);
CREATE UNIQUE INDEX delivery_subject ON delivery (subject, connection, object, role);
-- states 0 due, 1 waiting, 2 claimed, 3 parked, 4 dead, 5 at rest
CREATE INDEX delivery_due ON delivery (connection, lane, due_at) WHERE state = 0;
CREATE INDEX delivery_claimed ON delivery (lease_until) WHERE state = 2;
CREATE INDEX delivery_dead ON delivery (workspace, id) WHERE state IN (3, 4);
CREATE INDEX delivery_waiting ON delivery (depends_on) WHERE state = 1;

-- One HTTP exchange. Request and answer without credentials.
CREATE TABLE call (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	connection BIGINT NOT NULL,
	verb TEXT NOT NULL,
	method TEXT NOT NULL,
	url TEXT NOT NULL,
	request {BYTES},
	status BIGINT NOT NULL,
	failure BIGINT NOT NULL,
	answer {BYTES},
	took_ms BIGINT NOT NULL,
	records BIGINT NOT NULL,
	mapping_version BIGINT NOT NULL,
	at BIGINT NOT NULL
);
CREATE INDEX call_connection ON call (connection, id);

-- One record's part in a call.
CREATE TABLE attempt (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	delivery BIGINT NOT NULL,
	call BIGINT NOT NULL,
	version BIGINT NOT NULL,
	outcome TEXT NOT NULL,
	action TEXT NOT NULL,
	field TEXT,
	reason TEXT,
	changed TEXT,
	salt {BYTES},
	at BIGINT NOT NULL
);
CREATE INDEX attempt_delivery ON attempt (delivery);

-- What a connection's circuit, budget and access are, so that a restart forgets nothing.
CREATE TABLE connection_state (
	workspace BIGINT NOT NULL,
	connection BIGINT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT,
	failures BIGINT NOT NULL,
	open_until BIGINT NOT NULL,
	opened_at BIGINT NOT NULL,
	probe_ms BIGINT NOT NULL,
	budget TEXT,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, connection)
) {KEYED};

CREATE TABLE timer (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	kind TEXT NOT NULL,
	subject BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	doc TEXT
);
CREATE INDEX timer_due ON timer (due_at);
CREATE INDEX timer_subject ON timer (subject);

CREATE TABLE alert (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	cause TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject BIGINT NOT NULL,
	count BIGINT NOT NULL,
	detail TEXT,
	state TEXT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	send_at BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	UNIQUE (workspace, cause)
);

CREATE TABLE import (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	source BIGINT NOT NULL,
	name TEXT NOT NULL,
	file_hash {BYTES},
	state TEXT NOT NULL,
	rows_done BIGINT NOT NULL,
	bytes_done BIGINT NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	unchanged BIGINT NOT NULL,
	failed BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT,
	header TEXT
);

CREATE TABLE import_error (
	import BIGINT NOT NULL,
	line BIGINT NOT NULL,
	workspace BIGINT NOT NULL,
	row_text TEXT,
	problems TEXT,
	PRIMARY KEY (import, line)
) {KEYED};

CREATE TABLE plan (
	id {ID} PRIMARY KEY,
	workspace BIGINT NOT NULL,
	ground {BYTES} NOT NULL,
	doc TEXT,
	created_at BIGINT NOT NULL,
	applied_at BIGINT
);

CREATE TABLE audit (
	workspace BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL,
	actor_kind BIGINT NOT NULL,
	actor BIGINT NOT NULL,
	request BIGINT NOT NULL,
	action TEXT NOT NULL,
	object_kind TEXT NOT NULL,
	object BIGINT NOT NULL,
	detail TEXT,
	content_hash {BYTES},
	mac {BYTES} NOT NULL,
	PRIMARY KEY (workspace, seq)
) {KEYED};
