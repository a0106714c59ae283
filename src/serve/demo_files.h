/* demo_files.h - what the demo ships: its workspace, and docs/examples/demo.csv built in.
 * Threads: pure. */
#ifndef SERVE_DEMO_FILES_H
#define SERVE_DEMO_FILES_H

extern const char demo_csv[];

/* The body of POST /v1/apply; %s is the sandbox's address. */
#define demo_workspace                                                                  \
	"{\"workspace\":{\"version\":1,"                                                 \
	"\"people\":[{\"name\":\"Ann\",\"email\":\"ann@example.org\"},"                  \
	"{\"name\":\"Bob\",\"email\":\"bob@example.org\"}],"                             \
	"\"sources\":[{\"name\":\"website\",\"kind\":\"form\",\"trust\":\"public\","     \
	"\"default_country\":\"IN\"},"                                                   \
	"{\"name\":\"spreadsheet\",\"kind\":\"file\",\"trust\":\"trusted\","         \
	"\"default_country\":\"IN\"}],"                                                  \
	"\"connections\":[{\"name\":\"sandbox\",\"connector\":\"hubspot\","              \
	"\"settings\":{\"base_url\":\"%s/hubspot\"}}],"                                  \
	"\"mappings\":[{\"name\":\"contacts\",\"owner\":\"Ann\","                        \
	"\"connection\":\"sandbox\",\"object\":\"contacts\",\"fields\":["                \
	"{\"from\":\"email\",\"to\":\"email\"},"                                         \
	"{\"from\":\"first_name\",\"to\":\"firstname\"},"                                \
	"{\"from\":\"last_name\",\"to\":\"lastname\"},"                                  \
	"{\"from\":\"phone\",\"to\":\"phone\"},"                                         \
	"{\"from\":\"company\",\"to\":\"company\",\"policy\":\"fill_if_empty\"}]}],"     \
	"\"syncs\":[{\"mapping\":\"contacts\",\"mode\":\"real_time\","                   \
	"\"behaviour\":\"capture\"}],"                                                   \
	"\"score\":[{\"name\":\"company\",\"when\":{\"field\":\"company\","              \
	"\"op\":\"exists\"},\"points\":10,\"reason\":\"named a company\"}],"             \
	"\"pools\":[{\"name\":\"reps\",\"people\":[\"Ann\",\"Bob\"]}],"                  \
	"\"routes\":[{\"name\":\"everybody\",\"pool\":\"reps\"}]},"                      \
	"\"secrets\":{\"sandbox\":{\"secret\":\"pat-na1-sandbox-default\"}}}"

#endif
