// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps areas of memory that the kernel can't make one of, so that the tree that it keeps of
 * them has many nodes, and forks children that copy it and exit at once.
 *
 * usage: _map_areas AREAS FORKS
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Every other page is not to be read. */
static int map(unsigned int areas)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, areas * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	if (at == MAP_FAILED)
		return fail("mmap");
	for (i = 0; i < areas; i += 2)
		if (mprotect(at + i * page, page, PROT_NONE))
			return fail("mprotect");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int forks;
	pid_t child;

	if (argc != 3 || map(atoi(argv[1])))
		return 1;
	for (forks = atoi(argv[2]); forks; forks--) {
		child = fork();
		if (!child)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			return fail("fork");
	}
	return 0;
}
