// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers: the functions that are passed over on the way to a caller.
 *
 * Which they are is said in wrapper_names.h, and by root through `control`.
 *
 * Hooks look up return addresses in a sorted array. There are two: a change is made in
 * the one that is not in use, which then takes the other's place. So functions of a
 * module that goes can always be taken out.
 */
#include "wrappers.h"

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "recall.h"
#include "symbols.h"
#include "wrapper_names.h"

#define MAX_WRAPPERS	512u

struct set {
	unsigned int n;
	struct la_wrapper at[MAX_WRAPPERS];
};

static struct set sets[2];
static struct set *now = &sets[0];
static DEFINE_MUTEX(changes);

static const struct la_wrapper *find(unsigned long addr)
{
	/* Pairs with publish(). */
	const struct set *s = smp_load_acquire(&now);
	unsigned int low = 0, high = s->n;

	while (low < high) {
		unsigned int mid = (low + high) / 2;
		const struct la_wrapper *w = &s->at[mid];

		if (addr - w->start < w->size)
			return w;
		if (addr < w->start)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * la_wrappers_has() - does this caller only pass an allocation on?
 * @addr: a return address
 *
 * Context: any, preemption off.
 */
bool la_wrappers_has(unsigned long addr)
{
	return find(addr);
}

/**
 * la_wrappers_is_kmalloc() - is this the slab allocator, allocating by calling itself?
 * @addr: a return address
 *
 * Context: any, preemption off.
 */
bool la_wrappers_is_kmalloc(unsigned long addr)
{
	const struct la_wrapper *w = find(addr);

	return w && w->kind == LA_WRAPPER_KMALLOC;
}

/* The length of a name without what configurations and compilers append. */
static size_t stem_of(const char *name)
{
	static const char profiled[] = "_noprof";
	size_t len = strcspn(name, "."), tail = sizeof(profiled) - 1;

	return len > tail && !memcmp(name + len - tail, profiled, tail) ? len - tail : len;
}

static bool insert(struct set *s, struct la_wrapper w)
{
	unsigned int i = s->n;

	if (s->n == MAX_WRAPPERS)
		return false;
	while (i && s->at[i - 1].start > w.start)
		i--;
	/* Another name of the same. */
	if (i && s->at[i - 1].start == w.start)
		return true;
	memmove(&s->at[i + 1], &s->at[i], (s->n - i) * sizeof(*s->at));
	s->at[i] = w;
	s->n++;
	return true;
}

/* --- the list, at load --- */

static const struct {
	const char * const *names;
	unsigned int n;
	enum la_wrapper_kind kind;
} lists[] = {
	{ kmalloc_names, ARRAY_SIZE(kmalloc_names), LA_WRAPPER_KMALLOC },
	{ names, ARRAY_SIZE(names), LA_WRAPPER_LISTED },
};

/* What is looked up. */
struct search {
	struct set *set;
	enum la_wrapper_kind kind;
	unsigned int found;
};

static void found_one(struct search *x, unsigned long addr)
{
	if (!la_symbols_is_text(addr))
		return;
	x->found++;
	insert(x->set, (struct la_wrapper){ .start = addr, .kind = x->kind });
}

static int on_match(void *search, unsigned long addr)
{
	found_one(search, addr);
	return 0;
}

/* @name, in one of the two forms that it has. */
static void look_up(struct search *x, const char *name, const char *ending, bool profiled)
{
	char full[64];

	x->found = 0;
	if (profiled) {
		snprintf(full, sizeof(full), "%s_noprof%s", name, ending);
		la_symbols_match(full, on_match, x);
	}
	if (x->found)
		return;
	snprintf(full, sizeof(full), "%s%s", name, ending);
	la_symbols_match(full, on_match, x);
}

static void look_up_all(struct set *s)
{
	bool profiled = la_symbols_address("__kmalloc_noprof");
	unsigned int l, i, c;

	for (l = 0; l < ARRAY_SIZE(lists); l++) {
		struct search x = { .set = s, .kind = lists[l].kind };

		for (i = 0; i < lists[l].n; i++) {
			look_up(&x, lists[l].names[i], "", profiled);
			for (c = 0; c < ARRAY_SIZE(clones); c++)
				look_up(&x, lists[l].names[i], clones[c], profiled);
		}
	}
}

#define BUCKETS		256u

/* The list by the first letters: few of all symbols of a kernel get further. */
struct index {
	struct set *set;
	unsigned int n;
	u16 first[BUCKETS];	/* 1 and up: a name; 0: none */
	struct {
		const char *name;
		u16 len;
		u16 next;
		u16 kind;
	} names[MAX_WRAPPERS];
};

static unsigned int bucket_of(const char *name)
{
	unsigned int hash = 0, i;

	for (i = 0; i < 6 && name[i]; i++)
		hash = hash * 31 + name[i];
	return (hash ^ hash >> 8) % BUCKETS;
}

static void fill_index(struct index *x)
{
	unsigned int l, i;

	for (l = 0; l < ARRAY_SIZE(lists); l++) {
		for (i = 0; i < lists[l].n && x->n + 1 < MAX_WRAPPERS; i++) {
			u16 *first = &x->first[bucket_of(lists[l].names[i])];

			x->n++;
			x->names[x->n].name = lists[l].names[i];
			x->names[x->n].len = strlen(lists[l].names[i]);
			x->names[x->n].kind = lists[l].kind;
			x->names[x->n].next = *first;
			*first = x->n;
		}
	}
}

static void list_symbol(void *data, const char *name, unsigned long addr)
{
	struct index *x = data;
	unsigned int i = x->first[bucket_of(name)];
	size_t len = i ? stem_of(name) : 0;

	for (; i; i = x->names[i].next) {
		if (x->names[i].len == len && !memcmp(x->names[i].name, name, len)) {
			struct search found = { .set = x->set, .kind = x->names[i].kind };

			found_one(&found, addr);
			return;
		}
	}
}

static void go_through_all(struct set *s)
{
	struct index *x = kvzalloc(sizeof(*x), GFP_KERNEL);

	if (!x)
		return;
	x->set = s;
	fill_index(x);
	la_symbols_each(false, list_symbol, x);
	kvfree(x);
}

/**
 * la_wrappers_init() - find those of the list that this kernel has
 *
 * Where names are sorted each is looked up. Before that, around 6.1, looking up one
 * took as long as going through all symbols, which then is done once.
 *
 * Context: process.
 */
void la_wrappers_init(void)
{
	struct set *s = &sets[0];
	unsigned int i;

	if (la_symbols_are_sorted())
		look_up_all(s);
	else
		go_through_all(s);
	for (i = 0; i < s->n; i++)
		s->at[i].size = la_symbols_size(s->at[i].start);
	if (!s->n)
		pr_warn("no symbols were found: wrappers will be callers\n");
}

/* --- changes --- */

#define MAX_PARTS	8u
#define SUFFIX		24u

/* What one name stands for: a function, and what compilers cut off it. */
struct found {
	const char *name;
	size_t len;
	unsigned int n;
	bool ambiguous;
	struct {
		unsigned long start;
		char suffix[SUFFIX];
	} parts[MAX_PARTS];
};

static void find_symbol(void *data, const char *name, unsigned long addr)
{
	struct found *f = data;
	const char *suffix = name + f->len;
	unsigned int i;

	if (strncmp(name, f->name, f->len) || stem_of(name) != f->len || !la_symbols_is_text(addr))
		return;
	for (i = 0; i < f->n; i++) {
		if (f->parts[i].start == addr)
			return;
		f->ambiguous |= !strncmp(f->parts[i].suffix, suffix, SUFFIX - 1);
	}
	if (f->n == MAX_PARTS) {
		f->ambiguous = true;
		return;
	}
	f->parts[f->n].start = addr;
	strscpy(f->parts[f->n++].suffix, suffix, SUFFIX);
}

static int find_function(struct found *f, const char *name)
{
	*f = (struct found){ .name = name, .len = stem_of(name) };
	if (!f->len)
		return -EINVAL;
	la_symbols_each(false, find_symbol, f);
	la_symbols_each(true, find_symbol, f);
	return !f->n ? -ENOENT : f->ambiguous ? -ENOTUNIQ : 0;
}

static bool is_part(const struct found *f, unsigned long start)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (f->parts[i].start == start)
			return true;
	return false;
}

/* The set that is not in use, as a copy of the other without what @drop says. */
static struct set *begin(bool (*drop)(const struct la_wrapper *w, const void *data),
			 const void *data)
{
	struct set *s = &sets[now == &sets[0]];
	unsigned int i;

	s->n = 0;
	for (i = 0; i < now->n; i++)
		if (!drop(&now->at[i], data))
			s->at[s->n++] = now->at[i];
	return s;
}

static void publish(void *s)
{
	smp_store_release(&now, s);	/* pairs with find() */
}

static bool is_found(const struct la_wrapper *w, const void *found)
{
	return is_part(found, w->start);
}

static int add_found(const struct found *f)
{
	struct set *s = begin(is_found, f);
	unsigned int i;

	if (s->n != now->n)
		return -EEXIST;
	for (i = 0; i < f->n; i++) {
		struct la_wrapper w = {
			.start = f->parts[i].start,
			.size = la_symbols_size(f->parts[i].start),
			.kind = LA_WRAPPER_ADDED,
		};

		if (!insert(s, w))
			return -ENOSPC;
	}
	la_recall_forget(publish, s);
	return 0;
}

static int remove_found(const struct found *f)
{
	struct set *s = begin(is_found, f);
	unsigned int i;

	if (s->n == now->n)
		return -ENOENT;
	/* By these inner events are told from outer ones. */
	for (i = 0; i < now->n; i++)
		if (now->at[i].kind == LA_WRAPPER_KMALLOC && is_part(f, now->at[i].start))
			return -EBUSY;
	la_recall_forget(publish, s);
	return 0;
}

static int change(const char *name, int (*fn)(const struct found *f))
{
	struct found *f = kmalloc(sizeof(*f), GFP_KERNEL);
	int err;

	if (!f)
		return -ENOMEM;
	mutex_lock(&changes);
	err = find_function(f, name);
	if (!err)
		err = fn(f);
	mutex_unlock(&changes);
	kfree(f);
	return err;
}

/**
 * la_wrappers_add() - a function is passed over from now on
 * @name: of the kernel's or a module's; its clones as well
 *
 * Context: process; what is on its way is waited for.
 * Return: 0; -ENOENT: no such function; -ENOTUNIQ: several; -EEXIST: it is one already;
 *	-ENOSPC. With an error nothing has changed.
 */
int la_wrappers_add(const char *name)
{
	return change(name, add_found);
}

/**
 * la_wrappers_remove() - a function is a caller like others from now on
 * @name: see la_wrappers_add()
 *
 * Return: likewise; -ENOENT also when it is none; -EBUSY: it is the slab allocator's own.
 */
int la_wrappers_remove(const char *name)
{
	return change(name, remove_found);
}

struct area {
	unsigned long start, size;
};

static bool is_in_area(const struct la_wrapper *w, const void *area)
{
	const struct area *a = area;

	return w->start - a->start < a->size;
}

static void drop_area(struct area a)
{
	struct set *s = begin(is_in_area, &a);

	if (s->n == now->n)
		return;
	publish(s);
	synchronize_rcu();	/* the other one may be written again */
}

/**
 * la_wrappers_module_going() - drop wrappers whose text is about to be freed
 * @mod: the module
 * @init_only: only its init text goes
 *
 * Context: the module notifier.
 */
void la_wrappers_module_going(struct module *mod, bool init_only)
{
	struct area a;

	mutex_lock(&changes);
	la_compat_module_area(mod, true, &a.start, &a.size);
	drop_area(a);
	la_compat_module_area(mod, false, &a.start, &a.size);
	if (!init_only)
		drop_area(a);
	mutex_unlock(&changes);
}

/**
 * la_wrappers_count() - how many there are
 * @added: gets how many of them root has added
 */
unsigned int la_wrappers_count(unsigned int *added)
{
	unsigned int i, n;

	mutex_lock(&changes);
	n = now->n;
	*added = 0;
	for (i = 0; i < n; i++)
		*added += now->at[i].kind == LA_WRAPPER_ADDED;
	mutex_unlock(&changes);
	return n;
}

/**
 * la_wrappers_copy() - all of them, by address
 * @n: gets how many
 *
 * Return: for kvfree(), or NULL.
 */
struct la_wrapper *la_wrappers_copy(unsigned int *n)
{
	struct la_wrapper *copy = kvcalloc(MAX_WRAPPERS, sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return NULL;
	mutex_lock(&changes);
	*n = now->n;
	memcpy(copy, now->at, now->n * sizeof(*copy));
	mutex_unlock(&changes);
	return copy;
}
