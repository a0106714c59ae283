-- Rows that a source's behaviour leaves alone are neither unchanged nor failed.
ALTER TABLE import ADD COLUMN ignored BIGINT NOT NULL DEFAULT 0;
CREATE INDEX import_file ON import (workspace, source, file_hash);
