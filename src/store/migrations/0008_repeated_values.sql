-- Values that come again without a key are met where they are, in the story of their lead:
-- a key of their own was one more row, somewhere in the store, for every lead.

ALTER TABLE submission ADD COLUMN values_hash {BYTES}; -- of what came without a key
