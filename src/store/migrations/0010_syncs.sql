-- What people did to a sync, which runs one mapping: paused it, or asked it to tell the CRM
-- of every lead that it does not know as it is now. Leads with ids above run_after and up to
-- run_until are still to be looked at.
CREATE TABLE sync_state (
	workspace BIGINT NOT NULL,
	mapping BIGINT NOT NULL,
	paused_at BIGINT,
	reason TEXT,
	run_at BIGINT,
	run_after BIGINT NOT NULL,
	run_until BIGINT NOT NULL,
	run_due BIGINT NOT NULL,
	PRIMARY KEY (workspace, mapping)
) {KEYED};
