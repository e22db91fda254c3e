// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only part that touches files. All opens go through one directory
 * descriptor, so that a card is read from one place even if a mount changes.
 */
#include "cmd.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Far above any view; keeps a wrong --root from eating the machine's memory. */
#define MAX_FILE (1ul << 30)

static int explain(struct la_source *src, const char *name, int error_number)
{
	struct la_facts facts = { .error_number = error_number, .copied = src->copied };
	char path[512];

	snprintf(path, sizeof(path), "%s%s%s", src->path, name ? "/" : "", name ? name : "");
	facts.path = path;
	facts.directory = !name;
	source_facts(&facts);
	src->error_number = error_number;
	return source_explain(&facts, src->error, sizeof(src->error));
}

int source_open(struct la_source *src, const char *root)
{
	struct statfs fs;

	memset(src, 0, sizeof(*src));
	src->path = root ? root : LA_DIRECTORY;
	src->copied = root;
	src->dir = open(src->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (src->dir < 0)
		return explain(src, NULL, errno);
	/* --root may name a debugfs that is mounted elsewhere: that one is alive. */
	src->copied = root && (fstatfs(src->dir, &fs) || fs.f_type != DEBUGFS_MAGIC);
	return LA_EXIT_OK;
}

void source_close(struct la_source *src)
{
	if (src->dir >= 0)
		close(src->dir);
	src->dir = -1;
}

bool source_has(const struct la_source *src, const char *name)
{
	return !faccessat(src->dir, name, F_OK, 0);
}

static int open_file(struct la_source *src, const char *name, int flags)
{
	int fd = openat(src->dir, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	/* A copied tree may hold anything; a fifo would keep us waiting. */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* Twice the room, or NULL when that is too much; @text is freed then. */
static char *grow(char *text, size_t *room)
{
	char *bigger = *room < MAX_FILE ? realloc(text, 2 * *room + 1) : NULL;

	if (!bigger)
		free(text);
	*room *= 2;
	return bigger;
}

/* Zero or an errno. */
int source_read_all(int fd, char **buf, size_t *len)
{
	size_t room = 1 << 16;
	char *text = malloc(room + 1);

	*len = 0;
	while (text) {
		ssize_t n = read(fd, text + *len, room - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error_number = errno;

			free(text);
			return error_number;
		}
		if (!n) {
			*buf = text;
			return 0;
		}
		*len += (size_t)n;
		if (*len == room)
			text = grow(text, &room);
	}
	return room > MAX_FILE ? EFBIG : ENOMEM;
}

/* Zero or an errno. The module takes a line whole or not at all. */
int source_write_line(int fd, const char *line)
{
	char text[LA_QUERY_MAX + 64];
	int len = snprintf(text, sizeof(text), "%s\n", line);
	ssize_t n;

	if (len < 0 || (size_t)len >= sizeof(text))
		return E2BIG;
	do {
		n = write(fd, text, (size_t)len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	return n == len ? 0 : EIO;
}

int source_read(struct la_source *src, const char *name, char **buf, size_t *len)
{
	int fd = open_file(src, name, O_RDONLY);
	int error_number;

	if (fd < 0)
		return explain(src, name, errno);
	error_number = source_read_all(fd, buf, len);
	close(fd);
	return error_number ? explain(src, name, error_number) : LA_EXIT_OK;
}

int source_query(struct la_source *src, const char *line, char **buf, size_t *len)
{
	int fd = open_file(src, "query", O_RDWR);
	int error_number;

	if (fd < 0)
		return explain(src, "query", errno);
	error_number = source_write_line(fd, line);
	if (error_number == EINVAL) {
		close(fd);
		src->error_number = error_number;
		snprintf(src->error, sizeof(src->error), "the module refuses the query \"%.120s\": "
			 "read %s/query for the keys it takes", line, src->path);
		return LA_EXIT_USAGE;
	}
	if (!error_number)
		error_number = source_read_all(fd, buf, len);
	close(fd);
	return error_number ? explain(src, "query", error_number) : LA_EXIT_OK;
}

/* What a verb's refusal means, or NULL. */
static const char *about_verb(const char *verb, int error_number)
{
	bool secret = !strncmp(verb, "secret ", strlen("secret ")) ||
		      !strncmp(verb, "unsecret ", strlen("unsecret "));

	switch (error_number) {
	case EAGAIN:
		return "it is stopped, \"leakacct control start\" goes on";
	case ENOENT:
		return secret ? "nobody has added it" :
		       "there is no such function, or it is no wrapper";
	case ENOTUNIQ:
		return "several functions have that name";
	case EEXIST:
		return "it is one already";
	case EBUSY:
		return secret ? "leakacct lists it itself, and it stays" :
		       "it is the allocator's own";
	case ENOSPC:
		return "there is no room for more";
	default:
		return NULL;
	}
}

int source_control(struct la_source *src, const char *verb)
{
	int fd = open_file(src, "control", O_WRONLY);
	int error_number;

	if (fd < 0)
		return explain(src, "control", errno);
	error_number = source_write_line(fd, verb);
	close(fd);
	if (error_number == EINVAL) {
		src->error_number = error_number;
		snprintf(src->error, sizeof(src->error),
			 "the module refuses the verb \"%.40s\": \"leakacct control\" lists them",
			 verb);
		return LA_EXIT_USAGE;
	}
	if (about_verb(verb, error_number)) {
		src->error_number = error_number;
		snprintf(src->error, sizeof(src->error), "the module refuses \"%.120s\": %s", verb,
			 about_verb(verb, error_number));
		return LA_EXIT_USAGE;
	}
	return error_number ? explain(src, "control", error_number) : LA_EXIT_OK;
}
