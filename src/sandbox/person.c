/* person.c - invented people and companies. Threads: pure. */
#include "sandbox/person.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "sandbox/rng.h"

static const char *const first_names[] = {
	"Aisha",  "Akira",  "Amara",  "Amelie", "Anders", "Andrea", "Anna",    "Arjun",
	"Beatriz","Bilal",  "Carlos", "Chen",   "Chloe",  "Daniel", "Deepa",   "Diego",
	"Elena",  "Elif",   "Emma",   "Erik",   "Fatima", "Felix",  "Femi",    "Gabriel",
	"Grace",  "Greta",  "Hannah", "Hassan", "Hugo",   "Imani",  "Ines",    "Isaac",
	"Ivana",  "Jamal",  "Jana",   "Jo",     "Jonas",  "Julia",  "Kavya",   "Kofi",
	"Lars",   "Laura",  "Leila",  "Leon",   "Lucia",  "Marek",  "Maria",   "Mateo",
	"Maya",   "Mei",    "Mia",    "Miguel", "Mina",   "Mohamed","Nadia",   "Nikhil",
	"Noah",   "Nora",   "Olga",   "Oliver", "Omar",   "Paul",   "Petra",   "Priya",
	"Rahul",  "Rania",  "Ravi",   "Rosa",   "Sam",    "Sara",   "Sofia",   "Stefan",
	"Tariq",  "Thandi", "Tomas",  "Uma",    "Vera",   "Viktor", "Wei",     "Yara",
	"Yusuf",  "Zanele", "Zoe",    "Sinéad", "Jürgen", "François","Żaneta", "Łukasz",
};

static const char *const last_names[] = {
	"Abara",    "Ahmed",   "Alvarez", "Andersson","Bakker",  "Becker",  "Bianchi",
	"Brown",    "Castillo","Chandra", "Chen",     "Cohen",   "Costa",   "Dahl",
	"Das",      "Diallo",  "Dubois",  "Eriksen",  "Evans",   "Farah",   "Fernandez",
	"Fischer",  "Garcia",  "Gupta",   "Haddad",   "Hansen",  "Hughes",  "Ibrahim",
	"Ito",      "Ivanova", "Jansen",  "Johnson",  "Kaya",    "Keller",  "Khan",
	"Kim",      "Kowalski","Kumar",   "Larsen",   "Lee",     "Lopez",   "Malik",
	"Mbeki",    "Mehta",   "Meyer",   "Moreau",   "Mwangi",  "Nair",    "Nakamura",
	"Nguyen",   "North",   "Novak",   "Nowak",    "Okafor",  "Olsen",   "Ortiz",
	"Osei",     "Patel",   "Perez",   "Petrov",   "Popescu", "Rao",     "Reddy",
	"Rossi",    "Sato",    "Schmidt", "Sharma",   "Silva",   "Singh",   "Smith",
	"Svensson", "Tanaka",  "Torres",  "Usman",    "Vargas",  "Wagner",  "Wang",
	"Weber",    "Williams","Yilmaz",  "Zhang",    "O'Brien", "Müller",  "García",
	"de Vries", "van Dijk","al-Sayed",
};

static const char *const company_words[] = {
	"Alder",  "Anchor", "Apex",   "Aurora",  "Basalt", "Beacon", "Birch",  "Bright",
	"Cedar",  "Cobalt", "Copper", "Coral",   "Delta",  "Ember",  "Falcon", "Fjord",
	"Granite","Harbor", "Helio",  "Horizon", "Indigo", "Juniper","Keystone","Lumen",
	"Maple",  "Meridian","Nimbus","Northern","Oakwood","Onyx",   "Orchid", "Pioneer",
	"Quartz", "River",  "Sable",  "Silver",  "Summit", "Tidal",  "Umber",  "Vertex",
	"Willow", "Zephyr",
};

static const char *const company_kinds[] = {
	"Analytics", "Clinic", "Energy",  "Foods",   "Health", "Homes",    "Industries", "Labs",
	"Logistics", "Media",  "Motors",  "Networks","Power",  "Robotics", "Solar",      "Studios",
	"Systems",   "Travel", "Ventures","Works",
};

static const char *const titles[] = {
	"Account Manager", "Buyer",		"CEO",		    "Chief of Staff",
	"CTO",		   "Engineer",		"Facilities Manager", "Finance Director",
	"Founder",	   "Head of Marketing", "IT Manager",	    "Marketing Manager",
	"Office Manager",  "Operations Lead",	"Procurement Lead", "Product Manager",
	"Sales Director",  "VP Sales",
};

static const struct place {
	const char *country, *name, *city, *postal, *phone, *street;
} places[] = {
	{ "US", "United States", "Austin", "73301", "+1512555%04u", "Congress Avenue" },
	{ "US", "United States", "Denver", "80202", "+1303555%04u", "Larimer Street" },
	{ "GB", "United Kingdom", "Leeds", "LS1 4AP", "+44113496%04u", "Park Row" },
	{ "GB", "United Kingdom", "London", "EC1A 1BB", "+44207946%04u", "Aldersgate Street" },
	{ "DE", "Germany", "Berlin", "10115", "+493023125%04u", "Invalidenstraße" },
	{ "FR", "France", "Lyon", "69001", "+3347000%04u", "Rue de la République" },
	{ "IN", "India", "Pune", "411001", "+9198220%05u", "MG Road" },
	{ "IN", "India", "Bengaluru", "560001", "+9198450%05u", "Brigade Road" },
	{ "AU", "Australia", "Perth", "6000", "+6185550%04u", "Hay Street" },
	{ "NG", "Nigeria", "Lagos", "100001", "+23480300%05u", "Marina Road" },
	{ "BR", "Brazil", "Curitiba", "80010-000", "+5541990%05u", "Rua XV de Novembro" },
	{ "NL", "Netherlands", "Utrecht", "3511 AA", "+31302000%03u", "Oudegracht" },
};

/* Lower ASCII letters and digits of a name; others are dropped. */
static void add_plain(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	for (; *text && len + 1 < size; text++)
		if (isalnum((unsigned char)*text))
			out[len++] = (char)tolower((unsigned char)*text);
	out[len] = '\0';
}

static const char *pick(struct sb_rng *rng, const char *const *list, size_t count)
{
	return list[sb_rng_below(rng, count)];
}

#define PICK(rng, list) pick(rng, list, ARRAY_LEN(list))

static void set_email(struct sb_person *person)
{
	char name[64] = "";

	add_plain(name, sizeof(name), person->first_name);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), ".");
	add_plain(name, sizeof(name), person->last_name);
	snprintf(person->email, sizeof(person->email), "%.60s.%llu@%.27s", name,
		 (unsigned long long)person->number, person->domain);
}

void sb_person_of(uint64_t seed, uint64_t number, struct sb_person *person)
{
	struct sb_rng rng = sb_rng_of(seed, number);
	const struct place *place = &places[sb_rng_below(&rng, ARRAY_LEN(places))];
	const char *word = PICK(&rng, company_words), *kind = PICK(&rng, company_kinds);

	memset(person, 0, sizeof(*person));
	person->number = number;
	snprintf(person->first_name, sizeof(person->first_name), "%s", PICK(&rng, first_names));
	snprintf(person->last_name, sizeof(person->last_name), "%s", PICK(&rng, last_names));
	snprintf(person->company, sizeof(person->company), "%s %s", word, kind);
	add_plain(person->domain, sizeof(person->domain) - 8, word);
	add_plain(person->domain, sizeof(person->domain) - 8, kind);
	strcat(person->domain, ".example");
	set_email(person);
	snprintf(person->phone, sizeof(person->phone), place->phone,
		 (unsigned)sb_rng_below(&rng, 1000));
	snprintf(person->title, sizeof(person->title), "%s", PICK(&rng, titles));
	snprintf(person->city, sizeof(person->city), "%s", place->city);
	snprintf(person->postal_code, sizeof(person->postal_code), "%s", place->postal);
	person->country = place->country;
	person->country_name = place->name;
	person->street = place->street;
}
