-- The fields of the CRM that a person gave for this write only, in a dead letter: JSON names.
ALTER TABLE attempt ADD COLUMN edited TEXT;
