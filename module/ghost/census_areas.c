// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas for the census.
 *
 * The pages of areas have no mark, but the areas know them: those of vmalloc() by an
 * array, those of percpu chunks by the kernel's page tables. The trees of areas are
 * private to mm/vmalloc.c; they are found by symbol, and read under their own lock, so
 * many pages at a time. An area that comes or goes between two batches is found or not.
 *
 * Areas that map somebody's pages (vmap(), ioremap()) do not own them.
 */
#include "census_areas.h"

#include <linux/rbtree.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "symbols.h"

#define BATCH		256	/* pages, or areas, while the lock is held */
#define WORDS_PER_SECTION	(2 * LA_SECTION_FRAMES / BITS_PER_LONG)
#define STACK_PAGES	(THREAD_SIZE / PAGE_SIZE)

/* Whoever makes a task gets its stack: one of these, as the compiler has inlined. */
static struct {
	const char *name;
	unsigned long start;
	unsigned long size;
} stack_makers[] = {
	{ "alloc_thread_stack_node" }, { "dup_task_struct" }, { "copy_process" },
	{ "kernel_clone" }, { "_do_fork" }, { "fork_idle" }, { "create_io_thread" },
	{ "kernel_thread" }, { "user_mode_thread" }, { "vhost_task_create" },
};

/* The one tree, or those of an array of nodes. */
static struct rb_root *the_tree;
static spinlock_t *the_lock;
static struct la_compat_area_node *nodes;
static unsigned int nr_trees;
static unsigned long percpu_maker, percpu_maker_size;
static struct mm_struct *kernel_mm;

/* Is that a node? Its list of areas is one. */
static bool is_node(const struct la_compat_area_node *node)
{
	const struct list_head *head = &node->busy.head, *at, *back;
	const struct rb_node *root;

	return !copy_from_kernel_nofault(&at, &head->next, sizeof(at)) &&
	       !copy_from_kernel_nofault(&back, &at->prev, sizeof(back)) && back == head &&
	       !copy_from_kernel_nofault(&root, &node->busy.root.rb_node, sizeof(root)) &&
	       !root == (at == head);
}

static void find_nodes(void)
{
	unsigned long array = la_symbols_address("vmap_nodes");
	unsigned long number = la_symbols_address("nr_vmap_nodes");
	unsigned int i, n;

	if (!array || !number)
		return;
	nodes = *(struct la_compat_area_node **)array;
	n = *(const unsigned int *)number;
	for (i = 0; i < n; i++)
		if (!is_node(&nodes[i]))
			return;
	nr_trees = n;
}

/**
 * la_told_init() - find the areas, and who makes stacks
 */
void la_told_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stack_makers); i++) {
		stack_makers[i].start = la_symbols_address(stack_makers[i].name);
		stack_makers[i].size = la_symbols_size(stack_makers[i].start);
	}
	percpu_maker = la_symbols_address("pcpu_get_vm_areas");
	percpu_maker_size = la_symbols_size(percpu_maker);
	kernel_mm = (struct mm_struct *)la_symbols_address("init_mm");
	nr_trees = 0;
	if (LA_COMPAT_AREAS_IN_NODES) {
		find_nodes();
		return;
	}
	the_tree = (struct rb_root *)la_symbols_address("vmap_area_root");
	the_lock = (spinlock_t *)la_symbols_address("vmap_area_lock");
	nr_trees = the_tree && the_lock;
}

/**
 * la_told_open() - room for all memory
 * @map: the result
 *
 * Context: process. What this takes is in vmalloc's own counter before the census begins.
 * Return: 0 or -ENOMEM.
 */
int la_told_open(struct la_told_map *map)
{
	unsigned long at, n = 0;

	map->areas_known = nr_trees;
	map->sections = vzalloc(la_pages_nr_sections * sizeof(*map->sections));
	for (at = 0; at < la_pages_nr_sections; at++)
		n += !!READ_ONCE(la_pages_sections[at]);
	map->words = vzalloc(n * WORDS_PER_SECTION * sizeof(long));
	if (!map->sections || !map->words) {
		la_told_close(map);
		return -ENOMEM;
	}
	for (at = 0; at < la_pages_nr_sections && n; at++)
		if (READ_ONCE(la_pages_sections[at]))
			map->sections[at] = map->words + --n * WORDS_PER_SECTION;
	return 0;
}

/**
 * la_told_close() - done
 * @map: the map
 */
void la_told_close(struct la_told_map *map)
{
	vfree(map->sections);
	vfree(map->words);
}

static void tell(struct la_told_map *map, const struct page *page, enum la_told told)
{
	unsigned long pfn, at, bit;

	if (!page)
		return;
	pfn = page_to_pfn(page);
	at = pfn >> LA_SECTION_BITS;
	bit = 2 * la_pages_in_section(pfn);
	if (at >= la_pages_nr_sections || !map->sections[at])
		return;
	map->sections[at][BIT_WORD(bit)] |= (unsigned long)told << (bit % BITS_PER_LONG);
}

static bool makes_stacks(const struct vm_struct *vm)
{
	unsigned long caller = (unsigned long)vm->caller;
	unsigned int i;

	if (!IS_ENABLED(CONFIG_VMAP_STACK) || vm->nr_pages != STACK_PAGES)
		return false;
	for (i = 0; i < ARRAY_SIZE(stack_makers); i++)
		if (caller - stack_makers[i].start < stack_makers[i].size)
			return true;
	return false;
}

static bool is_percpu(const struct vm_struct *vm)
{
	return !vm->pages && (unsigned long)vm->caller - percpu_maker < percpu_maker_size;
}

/* Where the walk of a tree goes on: page @page of the first area at @addr or behind it. */
struct place {
	unsigned long addr;
	unsigned long page;
};

/* Return: pages of the area that were looked at; fewer than @most when those are all. */
static unsigned long tell_area(struct la_told_map *map, const struct vmap_area *va,
			       unsigned long page, unsigned long most)
{
	const struct vm_struct *vm = va->vm;
	unsigned long i, n, pages;
	enum la_told told;

	if (!vm || !(vm->flags & VM_ALLOC) || vm->flags & VM_UNINITIALIZED)
		return 0;
	if (is_percpu(vm)) {
		pages = (va->va_end - va->va_start) >> PAGE_SHIFT;
		n = min(most, pages - min(page, pages));
		for (i = page; i < page + n; i++)
			tell(map, la_compat_area_page(kernel_mm, va->va_start + (i << PAGE_SHIFT)),
			     LA_TOLD_PERCPU);
		return n;
	}
	pages = vm->pages ? vm->nr_pages : 0;
	n = min(most, pages - min(page, pages));
	told = makes_stacks(vm) ? LA_TOLD_STACK : LA_TOLD_VMALLOC;
	for (i = page; i < page + n; i++)
		tell(map, vm->pages[i], told);
	return n;
}

static struct vmap_area *first_at(struct rb_root *root, unsigned long addr)
{
	struct rb_node *node = root->rb_node;
	struct vmap_area *first = NULL;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);

		if (va->va_start >= addr)
			first = va;
		node = va->va_start >= addr ? node->rb_left : node->rb_right;
	}
	return first;
}

/* Return: whether there is more. */
static bool tell_batch(struct la_told_map *map, struct rb_root *root, struct place *at)
{
	struct vmap_area *va = first_at(root, at->addr);
	unsigned long left = BATCH;

	while (va) {
		struct rb_node *next = rb_next(&va->rb_node);
		unsigned long n;

		if (va->va_start != at->addr)
			at->page = 0;
		at->addr = va->va_start;
		n = tell_area(map, va, at->page, left);
		at->page += n;
		if (n == left)
			return true;
		left -= n;
		at->addr++;
		if (!--left)
			return true;
		va = next ? rb_entry(next, struct vmap_area, rb_node) : NULL;
	}
	return false;
}

/**
 * la_told_fill() - tell the frames of all areas
 * @map: of la_told_open()
 *
 * Context: process.
 * Return: 0, or -EINTR when the task is to die.
 */
int la_told_fill(struct la_told_map *map)
{
	unsigned int i;

	for (i = 0; i < nr_trees; i++) {
		struct rb_root *root = nodes ? &nodes[i].busy.root : the_tree;
		spinlock_t *lock = nodes ? &nodes[i].busy.lock : the_lock;
		struct place at = { };
		bool more;

		do {
			spin_lock(lock);
			more = tell_batch(map, root, &at);
			spin_unlock(lock);
			cond_resched();
			if (fatal_signal_pending(current))
				return -EINTR;
		} while (more);
	}
	return 0;
}
