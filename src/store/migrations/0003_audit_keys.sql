-- The keys of the audit chains and of their signed heads, each sealed like any secret: they
-- outlive the master key that the store was made with.
ALTER TABLE installation ADD COLUMN audit_key {BYTES};
ALTER TABLE installation ADD COLUMN heads_key {BYTES};
