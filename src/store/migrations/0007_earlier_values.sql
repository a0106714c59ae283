-- Values of fields that are told each, which a lead had before those it has now, and that
-- a delivery has still to tell. `version` is the last version of the lead that had them.
CREATE TABLE earlier_value (
	delivery BIGINT NOT NULL,
	version BIGINT NOT NULL,
	workspace BIGINT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (delivery, version)
) {KEYED};

-- The version of the first of them; 0: there are none, as nearly always.
ALTER TABLE delivery ADD COLUMN earlier BIGINT NOT NULL DEFAULT 0;
