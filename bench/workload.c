// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole workloads, and the instructions that the machine spends on them.
 *
 * usage: workload fork|files|stream|find|idle [SECONDS]
 *        workload read FILE
 *
 * prints "NAME instructions units allocations hits unwinds": what the guest's only
 * CPU did from begin to end, the kernel's deferred work included and halted time not
 * (see main.c); how much of the work was done; how many allocations leakacct saw
 * meanwhile, and stacks that it remembered and unwound, or -. For a file it prints
 * "instructions bytes nanoseconds again": what it takes to read it, and to read it
 * once more at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARAMETERS	"/sys/module/la_bench/parameters/"
#define STATS		"/sys/kernel/debug/leakacct/stats"
#define TREE		"/tmp/bench"

#define PROCESSES	500
#define FILES		5000
#define FILES_PER_DIR	100
#define STREAM_BYTES	(200u << 20)
#define CHUNK		(64u << 10)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static char chunk[CHUNK];

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fputs("workload: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(errno));
	exit(1);
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status) {
		errno = ECHILD;
		die("a child failed");
	}
}

static void run(const char *const argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	wait_for(pid);
}

/* --- the workloads --------------------------------------------------------- */

static long processes(void)
{
	static const char *const argv[] = { "/proc/self/exe", "nothing", NULL };
	int i;

	for (i = 0; i < PROCESSES; i++)
		run(argv);
	return PROCESSES;
}

static unsigned int idle_s = 10;

static long idle(void)
{
	sleep(idle_s);
	return idle_s;
}

static void make_file(int i)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), TREE "/files/%d", i / FILES_PER_DIR);
	if (mkdir(path, 0755) && errno != EEXIST)
		die("%s", path);
	snprintf(path, sizeof(path), TREE "/files/%d/%d", i / FILES_PER_DIR, i);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, chunk, 100 + i % 4000) < 0)
		die("%s", path);
	close(fd);
}

static void files_prepare(void)
{
	static const char *const pack[] = {
		"tar", "-cf", TREE "/files.tar", "-C", TREE, "files", NULL
	};
	static const char *const clean[] = { "rm", "-r", TREE "/files", NULL };
	int i;

	mkdir(TREE, 0755);
	if (!access(TREE "/files.tar", R_OK))
		return;
	mkdir(TREE "/files", 0755);
	for (i = 0; i < FILES; i++)
		make_file(i);
	run(pack);
	run(clean);
}

static long files(void)
{
	static const char *const unpack[] = {
		"tar", "-xf", TREE "/files.tar", "-C", TREE, NULL
	};
	static const char *const clean[] = { "rm", "-r", TREE "/files", NULL };

	run(unpack);
	run(clean);
	return FILES;
}

static void receive(int listener)
{
	size_t left = STREAM_BYTES;
	int fd = accept(listener, NULL, NULL);
	ssize_t n;

	if (fd < 0)
		die("accept");
	for (; left; left -= n) {
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			die("read");
	}
	_exit(0);
}

static long stream(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	socklen_t size = sizeof(to);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t left = STREAM_BYTES;
	pid_t receiver;
	ssize_t n;

	if (bind(listener, (struct sockaddr *)&to, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&to, &size))
		die("listen");
	receiver = fork();
	if (receiver < 0)
		die("fork");
	if (!receiver)
		receive(listener);
	if (connect(fd, (struct sockaddr *)&to, size))
		die("connect");
	for (; left; left -= n) {
		n = write(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
		if (n <= 0)
			die("write");
	}
	wait_for(receiver);
	close(fd);
	close(listener);
	return STREAM_BYTES >> 20;
}

static long found;

/*
 * Every configuration finds the same: nothing of the modules that are loaded for
 * it, and of the processes only init and the parent of the kernel's threads.
 */
static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;

	(void)st;
	(void)type;
	if (!strncmp(name, "leakacct", 8) || !strncmp(name, "la_bench", 8))
		return FTW_SKIP_SUBTREE;
	if (!strncmp(path, "/proc/", 6) && at->level == 1 && atoi(name) > 2)
		return FTW_SKIP_SUBTREE;
	found++;
	return FTW_CONTINUE;
}

static long find(void)
{
	int flags = FTW_PHYS | FTW_MOUNT | FTW_ACTIONRETVAL;

	found = 0;
	if (nftw("/proc", visit, 20, flags) || nftw("/sys", visit, 20, flags))
		die("nftw");
	return found;
}

static const struct workload {
	const char *name;
	long (*run)(void);
	void (*prepare)(void);
} workloads[] = {
	{ "fork", processes, NULL },
	{ "files", files, files_prepare },
	{ "stream", stream, NULL },
	{ "find", find, NULL },
	{ "idle", idle, NULL },
};

/* --- the measurement ------------------------------------------------------- */

/* The time since the start, and of that what was work. */
static unsigned long long read_clock(int clock, unsigned long long *all)
{
	unsigned long long halted;
	char line[64] = "";

	if (pread(clock, line, sizeof(line) - 1, 0) <= 0 ||
	    sscanf(line, "%llu %llu", all, &halted) != 2)
		die("clock");
	return *all - halted;
}

static void settle(void)
{
	int fd = open(PARAMETERS "settle", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("settle");
	close(fd);
}

/* What leakacct has counted so far; what it does not count is -1. */
struct counters {
	long long allocations;
	long long hits;
	long long unwinds;
};

static struct counters counters(void)
{
	struct counters c = { -1, -1, -1 };
	FILE *f = fopen(STATS, "r");
	char line[128], name[32];
	long long value;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %lld", name, &value) != 2)
			continue;
		if (!strcmp(name, "events_alloc"))
			c.allocations = value;
		else if (!strcmp(name, "stack_hits"))
			c.hits = value;
		else if (!strcmp(name, "stack_unwinds"))
			c.unwinds = value;
	}
	if (f)
		fclose(f);
	return c;
}

/* Reads a file to its end. */
static size_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t bytes = 0;
	ssize_t n;

	if (fd < 0)
		die("%s", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		bytes += n;
	if (n < 0)
		die("%s", path);
	close(fd);
	return bytes;
}

static void measure_read(const char *path)
{
	int clock = open(PARAMETERS "clock", O_RDONLY);
	unsigned long long begin, first, again;
	unsigned long long time, unused;
	size_t bytes;

	if (clock < 0)
		die("is la_bench loaded");
	begin = read_clock(clock, &time);
	bytes = slurp(path);
	first = read_clock(clock, &unused);
	time = unused - time;
	slurp(path);
	again = read_clock(clock, &unused);
	printf("%llu %zu %llu %llu\n", first - begin, bytes, time, again - first);
}

static void print_more(long long before, long long after)
{
	if (before < 0)
		printf(" -");
	else
		printf(" %lld", after - before);
}

static void measure(const struct workload *w)
{
	int clock = open(PARAMETERS "clock", O_RDONLY);
	unsigned long long instructions, time;
	struct counters before, after;
	long units;

	if (clock < 0)
		die("is la_bench loaded");
	if (w->prepare)
		w->prepare();
	settle();
	before = counters();
	instructions = read_clock(clock, &time);
	units = w->run();
	settle();
	instructions = read_clock(clock, &time) - instructions;
	after = counters();
	printf("%s %llu %ld", w->name, instructions, units);
	print_more(before.allocations, after.allocations);
	print_more(before.hits, after.hits);
	print_more(before.unwinds, after.unwinds);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	size_t i;

	if (!strcmp(name, "nothing"))
		return 0;
	if (!strcmp(name, "read") && argc == 3) {
		measure_read(argv[2]);
		return 0;
	}
	if (!strcmp(name, "idle") && argc == 3)
		idle_s = atoi(argv[2]);
	for (i = 0; i < ARRAY_SIZE(workloads); i++)
		if (!strcmp(name, workloads[i].name)) {
			measure(&workloads[i]);
			return 0;
		}
	fputs("usage: workload fork|files|stream|find|idle [SECONDS]\n"
	      "       workload read FILE\n", stderr);
	return 2;
}
