/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows kernel versions.
 *
 * It was measured on 5.10, 6.1, 6.1-rt, 6.12 and 7.3. What can be asked of the compiler
 * (a prototype) or of the headers (an item of an enum, see Kbuild) is asked, so
 * that another kernel is met as what it is: what is unknown there is absent, and
 * `hooks` and `stats` say so. Layouts of private structs are proven at load: layout.c.
 */
#ifndef LEAKACCT_COMPAT_H
#define LEAKACCT_COMPAT_H

#include <linux/bpf.h>
#include <linux/ftrace.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/hugetlb.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/local_lock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/shrinker.h>
#include <linux/skbuff.h>	/* page_frag_cache.h, where there is one */
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#if !defined(CONFIG_SLUB) || !defined(CONFIG_KPROBES) || !defined(CONFIG_DEBUG_FS)
#error "leakacct needs CONFIG_SLUB, CONFIG_KPROBES and CONFIG_DEBUG_FS"
#endif

#define LA_SINCE(major, minor)	(KERNEL_VERSION(major, minor, 0) <= LINUX_VERSION_CODE)

/* sparse does not like that header. */
#if defined(LA_HAS_IO_URING_TYPES) && !defined(__CHECKER__)
#define LA_COMPAT_HAS_IO_URING
#include <linux/io_uring_types.h>
#endif

#if LA_SINCE(7, 3)
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/*
 * Caches and slabs. While struct kmem_cache was public its header wanted a whole
 * struct slab, of which only @objects matters to it; nothing here reads that.
 */
#ifdef LA_HAS_SLUB_DEF
#if LA_SINCE(5, 17)
struct slab {
	unsigned long flags;
	struct list_head list;
	struct kmem_cache *slab_cache;
	void *freelist;
	struct {
		unsigned int inuse:16;
		unsigned int objects:15;
		unsigned int frozen:1;
	};
};

static inline void *slab_address(const struct slab *slab)
{
	return page_address((const struct page *)slab);
}
#endif

#include <linux/slub_def.h>

#define LA_COMPAT_CACHE_SIZE_AT		offsetof(struct kmem_cache, size)
#define LA_COMPAT_CACHE_OBJECT_SIZE_AT	offsetof(struct kmem_cache, object_size)
#define LA_COMPAT_CACHE_OFFSET_AT	offsetof(struct kmem_cache, offset)
#define LA_COMPAT_CACHE_KOBJ_AT		offsetof(struct kmem_cache, kobj)
#define LA_COMPAT_CACHE_LAYOUT {					\
	.flags = offsetof(struct kmem_cache, flags),			\
	.refcount = offsetof(struct kmem_cache, refcount),		\
	.name = offsetof(struct kmem_cache, name),			\
	.list = offsetof(struct kmem_cache, list),			\
	.kobj = offsetof(struct kmem_cache, kobj),			\
}
#else
/* The same on 64 bits from 5.10 to 7.3. */
#define LA_COMPAT_CACHE_SIZE_AT		24
#define LA_COMPAT_CACHE_OBJECT_SIZE_AT	28
/* 6.8 to 6.17 */
#define LA_COMPAT_CACHE_OFFSET_AT	40
#define LA_COMPAT_CACHE_KOBJ_AT		120
#endif

/* Lists of free objects are all that a CPU keeps free, before sheaves (6.18). */
#define LA_COMPAT_HAS_FREELISTS	(IS_ENABLED(CONFIG_64BIT) && !IS_ENABLED(CONFIG_KASAN) && \
				 !IS_ENABLED(CONFIG_SLUB_TINY) && !LA_SINCE(6, 18))

/*
 * Where they lie, in struct kmem_cache (of the first cache line, and behind its kobject),
 * kmem_cache_cpu and slab or page; the same from 5.10 to 6.17, and proven at load.
 */
struct la_compat_free_layout {
	u16 cpus;		/* struct kmem_cache: its per-CPU parts */
	u16 offset;		/* of the word in a free object */
	u16 random;
	u16 cpu_list;		/* struct kmem_cache_cpu */
	u16 cpu_slab;
	u16 slab_list;		/* struct slab, or page */
};

#define LA_COMPAT_FREE_LAYOUT {							\
	.cpus = 0,								\
	.offset = LA_COMPAT_CACHE_OFFSET_AT,					\
	.random = LA_COMPAT_CACHE_KOBJ_AT + sizeof(struct kobject),		\
	.cpu_list = 0,								\
	.cpu_slab = 16,								\
	.slab_list = 32,							\
}

/* What is so as long as a large kmalloc lives; page types tell it since 6.15. */
static inline bool la_compat_may_be_large(struct page *page)
{
#if LA_SINCE(6, 15)
	return PageLargeKmalloc(page);
#else
	return page_count(page) > 0 && !PageSlab(page) && !PageBuddy(page) && !PageLRU(page);
#endif
}

static __always_inline unsigned int la_compat_cache_size(const struct kmem_cache *s)
{
	return *(const unsigned int *)((const char *)s + LA_COMPAT_CACHE_SIZE_AT);
}

static __always_inline unsigned int la_compat_cache_object_size(const struct kmem_cache *s)
{
	return *(const unsigned int *)((const char *)s + LA_COMPAT_CACHE_OBJECT_SIZE_AT);
}

/* Bytes of the pages that a large kmalloc took. */
static inline size_t la_compat_large_size(const void *object)
{
	return page_size(virt_to_head_page(object));
}

/*
 * vmalloc() has __vmalloc_node_range() inlined on 5.10. What all of them call there is
 * __vmalloc_area_node(), of an area that says all but how much was asked for.
 */
#define LA_COMPAT_VMALLOC_BY_AREA	(!LA_SINCE(6, 1))

/* Areas that may lie in huge pages, since 5.12. */
#ifdef VM_ALLOW_HUGE_VMAP
#define LA_COMPAT_ALLOW_HUGE	VM_ALLOW_HUGE_VMAP
#else
#define LA_COMPAT_ALLOW_HUGE	0
#endif

/* What get_slabinfo() fills in: mm/slab.h, the same since 2012. */
struct la_compat_slabinfo {
	unsigned long active_objs;
	unsigned long num_objs;
	unsigned long active_slabs;
	unsigned long num_slabs;
	unsigned long shared_avail;
	unsigned int limit;
	unsigned int batchcount;
	unsigned int shared;
	unsigned int objects_per_slab;
	unsigned int cache_order;
};

/* Start of the slab that an object lies in. */
static inline void *la_compat_slab_start(const void *object)
{
	return page_address(virt_to_head_page(object));
}

/* Bulk allocation is all or nothing; it returned a number, later a bool in one byte. */
#define LA_COMPAT_BULK_RESULT(value)	\
	((typeof(kmem_cache_alloc_bulk(NULL, 0, 0, NULL)))(value) != 0)

#define LA_COMPAT_HAS_ALLOC_LRU		LA_SINCE(5, 18)

/*
 * Tracepoints. An event is only used by a handler whose type is the event's own:
 * see la_compat_takes(). kmalloc_node and kmem_cache_alloc_node are part of
 * kmalloc and kmem_cache_alloc since 11e9734bcb6a in 6.1.
 */
#define LA_COMPAT_NODE_EVENTS		(!LA_SINCE(6, 1))
#define la_compat_takes(event, fn)					\
	__builtin_types_compatible_p(typeof(check_trace_callback_type_##event),	\
				     void (typeof(fn) *))

/*
 * A large kmalloc() of run-time size is traced twice, first within the allocator,
 * since 7bd230a26648 in 6.10.
 */
#define LA_COMPAT_LARGE_TRACED_TWICE	LA_SINCE(6, 10)
/* Before 6.1 __kmalloc() jumps to kmalloc_order_trace() for one, which is watched. */
#define LA_COMPAT_LARGE_BY_ORDER	(!LA_SINCE(6, 1))
/*
 * Since then its functions go by frame pointers too, which are on the stack only if a
 * handler saves it.
 */
#define LA_COMPAT_ALLOCATORS_USE_BP	LA_SINCE(6, 10)
/* There, kvmalloc() does likewise since it moved into slub.c, in 6.15. */
#define LA_COMPAT_KVMALLOC_IN_SLUB	LA_SINCE(6, 15)
/*
 * kfree_rcu() may put an object where it is allocated from again without being
 * freed for anybody to see (sheaves, 6.18).
 */
#define LA_COMPAT_RCU_HAS_NO_ECHO	LA_SINCE(6, 18)

/*
 * Handlers of tracepoints run with preemption off, or on: see Kbuild. Then what they do
 * is a function of its own, so that it can end in a jump either way.
 */
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
#define LA_COMPAT_HANDLERS_CALL	1
#define la_compat_event	noinline
#else
#define LA_COMPAT_HANDLERS_CALL	0
#define la_compat_event	__always_inline
#endif

static __always_inline void la_compat_event_begin(void)
{
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
	preempt_disable_notrace();
#endif
}

static __always_inline void la_compat_event_end(void)
{
#ifdef LA_HAS_PREEMPTIBLE_EVENTS
	preempt_enable_notrace();
#endif
}

/*
 * kvfree_call_rcu(head, offset): the head's in the object, or the object itself
 * when there is no head; since 04a522b7da3d in 6.3 (head, object).
 */
struct kvfree_rcu_head;

#define LA_COMPAT_RCU_TAKES_OFFSET	\
	__builtin_types_compatible_p(typeof(kvfree_call_rcu), void (struct rcu_head *, \
								    rcu_callback_t))
#define LA_COMPAT_RCU_TAKES_OBJECT	\
	(__builtin_types_compatible_p(typeof(kvfree_call_rcu),		\
				      void (struct rcu_head *, void *)) || \
	 __builtin_types_compatible_p(typeof(kvfree_call_rcu), \
				      void (struct kvfree_rcu_head *, void *)))
#define LA_COMPAT_RCU_IS_KNOWN	(LA_COMPAT_RCU_TAKES_OFFSET || LA_COMPAT_RCU_TAKES_OBJECT)

static __always_inline const void *la_compat_rcu_object(struct pt_regs *regs)
{
	unsigned long head = regs_get_kernel_argument(regs, 0);
	unsigned long arg = regs_get_kernel_argument(regs, 1);

	if (LA_COMPAT_RCU_TAKES_OFFSET && head)
		return (void *)(head - arg);
	return (void *)arg;
}

/* Where a module's core or init text lies. */
static inline void la_compat_module_area(const struct module *mod, bool init,
					 unsigned long *start, unsigned long *size)
{
#if LA_SINCE(6, 4)
	const struct module_memory *mem = &mod->mem[init ? MOD_INIT_TEXT : MOD_TEXT];

	*start = (unsigned long)mem->base;
	*size = mem->size;
#else
	*start = (unsigned long)(init ? mod->init_layout.base : mod->core_layout.base);
	*size = init ? mod->init_layout.size : mod->core_layout.size;
#endif
}

/*
 * kallsyms_on_each_symbol() and module_kallsyms_on_each_symbol(): whether their callback
 * is told the module, and whether the latter is told in which one to look.
 */
typedef int (*la_compat_symbol_fn)(void *, const char *, unsigned long);
typedef int (*la_compat_symbol_of_fn)(void *, const char *, struct module *, unsigned long);

#define LA_COMPAT_SYMBOLS_HAVE_MODULE					\
	__builtin_types_compatible_p(typeof(kallsyms_on_each_symbol),	\
				     int(la_compat_symbol_of_fn, void *))
#define LA_COMPAT_SYMBOLS_IN_MODULE						\
	(__builtin_types_compatible_p(typeof(module_kallsyms_on_each_symbol),	\
				      int(const char *, la_compat_symbol_fn, void *)) || \
	 __builtin_types_compatible_p(typeof(module_kallsyms_on_each_symbol),	\
				      int(const char *, la_compat_symbol_of_fn, void *)))

/* At the first instruction of a function: the return address is on top of the stack. */
static __always_inline unsigned long la_compat_entry_caller(struct pt_regs *regs)
{
	return *(unsigned long *)kernel_stack_pointer(regs);
}

/*
 * ftrace_ops. A handler may nest in itself and must hear of all: before 5.11 one
 * had to ask for that, since then one asks for the contrary.
 */
#if LA_SINCE(5, 11)
#define LA_COMPAT_FTRACE_FLAGS	0
#define la_compat_fregs	struct ftrace_regs

static __always_inline struct pt_regs *la_compat_ftrace_regs(la_compat_fregs *fregs)
{
	return ftrace_get_regs(fregs);
}
#else
#define LA_COMPAT_FTRACE_FLAGS	FTRACE_OPS_FL_RECURSION_SAFE
#define la_compat_fregs	struct pt_regs

static __always_inline struct pt_regs *la_compat_ftrace_regs(la_compat_fregs *fregs)
{
	return fregs;
}
#endif

/* Free the filter of a disarmed one; ftrace_free_filter() is exported since 6.1 or so. */
static inline void la_compat_ftrace_forget(struct ftrace_ops *ops)
{
#if LA_SINCE(6, 1)
	ftrace_free_filter(ops);
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}

/* Direct calls: of an address, since 6.4 of an ftrace_ops that is set on one. */
#if defined(CONFIG_X86_64) && defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
#define LA_COMPAT_HAS_DIRECT

struct la_compat_direct {
	struct ftrace_ops ops;
	unsigned long ip;
};

static inline int la_compat_direct_register(struct la_compat_direct *d, unsigned long ip,
					    unsigned long call)
{
	d->ip = ip;
#if LA_SINCE(6, 4)
	{
		int err = ftrace_set_filter_ip(&d->ops, ip, 0, 0);

		if (!err)
			err = register_ftrace_direct(&d->ops, call);
		if (err)
			ftrace_free_filter(&d->ops);
		return err;
	}
#else
	return register_ftrace_direct(ip, call);
#endif
}

static inline void la_compat_direct_unregister(struct la_compat_direct *d, unsigned long call)
{
#if LA_SINCE(6, 4)
	unregister_ftrace_direct(&d->ops, call, true);
#else
	unregister_ftrace_direct(d->ip, call);
#endif
}
#endif

/* kretprobes: the return address, and who is asked for it. */
static __always_inline struct kretprobe *la_compat_kretprobe(struct kretprobe_instance *ri)
{
#if LA_SINCE(5, 11)
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

static __always_inline unsigned long la_compat_return_address(struct kretprobe_instance *ri,
							      struct pt_regs *regs)
{
#if LA_SINCE(5, 18)
	return get_kretprobe_retaddr(ri);
#else
	/* Who unwinds from @regs starts where the function returns to. */
	regs->ip = (unsigned long)ri->ret_addr;
	return (unsigned long)ri->ret_addr;
#endif
}

/* Functions of the page allocator that hooks=kprobe watches. */
#define LA_COMPAT_UNREF_HAS_ORDER	LA_SINCE(5, 13)
#define LA_COMPAT_BULK_PAGES_HAVE_LIST	(!LA_SINCE(6, 13))

/* What free_unref_page_list(), since 6.8 free_unref_folios() is given. */
typedef void (*la_compat_page_fn)(struct page *page, unsigned int order);

static inline void la_compat_visit_freed(unsigned long list, la_compat_page_fn fn)
{
#if LA_SINCE(6, 8)
	struct folio_batch *batch = (void *)list;
	unsigned int i;

	for (i = 0; i < folio_batch_count(batch); i++)
		fn(&batch->folios[i]->page, folio_order(batch->folios[i]));
#else
	struct page *page;

	list_for_each_entry(page, (struct list_head *)list, lru)
		fn(page, 0);
#endif
}

/* Is a block of pages the kernel's, and not a slab's, a user's or another's of these? */
static inline bool la_compat_page_is_kernels(struct page *page)
{
	struct page *head = compound_head(page);
	unsigned long mapping;

	/* Free ones of a CPU's list, unless pages in use can be as few references. */
	if (!LA_SINCE(6, 14) && !page_count(head))
		return false;
	if (PageBuddy(page) || PageReserved(page) || PageSlab(head) || PageTable(page) ||
	    PageOffline(page) || PageHuge(head) || PageLRU(head))
		return false;
	/* On its way to the LRU list or back; a driver's that can be moved has bit 1 alone. */
	mapping = (unsigned long)READ_ONCE(head->mapping);
	return !mapping || (mapping & 3) == 2;
}

/* The flags of a page, a type of their own since 6.18. */
static inline unsigned long la_compat_page_flags(const struct page *page)
{
#if LA_SINCE(6, 18)
	return READ_ONCE(page->flags.f);
#else
	return READ_ONCE(page->flags);
#endif
}

/*
 * A driver's, like zsmalloc's, that can be moved: a mark in the mapping until 6.16, then a
 * flag that means something else on pages of other types.
 */
static inline bool la_compat_page_is_movable(struct page *head)
{
#if LA_SINCE(6, 17)
	return PageZsmalloc(head) || page_has_movable_ops(head);
#else
	return ((unsigned long)READ_ONCE(head->mapping) & 3) == 2;
#endif
}

/* Free, but not accepted from the host of a virtual machine: in MemFree. */
static inline bool la_compat_page_is_unaccepted(const struct page *page)
{
#if LA_SINCE(6, 12)
	return PageUnaccepted(page);
#else
	return false;
#endif
}

/* A large kmalloc, where that has a mark. */
static inline bool la_compat_page_is_large(const struct page *head)
{
#if LA_SINCE(6, 15)
	return PageLargeKmalloc(head);
#else
	return false;
#endif
}

/*
 * Pages of a CPU that may change LRU lists in batches, which they do without the mark of
 * these since 33dfe9204f29 in 6.11.
 */
#define LA_COMPAT_UNMARKED_LRU	(LA_SINCE(6, 11) ? 6 * 31 : 0)

/*
 * Areas of vmalloc() by address: one tree for all, since 6.9 one for each node of an array
 * that is private to mm/vmalloc.c, and the same there up to 7.3. Proven before it is used.
 */
#if LA_SINCE(6, 9)
#define LA_COMPAT_AREAS_IN_NODES	1
struct la_compat_area_node {
	struct {
		struct list_head head;
		unsigned long len;
	} pool[256];
	spinlock_t pool_lock;		/* not ours to take */
	bool skip_populate;
	struct {
		struct rb_root root;
		struct list_head head;
		spinlock_t lock;	/* of @root */
	} busy, lazy;
	struct list_head purge_list;
	struct work_struct purge_work;
	unsigned long nr_purged;
};
#else
#define LA_COMPAT_AREAS_IN_NODES	0
struct la_compat_area_node {
	struct {
		struct rb_root root;
		struct list_head head;
		spinlock_t lock;	/* of @root */
	} busy;
};
#endif

/*
 * The page at an address of an area that may have none there: about that vmalloc_to_page()
 * warns until 5.13, if tables are missing.
 */
static inline struct page *la_compat_area_page(struct mm_struct *kernel, unsigned long addr)
{
#if !LA_SINCE(5, 13)
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!kernel)
		return NULL;
	pgd = pgd_offset(kernel, addr);
	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || pud_bad(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd) || pmd_bad(*pmd))
		return NULL;
#endif
	return vmalloc_to_page((void *)addr);
}

/* Directory entries: go on, as an int or a bool. */
#if LA_SINCE(6, 1)
#define la_compat_filldir_result	bool
#define LA_COMPAT_FILLDIR_GO_ON		true
#else
#define la_compat_filldir_result	int
#define LA_COMPAT_FILLDIR_GO_ON		0
#endif

#ifndef IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(_func) \
	{ .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (_func) }
#endif

#if !LA_SINCE(5, 11)
#define in_hardirq()	in_irq()
#endif

/* Free pages on the lists of a CPU. */
static inline int la_compat_pcp_count(struct zone *zone, int cpu)
{
#if LA_SINCE(5, 14)
	return READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
#else
	return READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->pcp.count);
#endif
}

/* What a CPU has not folded into a zone's counter yet. */
static inline long la_compat_zone_diff(struct zone *zone, int cpu, enum zone_stat_item item)
{
#if LA_SINCE(5, 14)
	return per_cpu_ptr(zone->per_cpu_zonestats, cpu)->vm_stat_diff[item];
#else
	return per_cpu_ptr(zone->pageset, cpu)->vm_stat_diff[item];
#endif
}

/* Page tables were a counter of zones before 5.11. */
#define LA_COMPAT_PAGETABLE_IN_ZONES	(!LA_SINCE(5, 11))
/* What was counted are the lower levels of processes; it is all levels, of the kernel too. */
#define LA_COMPAT_PAGETABLES_ARE_ALL	LA_SINCE(7, 0)

/* So many pages go between the lists of a CPU and the zone's at once. */
static inline int la_compat_pcp_batch(struct zone *zone)
{
#if LA_SINCE(5, 14)
	return READ_ONCE(zone->pageset_batch);
#else
	return READ_ONCE(per_cpu_ptr(zone->pageset, 0)->pcp.batch);
#endif
}

/*
 * Pages that wait to be put on an LRU list: as those of mm/swap.c and mm/mlock.c, which are
 * not public, begin. Proven at load.
 */
#if LA_SINCE(5, 17)
#define la_compat_batch		folio_batch
#define LA_COMPAT_BATCH_SIZE	ARRAY_SIZE(((struct folio_batch *)NULL)->folios)
#define la_compat_batch_at(b, i)	((unsigned long)READ_ONCE((b)->folios[i]))
#else
#define la_compat_batch		pagevec
#define LA_COMPAT_BATCH_SIZE	ARRAY_SIZE(((struct pagevec *)NULL)->pages)
#define la_compat_batch_at(b, i)	((unsigned long)READ_ONCE((b)->pages[i]))
#endif

struct la_compat_lru_batch {
	local_lock_t lock;
	struct la_compat_batch batch;
};

/* Pages of mlock() have had one of their own since 5.18. */
#define LA_COMPAT_MLOCK_BATCHES	LA_SINCE(5, 18)

/* Open files, and what they hold. */
static inline struct socket *la_compat_socket(struct file *file)
{
#if LA_SINCE(5, 11)
	return sock_from_file(file);
#else
	int err;

	return sock_from_file(file, &err);
#endif
}

/*
 * The rings of io_uring and their entries, for each of which a block of pages is taken, or
 * single ones if there is none; 0 while its struct was private, before 6.0.
 */
static inline u64 la_compat_io_uring_bytes(const void *private, unsigned int *sq,
					   unsigned int *cq)
{
#ifdef LA_COMPAT_HAS_IO_URING
	const struct io_ring_ctx *ctx = private;
	size_t sqe = sizeof(struct io_uring_sqe), cqe = sizeof(struct io_uring_cqe);

	*sq = READ_ONCE(ctx->sq_entries);
	*cq = READ_ONCE(ctx->cq_entries);
	if (ctx->flags & IORING_SETUP_SQE128)
		sqe *= 2;
	if (ctx->flags & IORING_SETUP_CQE32)
		cqe *= 2;
	return (PAGE_SIZE << get_order(*sq * sqe)) +
	       (PAGE_SIZE << get_order(sizeof(struct io_rings) + *cq * cqe +
				       *sq * sizeof(u32)));
#else
	return 0;
#endif
}

/*
 * What a BPF map takes: maps said so until 5.11, and can be asked since 6.4; what is in
 * between was an estimate in the kernel itself.
 */
static inline u64 la_compat_bpf_map_bytes(const struct bpf_map *map)
{
#if defined(LA_HAS_map_mem_usage)
	return map->ops->map_mem_usage ? map->ops->map_mem_usage(map) : 0;
#elif defined(LA_HAS_bpf_map_memory)
	return (u64)map->memory.pages << PAGE_SHIFT;
#else
	u64 value = round_up(map->value_size, 8);

	if (map->map_type == BPF_MAP_TYPE_RINGBUF)
		return PAGE_ALIGN(map->max_entries) + 3 * PAGE_SIZE;
	if (map->map_type == BPF_MAP_TYPE_PERCPU_HASH ||
	    map->map_type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	    map->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		value *= num_possible_cpus();
	return PAGE_ALIGN(map->max_entries * (round_up(map->key_size, 8) + value));
#endif
}

/* What only trials and the modules of the tests use. */
#ifdef kvfree_rcu_mightsleep
#define la_compat_kvfree_rcu(object)	kvfree_rcu_mightsleep(object)
#else
#define la_compat_kvfree_rcu(object)	kvfree_rcu(object)
#endif

/* Pages in bulk since 5.13: into an array, which later lost its name; into a list until then. */
#ifdef alloc_pages_bulk
#define la_compat_alloc_pages_bulk(...)		alloc_pages_bulk(__VA_ARGS__)
#elif LA_SINCE(5, 13)
#define la_compat_alloc_pages_bulk(...)		alloc_pages_bulk_array(__VA_ARGS__)
#define la_compat_alloc_pages_bulk_list(...)	alloc_pages_bulk_list(__VA_ARGS__)
#endif

/* Page frames that lie side by side: what they are for was a type, later flags. */
#ifdef ACR_FLAGS_NONE
#define la_compat_alloc_contig_range(from, to)	\
	alloc_contig_range(from, to, ACR_FLAGS_NONE, GFP_KERNEL)
#define LA_COMPAT_HAS_CONTIG_PAGES		/* is exported */
#else
#define la_compat_alloc_contig_range(from, to)	\
	alloc_contig_range(from, to, MIGRATE_MOVABLE, GFP_KERNEL)
#endif

static inline void la_compat_page_frag_drain(struct page_frag_cache *cache)
{
#if LA_SINCE(6, 9)
	page_frag_cache_drain(cache);
#else
	if (cache->va)
		__page_frag_cache_drain(virt_to_head_page(cache->va), cache->pagecnt_bias);
	cache->va = NULL;
#endif
}

/* A vmalloc area that grows, which is not exported everywhere by itself. */
#if LA_SINCE(6, 12)
#define la_compat_vrealloc(area, size)		kvrealloc(area, size, GFP_KERNEL)
#endif

/* In a hard interrupt, but where nobody may allocate or free there. */
#ifdef CONFIG_PREEMPT_RT
#define LA_COMPAT_IRQ_WORK(fn)			IRQ_WORK_INIT(fn)
#else
#define LA_COMPAT_IRQ_WORK(fn)			IRQ_WORK_INIT_HARD(fn)
#endif

static inline struct task_struct *la_compat_kthread_on_cpu(int (*fn)(void *), void *data,
							   unsigned int cpu, const char *name)
{
	struct task_struct *thread = kthread_create_on_node(fn, data, cpu_to_node(cpu), "%s/%u",
							    name, cpu);

	/* kthread_create_on_cpu() is exported since 5.15 or so. */
	if (!IS_ERR(thread))
		kthread_bind(thread, cpu);
	return thread;
}

#if LA_SINCE(6, 10)
#define LA_COMPAT_NAME_OF_KMALLOC	"__kmalloc_noprof"
#define LA_COMPAT_NAME_OF_GET_PAGE	"get_free_pages_noprof"
#else
#define LA_COMPAT_NAME_OF_KMALLOC	"__kmalloc"
#define LA_COMPAT_NAME_OF_GET_PAGE	"__get_free_pages"
#endif

static inline void la_compat_hrtimer_setup(struct hrtimer *timer,
					   enum hrtimer_restart (*fn)(struct hrtimer *),
					   enum hrtimer_mode mode)
{
#if LA_SINCE(6, 13)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fn;
#endif
}

static inline void la_compat_timer_delete_sync(struct timer_list *timer)
{
#if LA_SINCE(6, 2)
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/*
 * Shrinkers: all of a list, for which @ask is called where it may sleep. Since each has a count
 * of users the list has no lock.
 */
#ifdef SHRINKER_ALLOCATED
#define LA_COMPAT_SHRINKERS_HAVE_LOCK	false

static inline u64 la_compat_shrinkers_sum(struct list_head *list, struct rw_semaphore *unused,
					  bool (*wants)(struct shrinker *s, const void *data),
					  const void *data, u64 (*ask)(struct shrinker *s))
{
	struct shrinker *s;
	u64 sum = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(s, list, list) {
		if (!wants(s, data) || !shrinker_try_get(s))
			continue;
		rcu_read_unlock();
		sum += ask(s);
		rcu_read_lock();
		shrinker_put(s);
	}
	rcu_read_unlock();
	return sum;
}
#else
#define LA_COMPAT_SHRINKERS_HAVE_LOCK	true

static inline u64 la_compat_shrinkers_sum(struct list_head *list, struct rw_semaphore *lock,
					  bool (*wants)(struct shrinker *s, const void *data),
					  const void *data, u64 (*ask)(struct shrinker *s))
{
	struct shrinker *s;
	u64 sum = 0;

	if (!down_read_trylock(lock))
		return 0;
	list_for_each_entry(s, list, list)
		if (wants(s, data))
			sum += ask(s);
	up_read(lock);
	return sum;
}
#endif

typedef unsigned long (*la_compat_shrinker_fn)(struct shrinker *s, struct shrink_control *sc);

static inline int la_compat_shrinker_register(struct shrinker *s, const char *name)
{
#ifdef SHRINKER_ALLOCATED
	shrinker_register(s);
	return 0;
#elif LA_SINCE(6, 0)
	return register_shrinker(s, "%s", name);
#else
	return register_shrinker(s);
#endif
}

static inline struct shrinker *la_compat_shrinker_add(la_compat_shrinker_fn count,
						      la_compat_shrinker_fn scan,
						      const char *name)
{
#ifdef SHRINKER_ALLOCATED
	struct shrinker *s = shrinker_alloc(0, "%s", name);
#else
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);
#endif

	if (!s)
		return NULL;
	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	if (!la_compat_shrinker_register(s, name))
		return s;
	kfree(s);
	return NULL;
}

static inline void la_compat_shrinker_remove(struct shrinker *s)
{
#ifdef SHRINKER_ALLOCATED
	shrinker_free(s);
#else
	unregister_shrinker(s);
	kfree(s);
#endif
}

#endif /* LEAKACCT_COMPAT_H */
