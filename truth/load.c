// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load that allocates: processes, sockets, files, mappings, message queues,
 * namespaces, trees packed and removed; by operation count, so that it is the same
 * each time.
 *
 * usage: load ROUNDS | busy
 *
 * Two workers do so many rounds each. Part of what they open they keep, so that many
 * objects of many caches live when they have done. Then it prints "operations N" and
 * holds all of that until its stdin ends. `busy` goes on for ever and keeps nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS		2
#define KEPT_ONE_IN	4
#define PAGE		4096ul

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static char data[PAGE];

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static bool keep_none;

static bool is_kept(int i)
{
	return !keep_none && !(i % KEPT_ONE_IN);
}

/* Closed, unless it is one of those that are kept. */
static void drop(int i, int fd)
{
	if (!is_kept(i))
		close(fd);
}

static void wait_for(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid && !status, "a child");
}

/* --- operations; @i counts them ------------------------------------------------ */

static void local_sockets(int i)
{
	int fd[2];

	must(!socketpair(AF_UNIX, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0, fd), "socketpair");
	must(write(fd[0], data, 100 + i % 3000) > 0, "write to a socket");
	if (i & 2)
		must(read(fd[1], data, sizeof(data)) > 0, "read from a socket");
	drop(i, fd[0]);
	drop(i, fd[1]);
}

static struct sockaddr_in loopback = {
	.sin_family = AF_INET,
};

static void datagrams(int i)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = loopback;
	socklen_t size = sizeof(to);
	int n;

	must(!bind(fd, (struct sockaddr *)&to, size), "bind");
	must(!getsockname(fd, (struct sockaddr *)&to, &size), "getsockname");
	for (n = 0; n < 4; n++)
		must(sendto(fd, data, 500, 0, (struct sockaddr *)&to, size) == 500, "sendto");
	if (i & 1)
		must(recv(fd, data, sizeof(data), 0) == 500, "recv");
	drop(i, fd);
}

static void connections(int i)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	struct sockaddr_in to = loopback;
	socklen_t size = sizeof(to);

	must(!bind(listener, (struct sockaddr *)&to, size) && !listen(listener, 4), "listen");
	must(!getsockname(listener, (struct sockaddr *)&to, &size), "getsockname");
	must(!connect(fd, (struct sockaddr *)&to, size), "connect");
	peer = accept(listener, NULL, NULL);
	must(peer >= 0 && write(fd, data, 1000) == 1000, "write to a connection");
	close(listener);
	drop(i, peer);
	drop(i, fd);
}

static void descriptors(int i)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), count = eventfd(0, 0);
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), watch = inotify_init(), fd[2];

	must(!pipe(fd) && write(fd[1], data, 1 + i % PAGE) > 0, "pipe");
	must(!epoll_ctl(epoll, EPOLL_CTL_ADD, count, &event), "epoll_ctl");
	must(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &event), "epoll_ctl");
	must(inotify_add_watch(watch, ".", IN_CREATE) >= 0, "inotify_add_watch");
	drop(i, epoll);
	drop(i, count);
	drop(i, timer);
	drop(i, watch);
	drop(i, fd[0]);
	drop(i, fd[1]);
}

static void files(int i)
{
	char path[64], other[64];
	int fd;

	snprintf(path, sizeof(path), "%d", i);
	snprintf(other, sizeof(other), "%d-with-a-name-that-is-not-within-the-dentry", i);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	must(fd >= 0 && write(fd, data, 100) == 100, path);
	must(!flock(fd, LOCK_EX), "flock");
	drop(i, fd);
	must(!rename(path, other), other);
	must(!symlink(other, path), path);
	if (!is_kept(i))
		must(!unlink(other) && !unlink(path), "unlink");
}

static void children(int i)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid) {
		if (i & 1)
			execl("/proc/self/exe", "load", "nothing", NULL);
		_exit(i & 1);
	}
	wait_for(pid);
}

/* Each other page is another mapping, whose halves come and go. */
static void mappings(int i)
{
	const int pages = 64;
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int n;

	must(at != MAP_FAILED, "mmap");
	for (n = 0; n < pages; n += 2)
		must(!mprotect(at + n * PAGE, PAGE, PROT_READ), "mprotect");
	if (!is_kept(i))
		must(!munmap(at, pages * PAGE), "munmap");
}

static void messages(int i)
{
	int queue = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 4, 0600);
	struct {
		long type;
		char text[200];
	} message = { .type = 1 };
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	char name[32];
	mqd_t mq;

	must(queue >= 0 && set >= 0, "msgget");
	must(!msgsnd(queue, &message, 1 + i % 200, IPC_NOWAIT), "msgsnd");
	must(!semop(set, &up, 1), "semop");
	snprintf(name, sizeof(name), "/%d", getpid());
	mq = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
	must(mq >= 0 && !mq_send(mq, data, 300, 1), "mq_send");
	must(!mq_unlink(name), "mq_unlink");
	drop(i, mq);
	if (!is_kept(i))
		must(!msgctl(queue, IPC_RMID, NULL) && !semctl(set, 0, IPC_RMID), "IPC_RMID");
}

static void keys(int i)
{
	char name[32];
	long key;

	snprintf(name, sizeof(name), "load-%d-%d", getpid(), i);
	key = syscall(SYS_add_key, "user", name, data, 50, KEY_SPEC_PROCESS_KEYRING);
	must(key >= 0, "add_key");
	if (!is_kept(i))
		must(!syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING), "keyctl");
}

static void namespaces(int i)
{
	pid_t pid = fork();

	(void)i;
	must(pid >= 0, "fork");
	if (!pid) {
		must(!unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS), "unshare");
		_exit(0);
	}
	wait_for(pid);
}

static void trees(int i)
{
	static const char script[] =
		"tar -cf tar -C / bin etc && mkdir tree && tar -xf tar -C tree && rm -r tree tar && "
		"{ find /proc /sys/class /sys/kernel/slab -name none >/dev/null 2>&1; true; }";

	(void)i;
	must(!system(script), "tar, find");
}

/* --- workers --------------------------------------------------------------------- */

static const struct operation {
	void (*run)(int i);
	int times;	/* a round */
} operations[] = {
	{ local_sockets, 256 },
	{ datagrams, 128 },
	{ connections, 32 },
	{ descriptors, 128 },
	{ files, 256 },
	{ children, 16 },
	{ mappings, 32 },
	{ messages, 64 },
	{ keys, 32 },
	{ namespaces, 1 },
	{ trees, 1 },
};

static void enter(const char *prefix, int number)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "/tmp/%s%d", prefix, number);
	must(!mkdir(dir, 0700) && !chdir(dir), dir);
}

static long rounds(int worker, int n)
{
	int done[ARRAY_SIZE(operations)] = { 0 }, round, times;
	long sum = 0;
	size_t op;

	enter("load", worker);
	for (round = 0; round < n; round++)
		for (op = 0; op < ARRAY_SIZE(operations); op++)
			for (times = operations[op].times; times; times--, sum++)
				operations[op].run(done[op]++);
	return sum;
}

static void __attribute__((noreturn)) busy(void)
{
	int i;

	keep_none = true;
	enter("busy", getpid());
	for (i = 0;; i++) {
		local_sockets(i);
		descriptors(i);
		files(i);
		messages(i);
		if (!(i % 16))
			children(i);
	}
}

int main(int argc, char **argv)
{
	const struct rlimit many = { 100000, 100000 }, any = { RLIM_INFINITY, RLIM_INFINITY };
	int n = argc == 2 ? atoi(argv[1]) : 0, ended[2], worker;
	long sum = 0, part;

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(!setrlimit(RLIMIT_NOFILE, &many) && !setrlimit(RLIMIT_MSGQUEUE, &any), "setrlimit");
	if (argc == 2 && !strcmp(argv[1], "busy"))
		busy();
	if (n < 1) {
		fputs("usage: load ROUNDS | busy\n", stderr);
		return 2;
	}
	must(!pipe(ended), "pipe");
	for (worker = 0; worker < WORKERS; worker++) {
		pid_t pid = fork();

		must(pid >= 0, "fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		part = rounds(worker, n);
		must(write(ended[1], &part, sizeof(part)) == sizeof(part), "write");
		close(ended[1]);
		pause();
	}
	close(ended[1]);
	for (worker = 0; worker < WORKERS; worker++, sum += part)
		must(read(ended[0], &part, sizeof(part)) == sizeof(part), "a worker");
	printf("operations %ld\n", sum);
	fflush(stdout);
	while (read(0, data, sizeof(data)) > 0)
		;
	return 0;
}
