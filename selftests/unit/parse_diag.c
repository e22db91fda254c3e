// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this machine's kernel says of sockets (diag.c): of some of our own, whose queues and
 * rings are known. Where it does not tell, for lack of a diag module or of the right to make a
 * packet socket, the row must say so instead.
 */
#include "parse_support.h"
#include "ask.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 5000
#define PIECES 20

static char piece[PIECE];

/* The row of @kind that names this process, or that says that it is not told. */
static bool find_row(const char *kind, unsigned long long *kb, bool *told)
{
	struct la_ask ask = { 0 };
	char own[64], pattern[64];
	bool found = false;
	char *line;

	snprintf(own, sizeof(own), "/%d", (int)getpid());
	snprintf(pattern, sizeof(pattern), "asked_%s %%llu", kind);
	ask_sockets(&ask);
	for (line = strtok(ask.text, "\n"); line && !found; line = strtok(NULL, "\n")) {
		*told = sscanf(line, pattern, kb) == 1;
		found = *told && strstr(line, own);
		if (!*told) {
			snprintf(pattern, sizeof(pattern), "asked_%s - ", kind);
			found = !strncmp(line, pattern, strlen(pattern)) ||
				!strncmp(line, "asked_sockets - ", 16);
			snprintf(pattern, sizeof(pattern), "asked_%s %%llu", kind);
		}
	}
	ask_free(&ask);
	if (!found)
		printf("# no row asked_%s names process %d\n", kind, (int)getpid());
	else if (!*told)
		printf("# %s: not told here\n", kind);
	return found;
}

static bool is_told(const char *kind, unsigned long long least_kb)
{
	unsigned long long kb = 0;
	bool ok = true, told;

	EXPECT(ok, find_row(kind, &kb, &told));
	EXPECT(ok, !ok || !told || kb >= least_kb);
	return ok;
}

static bool what_is_unread_on_udp(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	bool ok = true;
	int i;

	EXPECT(ok, !bind(in, (struct sockaddr *)&address, sizeof(address)));
	EXPECT(ok, !getsockname(in, (struct sockaddr *)&address, &len));
	EXPECT(ok, !connect(out, (struct sockaddr *)&address, len));
	for (i = 0; i < PIECES; i++)
		EXPECT(ok, send(out, piece, sizeof(piece), 0) == PIECE);
	ok &= is_told("udp", PIECE * PIECES / 1024);
	close(in);
	close(out);
	return ok;
}

static bool what_is_unread_on_unix(void)
{
	bool ok = true;
	int pair[2], i;

	EXPECT(ok, !socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (i = 0; i < PIECES; i++)
		EXPECT(ok, send(pair[0], piece, sizeof(piece), 0) == PIECE);
	ok &= is_told("unix", PIECE * PIECES / 1024);
	close(pair[0]);
	close(pair[1]);
	return ok;
}

static bool a_packet_ring(void)
{
	const struct tpacket_req req = {
		.tp_block_size = 65536,
		.tp_block_nr = 16,
		.tp_frame_size = 2048,
		.tp_frame_nr = 512,
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned long long kb = 0;
	bool ok = true, told;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req))) {
		printf("# no packet ring can be made here\n");
		return true;
	}
	/* A kernel that does not tell says so of packet sockets, as it has seen no ring. */
	EXPECT(ok, find_row("packet_ring", &kb, &told) || find_row("packet", &kb, &told));
	EXPECT(ok, !ok || !told || kb == 1024);
	close(fd);
	return ok;
}

static const struct ktap_test tests[] = {
	{ "what is unread on a UDP socket is told", what_is_unread_on_udp },
	{ "what is unread on a unix socket is told", what_is_unread_on_unix },
	{ "a packet ring is told", a_packet_ring },
};

int main(void)
{
	return ktap_run(tests, ARRAY_SIZE(tests));
}
