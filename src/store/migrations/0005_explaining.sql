-- What explaining and erasing a lead need to find.

-- The first call of the batch that a call was part of: an attempt names the last one
-- before its outcome, and those before it spoke of the same leads.
ALTER TABLE call ADD COLUMN batch BIGINT NOT NULL DEFAULT 0;

-- What people and the system did to a lead. The two entries that every lead makes are
-- left out, so that taking and delivering leads cost nothing more.
CREATE INDEX audit_lead ON audit (object)
	WHERE action <> 'lead.decided' AND action <> 'delivery.settled';
