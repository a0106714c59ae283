-- Facts are told like earlier values, one each: but their numbers are ids, and they stay
-- true whatever becomes of the lead's versions.
ALTER TABLE earlier_value ADD COLUMN is_fact BIGINT NOT NULL DEFAULT 0;
