-- Rows of one lead are read newest first, and only the newest. An index by lead alone gives
-- them in no order: PostgreSQL, that has not counted the table yet, then reads all ids
-- backwards until it has met enough of the lead's, which is never, and so the whole table.

DROP INDEX enquiry_lead;
CREATE INDEX enquiry_lead ON enquiry (lead, id);

DROP INDEX submission_lead;
CREATE INDEX submission_lead ON submission (lead, id);

DROP INDEX consent_lead;
CREATE INDEX consent_lead ON consent (lead, id);

DROP INDEX attempt_delivery;
CREATE INDEX attempt_delivery ON attempt (delivery, id);

DROP INDEX audit_lead;
CREATE INDEX audit_lead ON audit (object, seq)
	WHERE action <> 'lead.decided' AND action <> 'delivery.settled';

-- Whoever asks for one claimed delivery by its id is to find it by that: an index of all
-- that are claimed looks smaller to PostgreSQL than it is. So it is for those who ask for
-- leases, and say so.
DROP INDEX delivery_claimed;
CREATE INDEX delivery_claimed ON delivery (lease_until) WHERE state = 2 AND lease_until > 0;
