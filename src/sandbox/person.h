/* person.h - invented people and companies, the same for the same number. Threads:
 * pure. */
#ifndef SANDBOX_PERSON_H
#define SANDBOX_PERSON_H

#include <stdint.h>

/* Texts are bounded and never empty. Domains are below .example: no mail leaves. */
struct sb_person {
	uint64_t number;
	char first_name[32], last_name[32];
	char email[96];  /* unique by number */
	char phone[24];  /* E.164 of the country's fiction range where there is one */
	char company[64], domain[64];
	char title[48], city[32], postal_code[16];
	const char *country;      /* ISO 3166 alpha-2 */
	const char *country_name;
	const char *street;
};

/* The person of a seed and a number. */
void sb_person_of(uint64_t seed, uint64_t number, struct sb_person *person);

#endif
