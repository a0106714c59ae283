/* fuzz_main.c - runs a fuzz target over the files of a folder, where there is no
 * libFuzzer: what was found once stays a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED (1u << 20)

static int try_file(const char *folder, const char *name)
{
	static uint8_t data[SIZE_MAX_TRIED];
	char path[4096];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	int tried = 0;
	DIR *folder;

	if (argc != 2)
		return EXIT_FAILURE;
	folder = opendir(argv[1]);
	if (!folder) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (try_file(argv[1], entry->d_name) < 0)
			return EXIT_FAILURE;
		tried++;
	}
	closedir(folder);
	printf("%d inputs\n", tried);
	return tried > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
