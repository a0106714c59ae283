/* facts.c - facts that a delivery has still to tell. Threads: the committer. */
#include "store/facts.h"

#include "base/json.h"

static const char *doc_of(struct arena *arena, const struct fact *fact)
{
	struct lead_field fields[FACT_FIELDS];
	struct lead as_lead = { .fields = fields };
	struct buf buf;

	as_lead.nfields = fact_fields(arena, fact, fields);
	buf_init(&buf, arena, 1u << 20);
	buf_add_lead_fields(&buf, &as_lead);
	return buf_text(&buf);
}

static int add_one(struct tx *tx, int64_t workspace, int64_t delivery, int64_t id,
		   const struct fact *fact, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"INSERT INTO earlier_value (delivery, version, workspace, doc, is_fact) "
			"VALUES ($1, $2, $3, $4, 1)",
			DB_VALUES(db_int(delivery), db_int(id), db_int(workspace),
				  db_text(doc_of(tx_arena(tx), fact))),
			err);
}

int facts_add(struct tx *tx, const struct mapping *mapping, int64_t workspace,
	      int64_t delivery, int64_t wanted, const struct fact *facts, size_t count,
	      struct error *err)
{
	int64_t first = 0, last = wanted;

	for (size_t i = 0; i < count; i++) {
		int64_t id = tx_id(tx);

		if (!(mapping->activities & 1u << facts[i].kind))
			continue;
		/* Another node's clock may be behind: what comes later is told later. */
		last = id > last ? id : last + 1;
		first = first ? first : last;
		if (add_one(tx, workspace, delivery, last, &facts[i], err) < 0)
			return -1;
	}
	if (!first)
		return 0;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET wanted = $1, earlier = CASE WHEN earlier = 0 "
			"THEN CAST($2 AS BIGINT) ELSE earlier END WHERE id = $3",
			DB_VALUES(db_int(last), db_int(first), db_int(delivery)), err);
}

int facts_forget(struct tx *tx, int64_t delivery, int64_t *wanted, int64_t *told,
		 int64_t *earlier, struct error *err)
{
	if (*wanted <= LEAD_VERSION_MAX && *told <= LEAD_VERSION_MAX)
		return 0;
	*wanted = *told = *earlier = 0;
	if (db_write(tx_view(tx)->db, "DELETE FROM earlier_value WHERE delivery = $1",
		     DB_VALUES(db_int(delivery)), err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET wanted = 0, told = 0, earlier = 0 WHERE id = $1",
			DB_VALUES(db_int(delivery)), err);
}

int facts_refresh(struct tx *tx, int64_t workspace, int64_t lead, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET earlier = (SELECT min(v.version) FROM earlier_value v "
			"WHERE v.delivery = delivery.id), "
			"wanted = (SELECT CASE WHEN max(v.version) > delivery.wanted "
			"THEN max(v.version) ELSE delivery.wanted END FROM earlier_value v "
			"WHERE v.delivery = delivery.id) "
			"WHERE subject = $1 AND workspace = $2 AND EXISTS (SELECT 1 "
			"FROM earlier_value v WHERE v.delivery = delivery.id AND v.is_fact = 1)",
			DB_VALUES(db_int(lead), db_int(workspace)), err);
}

int facts_move(struct tx *tx, int64_t workspace, int64_t from, int64_t to,
	       struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "UPDATE earlier_value SET delivery = (SELECT s.id FROM delivery s, delivery o "
		     "WHERE o.id = earlier_value.delivery AND s.subject = $1 "
		     "AND s.connection = o.connection AND s.object = o.object "
		     "AND s.role = o.role) WHERE workspace = $2 AND is_fact = 1 "
		     "AND delivery IN (SELECT id FROM delivery WHERE subject = $3 "
		     "AND earlier > 0)",
		     DB_VALUES(db_int(to), db_int(workspace), db_int(from)), err) < 0)
		return -1;
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET earlier = 0 WHERE subject = $1 AND workspace = $2 "
		     "AND earlier > 0",
		     DB_VALUES(db_int(from), db_int(workspace)), err) < 0)
		return -1;
	return facts_refresh(tx, workspace, to, err);
}
