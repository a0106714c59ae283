/* score.c - how promising, and why? Every rule that holds adds its points and its
 * reason; a score is never written without them (S3.50). Threads: pure. */
#include "pipeline/pipeline.h"

#include "pipeline/view.h"

static const char *reasons_of(struct arena *arena, const struct decision *decision)
{
	struct buf buf;

	buf_init(&buf, arena, 32u << 10);
	for (size_t i = 0; i < decision->nfactors; i++)
		buf_addf(&buf, "%s%+d %s", i > 0 ? "; " : "", decision->factors[i].points,
			 decision->factors[i].reason);
	return buf.text;
}

static void set_concluded(const struct ground *ground, struct decision *decision,
			  const char *name, struct value value)
{
	struct value before = lead_value(decision->lead, name);

	if (value_equal(before, value))
		return;
	decision_set(decision, ground->arena,
		     &(struct lead_field){
			     .name = name,
			     .value = value,
			     .writer = WRITER_RULE,
			     .at = ground->now,
			     .learned_at = ground->now,
		     });
	decision_change(decision, name,
			before.type == VALUE_ABSENT ? CHANGE_SET : CHANGE_REPLACED, before,
			value);
}

void stage_score(const struct ground *ground, struct decision *decision)
{
	const struct config *config = ground->config;
	struct decision_view view = { ground, decision };

	if (config->nscore == 0)
		return;
	for (size_t i = 0; i < config->nscore; i++) {
		const struct score_rule *rule = &config->score[i];

		if (decision->nfactors == DECISION_FACTORS_MAX ||
		    !conditions_hold(rule->when, rule->nwhen, decision_view_value, &view))
			continue;
		decision->factors[decision->nfactors++] =
			(struct factor){ rule->name, rule->reason, rule->points };
		decision->score += rule->points;
	}
	set_concluded(ground, decision, "score", value_int(ground->arena, decision->score));
	set_concluded(ground, decision, "score_reasons",
		      value_text(reasons_of(ground->arena, decision)));
}
