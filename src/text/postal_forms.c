/* postal_forms.c - how countries write their postal codes. Threads: pure. */
#include "text/postal_forms.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

/* In order of the alphabet. CA, GB, IN and US are looked at more closely in postal.c. */
static const struct postal_form forms[] = {
	{ "AD", "adNNN", false },
	{ "AE", "", false },
	{ "AG", "", false },
	{ "AO", "", false },
	{ "AR", "ANNNNAAA|NNNN", false },
	{ "AS", "NNNNN|NNNNN-NNNN", false },
	{ "AT", "NNNN", false },
	{ "AU", "NNNN", true },
	{ "BD", "NNNN", false },
	{ "BE", "NNNN", false },
	{ "BG", "NNNN", false },
	{ "BH", "NNNN|NNN", false },
	{ "BR", "NNNNN-NNN", true },
	{ "BS", "", false },
	{ "BW", "", false },
	{ "BZ", "", false },
	{ "CA", "ANA NAN", false },
	{ "CH", "NNNN", false },
	{ "CL", "NNNNNNN", false },
	{ "CN", "NNNNNN", true },
	{ "CO", "NNNNNN", true },
	{ "CR", "NNNNN", false },
	{ "CY", "NNNN", false },
	{ "CZ", "NNN NN", false },
	{ "DE", "NNNNN", true },
	{ "DK", "NNNN", false },
	{ "DZ", "NNNNN", true },
	{ "EC", "NNNNNN", true },
	{ "EE", "NNNNN", false },
	{ "EG", "NNNNN|NNNNNNN", false },
	{ "ES", "NNNNN", true },
	{ "FI", "NNNNN", true },
	{ "FR", "NNNNN", true },
	{ "GB", "ANN NAA", false },
	{ "GG", "ANN NAA", false },
	{ "GR", "NNN NN", false },
	{ "GU", "NNNNN|NNNNN-NNNN", false },
	{ "HK", "", false },
	{ "HR", "NNNNN", false },
	{ "HU", "NNNN", false },
	{ "ID", "NNNNN", false },
	{ "IE", "AXX XXXX", false },
	{ "IL", "NNNNNNN|NNNNN", false },
	{ "IM", "ANN NAA", false },
	{ "IN", "NNNNNN", false },
	{ "IS", "NNN", false },
	{ "IT", "NNNNN", true },
	{ "JE", "ANN NAA", false },
	{ "JM", "", false },
	{ "JP", "NNN-NNNN", true },
	{ "KE", "NNNNN", true },
	{ "KR", "NNNNN", true },
	{ "KW", "NNNNN", true },
	{ "LK", "NNNNN", true },
	{ "LT", "NNNNN", true },
	{ "LU", "NNNN", false },
	{ "LV", "lv-NNNN", false },
	{ "MA", "NNNNN", false },
	{ "MC", "NNNNN", false },
	{ "MP", "NNNNN|NNNNN-NNNN", false },
	{ "MT", "AAA NNNN", false },
	{ "MX", "NNNNN", true },
	{ "MY", "NNNNN", true },
	{ "NG", "NNNNNN", false },
	{ "NL", "NNNN AA", false },
	{ "NO", "NNNN", true },
	{ "NP", "NNNNN", false },
	{ "NZ", "NNNN", true },
	{ "OM", "NNN", false },
	{ "PE", "NNNNN", true },
	{ "PH", "NNNN", true },
	{ "PK", "NNNNN", false },
	{ "PL", "NN-NNN", true },
	{ "PR", "NNNNN|NNNNN-NNNN", true },
	{ "PT", "NNNN-NNN", false },
	{ "QA", "", false },
	{ "RO", "NNNNNN", true },
	{ "RS", "NNNNN", false },
	{ "RU", "NNNNNN", false },
	{ "SA", "NNNNN|NNNNN-NNNN", false },
	{ "SE", "NNN NN", false },
	{ "SG", "NNNNNN", true },
	{ "SI", "NNNN", false },
	{ "SK", "NNN NN", true },
	{ "TH", "NNNNN", false },
	{ "TN", "NNNN", false },
	{ "TR", "NNNNN", true },
	{ "TW", "NNN|NNNNN|NNNNNN", false },
	{ "UA", "NNNNN", true },
	{ "UG", "", false },
	{ "US", "NNNNN|NNNNN-NNNN", false },
	{ "UY", "NNNNN", false },
	{ "VE", "NNNN", false },
	{ "VI", "NNNNN|NNNNN-NNNN", true },
	{ "VN", "NNNNNN|NNNNN", false },
	{ "YE", "", false },
	{ "ZA", "NNNN", true },
	{ "ZW", "", false },
};

static int compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct postal_form *)element)->country);
}

const struct postal_form *postal_form_find(const char *country)
{
	return bsearch(country, forms, ARRAY_LEN(forms), sizeof(*forms), compare);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool fits(char form, char c)
{
	if (form == 'N')
		return is_digit(c);
	if (form == 'A')
		return is_upper(c);
	return is_digit(c) || is_upper(c);
}

/* Matches with one form, which ends at | or the end. */
static bool match_one(const char *form, const char *bare, char *out, char *end)
{
	bool has_letters = is_upper(bare[0]);

	for (; *form && *form != '|' && out < end; form++) {
		if (*form >= 'a' && *form <= 'z') {
			*out = (char)(*form - 'a' + 'A');
			if (has_letters && *bare++ != *out)
				return false;
			out++;
		} else if (strchr("NAX", *form)) {
			if (!fits(*form, *bare))
				return false;
			*out++ = *bare++;
		} else {
			*out++ = *form;
		}
	}
	*out = '\0';
	return !*bare;
}

bool postal_form_match(const char *all, const char *bare, char *out, size_t room)
{
	for (const char *form = all; form; form = strchr(form, '|')) {
		form += *form == '|';
		if (match_one(form, bare, out, out + room - 1))
			return true;
	}
	return false;
}

void postal_form_example(const char *all, char *out, size_t room)
{
	int digit = 1, letter = 'A';
	char *end = out + room - 1;

	for (; *all && *all != '|' && out < end; all++) {
		if (*all == 'N' || *all == 'X')
			*out++ = (char)('0' + digit++ % 10);
		else if (*all == 'A')
			*out++ = (char)letter++;
		else
			*out++ = *all >= 'a' && *all <= 'z' ? (char)(*all - 'a' + 'A') : *all;
	}
	*out = '\0';
}

/* Britain's areas by their first letter: which second letters there are, and whether the
 * first may stand alone. */
static const struct {
	char first;
	bool is_alone;
	const char *second;
} areas[] = {
	{ 'A', false, "BL" },	      { 'B', true, "ABDHLNRST" }, { 'C', false, "ABFHMORTVW" },
	{ 'D', false, "ADEGHLNTY" },  { 'E', true, "CHNX" },	  { 'F', false, "KY" },
	{ 'G', true, "LUY" },	      { 'H', false, "ADGPRSUX" }, { 'I', false, "GMPV" },
	{ 'J', false, "E" },	      { 'K', false, "ATWY" },	  { 'L', true, "ADELNSU" },
	{ 'M', true, "EKL" },	      { 'N', true, "EGNPRW" },	  { 'O', false, "LX" },
	{ 'P', false, "AEHLOR" },     { 'R', false, "GHM" },
	{ 'S', true, "AEGHIJKPRSTWY" }, { 'T', false, "ADFNQRSW" }, { 'U', false, "B" },
	{ 'W', true, "ACDFNRSV" },    { 'Y', false, "O" },	  { 'Z', false, "E" },
};

/* Letters of the area that the code begins with; 0 when there is no such area. */
static size_t british_area(const char *bare)
{
	for (size_t i = 0; i < ARRAY_LEN(areas); i++) {
		if (areas[i].first != bare[0])
			continue;
		if (is_upper(bare[1]))
			return strchr(areas[i].second, bare[1]) ? 2 : 0;
		return areas[i].is_alone ? 1 : 0;
	}
	return 0;
}

bool postal_is_british(const char *bare)
{
	size_t len = strlen(bare), area;
	const char *district, *inward;

	if (strcmp(bare, "GIR0AA") == 0)
		return true;
	if (len < 5 || len > 7)
		return false;
	area = british_area(bare);
	district = bare + area;
	inward = bare + len - 3;
	if (!area || inward <= district || inward - district > 2 || !is_digit(district[0]))
		return false;
	if (inward - district == 2 && !is_digit(district[1]) &&
	    !(is_upper(district[1]) && !strchr("ILOZ", district[1])))
		return false;
	return is_digit(inward[0]) && is_upper(inward[1]) && is_upper(inward[2]) &&
	       !strpbrk(inward + 1, "CIKMOV");
}

bool postal_is_canadian(const char *bare)
{
	return strlen(bare) == 6 && !strpbrk(bare, "DFIOQU") && !strchr("WZ", bare[0]);
}

static const struct {
	int from, to; /* the first two digits */
	const char *circle;
} circles[] = {
	{ 11, 11, "Delhi" },
	{ 12, 13, "Haryana" },
	{ 14, 16, "Punjab, Chandigarh" },
	{ 17, 17, "Himachal Pradesh" },
	{ 18, 19, "Jammu and Kashmir" },
	{ 20, 28, "Uttar Pradesh, Uttarakhand" },
	{ 30, 34, "Rajasthan" },
	{ 36, 39, "Gujarat" },
	{ 40, 44, "Maharashtra, Goa" },
	{ 45, 49, "Madhya Pradesh, Chhattisgarh" },
	{ 50, 53, "Telangana, Andhra Pradesh" },
	{ 56, 59, "Karnataka" },
	{ 60, 66, "Tamil Nadu" },
	{ 67, 69, "Kerala" },
	{ 70, 74, "West Bengal" },
	{ 75, 77, "Odisha" },
	{ 78, 78, "Assam" },
	{ 79, 79, "North East" },
	{ 80, 85, "Bihar, Jharkhand" },
	{ 90, 99, "Army Postal Service" },
};

static int first_two(const char *bare)
{
	return (bare[0] - '0') * 10 + (bare[1] - '0');
}

const char *postal_circle(const char *bare)
{
	for (size_t i = 0; i < ARRAY_LEN(circles); i++)
		if (first_two(bare) >= circles[i].from && first_two(bare) <= circles[i].to)
			return circles[i].circle;
	return NULL;
}

/* States and territories with the first two digits of their codes; names folded. Parts
 * of Puducherry lie in three states. */
static const struct {
	const char *names; /* between bars */
	int from, to;
} states[] = {
	{ "|delhi|new delhi|dl|nct|nct of delhi|", 11, 11 },
	{ "|haryana|hr|", 12, 13 },
	{ "|punjab|pb|chandigarh|ch|", 14, 16 },
	{ "|himachal pradesh|hp|", 17, 17 },
	{ "|jammu and kashmir|jammu & kashmir|jammu|kashmir|jk|j&k|ladakh|la|", 18, 19 },
	{ "|uttar pradesh|up|uttarakhand|uttaranchal|uk|ut|ua|", 20, 28 },
	{ "|rajasthan|rj|", 30, 34 },
	{ "|gujarat|gj|daman and diu|dd|dadra and nagar haveli|dn|dh|", 36, 39 },
	{ "|maharashtra|mh|goa|ga|", 40, 44 },
	{ "|madhya pradesh|mp|chhattisgarh|chattisgarh|cg|ct|", 45, 49 },
	{ "|telangana|ts|tg|andhra pradesh|andhra|ap|", 50, 53 },
	{ "|karnataka|ka|", 56, 59 },
	{ "|tamil nadu|tamilnadu|tn|", 60, 66 },
	{ "|puducherry|pondicherry|py|", 53, 67 },
	{ "|kerala|kl|lakshadweep|ld|", 67, 69 },
	{ "|west bengal|wb|sikkim|sk|andaman and nicobar islands|an|", 70, 74 },
	{ "|odisha|orissa|od|or|", 75, 77 },
	{ "|assam|as|", 78, 78 },
	{ "|arunachal pradesh|ar|manipur|mn|meghalaya|ml|mizoram|mz|nagaland|nl|tripura|tr|",
	  79, 79 },
	{ "|bihar|br|jharkhand|jh|", 80, 85 },
};

/* Whether `name` stands between two bars of `names`. */
static bool is_named(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = strstr(names, name); p && len; p = strstr(p + 1, name))
		if (p[-1] == '|' && p[len] == '|')
			return true;
	return false;
}

bool postal_is_other_state(const char *bare, const char *state)
{
	int two = first_two(bare);

	if (text_starts(state, "in-"))
		state += 3;
	if (two >= 90 || strchr(state, '|'))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (is_named(states[i].names, state))
			return two < states[i].from || two > states[i].to;
	return false;
}

bool postal_state_has_zero(const char *state)
{
	static const char names[] =
		"|connecticut|ct|massachusetts|ma|maine|me|new hampshire|nh|new jersey|nj|"
		"puerto rico|pr|rhode island|ri|vermont|vt|virgin islands|vi|";

	if (text_starts(state, "us-"))
		state += 3;
	return !strchr(state, '|') && is_named(names, state);
}
