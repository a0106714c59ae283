-- The schema that the mappings were last found good for, while it is another than doc; and
-- since when doc is as it is.
ALTER TABLE field_catalog ADD COLUMN ground TEXT;
ALTER TABLE field_catalog ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
