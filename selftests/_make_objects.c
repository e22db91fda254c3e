// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes kernel objects whose caches are often merged with others, and holds them until a
 * signal comes.
 *
 * usage: _make_objects N KIND...
 *
 *   unix      UNIX stream sockets
 *   timers    POSIX timers
 *   inotify   inotify marks, each on a file of its own
 *   epoll     items of an epoll file
 *   keys      keys of type "user"
 *   fanotify  events that nobody reads
 *
 * Files are made in the current directory. Prints "made KIND" or "no KIND: WHY" (this
 * kernel has no such thing) for each, then "ready PID".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool check(long result, const char *kind, const char *what)
{
	if (result >= 0)
		return true;
	printf("no %s: %s: %s\n", kind, what, strerror(errno));
	return false;
}

static bool make_unix(int n, const char *kind)
{
	int pair[2];

	for (; n > 0; n -= 2)
		if (!check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), kind, "socketpair"))
			return false;
	return true;
}

static bool make_timers(int n, const char *kind)
{
	struct sigevent silent = { .sigev_notify = SIGEV_NONE };
	int timer;

	while (n--)
		if (!check(syscall(SYS_timer_create, CLOCK_MONOTONIC, &silent, &timer), kind,
			   "timer_create"))
			return false;
	return true;
}

static bool make_file(int i, const char *kind)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "file%d", i);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	return check(fd, kind, "open") && check(close(fd), kind, "close");
}

static bool make_inotify(int n, const char *kind)
{
	int i, fd = inotify_init();
	char name[32];

	if (!check(fd, kind, "inotify_init"))
		return false;
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		if (!make_file(i, kind) ||
		    !check(inotify_add_watch(fd, name, IN_DELETE_SELF), kind, "inotify_add_watch"))
			return false;
	}
	return true;
}

/* An item is told by its file and descriptor, so one file will do. */
static bool make_epoll(int n, const char *kind)
{
	int file = eventfd(0, 0), epoll = epoll_create(1);
	struct epoll_event event = { .events = EPOLLIN };

	while (n--)
		if (!check(epoll_ctl(epoll, EPOLL_CTL_ADD, dup(file), &event), kind, "epoll_ctl"))
			return false;
	return true;
}

static bool make_keys(int n, const char *kind)
{
	char name[32];

	while (n--) {
		snprintf(name, sizeof(name), "leakacct:%d", n);
		if (!check(syscall(SYS_add_key, "user", name, "secret", 6,
				   KEY_SPEC_PROCESS_KEYRING), kind, "add_key"))
			return false;
	}
	return true;
}

/* Events about one file by one process are one. */
static bool make_fanotify(int n, const char *kind)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_UNLIMITED_QUEUE, O_RDONLY), i;

	if (!check(fd, kind, "fanotify_init") ||
	    !check(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, "."),
		   kind, "fanotify_mark"))
		return false;
	for (i = 0; i < n; i++)
		if (!make_file(i, kind))
			return false;
	return true;
}

static const struct {
	const char *name;
	bool (*make)(int n, const char *kind);
} kinds[] = {
	{ "unix", make_unix }, { "timers", make_timers }, { "inotify", make_inotify },
	{ "epoll", make_epoll }, { "keys", make_keys }, { "fanotify", make_fanotify },
};

static bool make(int n, const char *kind)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kind, kinds[i].name))
			continue;
		if (kinds[i].make(n, kind))
			printf("made %s\n", kind);
		fflush(stdout);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 65536, 65536 };
	const struct rlimit signals = { RLIM_INFINITY, RLIM_INFINITY };
	int i, n = argc > 2 ? atoi(argv[1]) : 0;

	if (n <= 0)
		return 2;
	/* Each of them has a file or a signal of its own. */
	if (setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_SIGPENDING, &signals)) {
		perror("setrlimit");
		return 1;
	}
	for (i = 2; i < argc; i++)
		if (!make(n, argv[i]))
			return 2;
	printf("ready %d\n", getpid());
	fflush(stdout);
	pause();
	return 0;
}
