-- Who took back marketing by e-mail may still be told that an appointment was moved: a
-- suppression is of a purpose. Those from before were of all.
ALTER TABLE suppression RENAME TO suppression_of_all;
CREATE TABLE suppression (
	workspace BIGINT NOT NULL,
	hash {BYTES} NOT NULL,
	channel TEXT NOT NULL,
	purpose TEXT NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (workspace, hash, channel, purpose)
) {KEYED};
INSERT INTO suppression (workspace, hash, channel, purpose, reason, at)
	SELECT workspace, hash, channel, 'all', reason, at FROM suppression_of_all;
DROP TABLE suppression_of_all;
