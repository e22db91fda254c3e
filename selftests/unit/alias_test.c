// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of a merged cache's names the objects of a caller are, and which caches are one family.
 */
#include "unit.h"

#include "alias_match.h"

/* Merged on a stock 6.1, where slabinfo shows one of each. */
static const char pid_cache[] = "eventpoll_epi fib6_nodes pid task_delay_info tcp_bind_bucket";
static const char ping_cache[] = "PING UNIX UNIX-STREAM";
static const char vmap_cache[] = "dmaengine-unmap-2 fanotify_path_event ksm_rmap_item vmap_area";

/* @names: with a + those that the caller's module made, with a - leftovers. */
static u64 judge(const char *names, const char *function, const char *module,
		 enum la_alias_how *how)
{
	static char words[256];
	struct la_alias all[8] = { };
	unsigned int n = 0;
	char *word;

	snprintf(words, sizeof(words), "%s", names);
	for (word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		all[n].made = *word == '+';
		all[n].leftover = *word == '-';
		all[n++].name = word + (*word == '+' || *word == '-');
	}
	return la_alias_judge(all, n, function, module, how);
}

static void expect(int line, u64 want, enum la_alias_how by, const char *names,
		   const char *function, const char *module)
{
	enum la_alias_how how;
	u64 got = judge(names, function, module, &how);

	if (got == want && how == by)
		return;
	printf("# line %d: %s of \"%s\": expected %llx, %d, got %llx, %d\n", line, function,
	       names, (unsigned long long)want, by, (unsigned long long)got, how);
	unit_bad++;
}

#define EXPECT(want, by, ...)	expect(__LINE__, want, LA_ALIAS_ ## by, __VA_ARGS__)

static void known_functions_tell(void)
{
	EXPECT(1, KNOWN, pid_cache, "do_epoll_ctl+0x4ea/0xfb0", NULL);
	EXPECT(4, KNOWN, pid_cache, "alloc_pid", NULL);
	EXPECT(2, KNOWN, vmap_cache, "fanotify_handle_event+0xb74/0x1400", NULL);
	/* One function, two protocols. */
	EXPECT(6, KNOWN, ping_cache, "unix_create1+0x60/0x270", NULL);
	EXPECT(1, KNOWN, ping_cache, "inet_create+0x1/0x2", NULL);
}

static void what_compilers_add_is_no_name(void)
{
	EXPECT(1, KNOWN, pid_cache, "do_epoll_ctl.constprop.0+0x4/0x8", NULL);
	EXPECT(0, UNTOLD, pid_cache, "do_epoll_ctl_more+0x4/0x8", NULL);
	EXPECT(0, UNTOLD, pid_cache, "do_epoll", NULL);
}

static void a_known_function_of_another_cache_says_nothing(void)
{
	EXPECT(0, UNTOLD, ping_cache, "do_epoll_ctl", NULL);
	EXPECT(0, UNTOLD, pid_cache, "copy_process", NULL);
}

static void the_module_that_made_a_name_tells(void)
{
	static const char names[] = "Acpi-Operand +TSPacket fanotify_fid_event";
	static const char two[] = "+Acpi-Operand +TSPacket fanotify_fid_event";

	EXPECT(2, MADE, names, "tspkt_rx+0x43/0x1c0 [tspkt]", "tspkt");
	EXPECT(3, MADE, two, "tspkt_rx+0x43/0x1c0 [tspkt]", "tspkt");
	/* What is known goes before. */
	EXPECT(4, KNOWN, two, "fanotify_handle_event", NULL);
}

static void words_of_the_name_tell(void)
{
	static const char names[] =
		"kernfs_node_cache kernfs_iattrs_cache biovec-16 damon_region item_cache";

	EXPECT(8, ALIKE, names, "damon_new_region+0x1/0x2", NULL);
	EXPECT(2, ALIKE, names, "kernfs_iattr_new", NULL);
	EXPECT(1, ALIKE, names, "kernfs_fops", NULL);
	EXPECT(0, UNTOLD, names, "damon_new", NULL);
	EXPECT(8, ALIKE, names, "region_of_damon", NULL);
	/* A part of a word is none, and a common word tells nothing. */
	EXPECT(0, UNTOLD, names, "biovecs16_alloc", NULL);
	EXPECT(0, UNTOLD, names, "item_cache_alloc", NULL);
}

static void a_module_needs_its_own_word(void)
{
	static const char names[] = "pid ext4_inode_cache nf_conntrack -foo_req";

	EXPECT(0, UNTOLD, names, "drv_pid_new+0x1/0x2 [drv]", "drv");
	EXPECT(2, ALIKE, names, "ext4_alloc_inode [ext4]", "ext4");
	EXPECT(4, ALIKE, names, "__nf_conntrack_alloc [nf_conntrack]", "nf_conntrack");
	EXPECT(0, UNTOLD, names, "foo_req_new [foo]", "foo");
}

static void many_and_odd_names_are_survived(void)
{
	static char text[65][70];
	struct la_alias names[65] = { };
	enum la_alias_how how;
	unsigned int i;

	for (i = 0; i < 65; i++) {
		memset(text[i], "a_-1\xff"[i % 5], sizeof(text[i]) - 1);
		names[i].name = text[i];
	}
	CHECK_EQ(la_alias_judge(names, 65, "a1_a1_a1_a1_a1_a1_a1_a1_a1_a1+0x1", "_", &how), 0);
	CHECK_EQ(la_alias_judge(names, 65, "", "", &how), 0);
	CHECK_EQ(la_alias_judge(names, 0, "unix_create1", NULL, &how), 0);
	names[64].name = "UNIX";
	CHECK_EQ(la_alias_judge(names, 65, "unix_create1", NULL, &how), 0);
	names[63].name = "UNIX";
	CHECK(la_alias_judge(names, 65, "unix_create1", NULL, &how) == 1ull << 63);
}

static void in_family(const char *name, u32 size, const char *is)
{
	char family[48] = "";

	CHECK_EQ(la_alias_family(name, size, family, sizeof(family)), *is != '\0');
	CHECK_STR(family, is);
}

static void kinds_of_kmalloc_are_a_family(void)
{
	in_family("kmalloc-256", 256, "kmalloc-256");
	in_family("kmalloc-cg-8k", 8192, "kmalloc-8k");
	in_family("kmalloc-rcl-96", 96, "kmalloc-96");
	in_family("dma-kmalloc-1k", 1024, "kmalloc-1k");
	in_family("kmalloc-rnd-07-64", 64, "kmalloc-64");
	in_family("memdup_user-16", 16, "kmalloc-16");
	in_family("msg_msg-2k", 2048, "kmalloc-2k");
	in_family("kmalloc-1M", 1 << 20, "kmalloc-1M");
}

static void others_are_none(void)
{
	in_family("biovec-16", 256, "");
	in_family("sgpool-8", 256, "");
	in_family("bio-256", 256, "");
	in_family("my-kmalloc-64", 64, "");
	in_family("kmalloc-64", 72, "");
	in_family("kmalloc-64x", 64, "");
	in_family("kmalloc-064", 64, "");
	in_family("kmalloc-rnd--64", 64, "");
	in_family("kmalloc-rnd-a-64", 64, "");
	in_family("kmalloc-", 64, "");
	in_family("kmalloc-99999999999999999999", 64, "");
	in_family("kmalloc_buckets", 64, "");
	in_family("-64", 64, "");
	in_family("", 0, "");
}

static const struct unit_test tests[] = {
	{ "known functions tell", known_functions_tell },
	{ "what compilers add is no name", what_compilers_add_is_no_name },
	{ "a known function of another cache says nothing",
	  a_known_function_of_another_cache_says_nothing },
	{ "the module that made a name tells", the_module_that_made_a_name_tells },
	{ "words of the name tell", words_of_the_name_tell },
	{ "a module needs its own word", a_module_needs_its_own_word },
	{ "many and odd names are survived", many_and_odd_names_are_survived },
	{ "kinds of kmalloc are a family", kinds_of_kmalloc_are_a_family },
	{ "others are none", others_are_none },
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
