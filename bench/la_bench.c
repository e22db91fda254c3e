// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the instructions of allocations and frees.
 *
 * For a guest with one CPU under QEMU -icount shift=0,sleep=off. There the time
 * stamp counter advances by one an instruction, and by the time to the next timer
 * while the CPU is halted; so what is not halted time is instructions. Time
 * is taken from it directly, as the kernel's clock scales it by what it measured
 * at boot.
 *
 * /sys/module/la_bench/parameters/:
 *   run     write "OPERATION": measure it; read: "operations instructions batch worst",
 *           of which worst are the instructions of the worst batch of operations
 *   plant   write N: take N more objects and hold them, 0: free all; read: how many
 *   sizes   "MIN MAX" of the objects planted, in bytes
 *   probes  1: empty probes on the tracepoints of the allocator
 *   settle  write: let deferred work end that waits for RCU or for a CPU
 *   clock   read: "all halted", the time stamp counter and the halted part of it
 *   steps   write OPERATION: do it once, one instruction at a time
 *
 * /sys/kernel/debug/la_bench_steps: those instructions, but for interrupts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/tracepoint.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

/* A pair gets the same address each time, so batches are made at many. */
#define BATCHES		256u
#define ROUNDS		64u	/* a batch: too short to hide a tick of the clock */
#define BULK		16u
#define SPLIT_ORDER	5u
#define OBJECT_SIZE	64u
#define CACHE_SIZE	136u
#define RCU_OBJECTS	32768u
/* Past the 5 s for which kfree_rcu() gathers, and two grace periods. */
#define RCU_WAIT_MS	8000u
#define WARM_BATCHES	8u
#define MAX_STEPS	65536u

static DEFINE_MUTEX(lock);
static struct kmem_cache *cache;

/* --- the clock ------------------------------------------------------------- */

static u64 halted;
static u64 halted_since;

/* An interrupt ends the halt: what its handler does is work. */
static void halt_ends(void *unused)
{
	if (halted_since)
		halted += rdtsc_ordered() - halted_since;
	halted_since = 0;
}

static void cpu_idle(void *unused, unsigned int state, unsigned int cpu)
{
	if (state == (unsigned int)-1)
		halt_ends(NULL);
	else
		halted_since = rdtsc_ordered();
}

static u64 busy_clock(void)
{
	return rdtsc_ordered() - READ_ONCE(halted);
}

/* --- probes ---------------------------------------------------------------- */

/* All arguments are passed in registers, and it looks at none. */
static void empty(void *unused)
{
}

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tp;
	bool on;
} clock_hooks[] = {
	{ "cpu_idle", cpu_idle },
	{ "local_timer_entry", halt_ends },
	{ "irq_work_entry", halt_ends },
	{ "reschedule_entry", halt_ends },
	{ "call_function_entry", halt_ends },
	{ "call_function_single_entry", halt_ends },
	{ "irq_handler_entry", halt_ends },
}, empty_hooks[] = {
	{ "kmalloc", empty },
	{ "kfree", empty },
	{ "kmem_cache_alloc", empty },
	{ "kmem_cache_free", empty },
};

static void find_hook(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clock_hooks); i++)
		if (!strcmp(tp->name, clock_hooks[i].name))
			clock_hooks[i].tp = tp;
	for (i = 0; i < ARRAY_SIZE(empty_hooks); i++)
		if (!strcmp(tp->name, empty_hooks[i].name))
			empty_hooks[i].tp = tp;
}

static void hooks_off(struct hook *hooks, unsigned int n)
{
	for (; n--; hooks++) {
		if (hooks->on)
			tracepoint_probe_unregister(hooks->tp, hooks->probe, NULL);
		hooks->on = false;
	}
	tracepoint_synchronize_unregister();
}

static int hooks_on(struct hook *hooks, unsigned int n)
{
	struct hook *h;
	int err;

	for (h = hooks; h < hooks + n; h++) {
		err = h->tp ? tracepoint_probe_register(h->tp, h->probe, NULL) : -ENOENT;
		if (err) {
			pr_err("no probe on %s: %d\n", h->name, err);
			hooks_off(hooks, n);
			return err;
		}
		h->on = true;
	}
	return 0;
}

/* --- operations ------------------------------------------------------------ */

/* Not known when this is compiled. */
static unsigned int object_size = OBJECT_SIZE;

static void kmalloc_const(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmalloc(OBJECT_SIZE, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		kfree(p);
	}
}

static void kmalloc_var(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmalloc(READ_ONCE(object_size), GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		kfree(p);
	}
}

static void cache_pair(unsigned int n)
{
	void *p;

	while (n--) {
		p = kmem_cache_alloc(cache, GFP_KERNEL);
		if (p)
			kmem_cache_free(cache, p);
	}
}

static void bulk(unsigned int n)
{
	void *p[BULK];

	for (n /= BULK; n--; )
		if (kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK, p))
			kmem_cache_free_bulk(cache, BULK, p);
}

struct rcu_object {
	struct rcu_head rcu;
	char rest[OBJECT_SIZE - sizeof(struct rcu_head)];
};

static void rcu_pair(unsigned int n)
{
	struct rcu_object *o;

	while (n--) {
		o = kmalloc(sizeof(*o), GFP_KERNEL);
		if (o)
			kfree_rcu(o, rcu);
	}
}

static void page_pair(unsigned int n)
{
	struct page *page;

	while (n--) {
		page = alloc_page(GFP_KERNEL);
		if (page)
			__free_page(page);
	}
}

/* A block that comes back in single pages. */
static void split_pages(unsigned int n)
{
	struct page *page;
	unsigned int i;

	for (n >>= SPLIT_ORDER; n--; ) {
		page = alloc_pages(GFP_KERNEL, SPLIT_ORDER);
		if (!page)
			continue;
		split_page(page, SPLIT_ORDER);
		for (i = 0; i < 1 << SPLIT_ORDER; i++)
			__free_page(page + i);
	}
}

static void *hold_kmalloc(void)
{
	return kmalloc(OBJECT_SIZE, GFP_KERNEL);
}

static void *hold_cache(void)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

struct result {
	u64 operations;
	u64 instructions;
	u64 worst;		/* the instructions of the worst batch */
};

static struct operation {
	const char *name;
	void (*run)(unsigned int n);
	void *(*hold)(void);	/* an object, so that the next batch has another */
	struct result result;
} operations[] = {
	{ "kmalloc", kmalloc_const, hold_kmalloc },
	{ "kmalloc_var", kmalloc_var, hold_kmalloc },
	{ "cache", cache_pair, hold_cache },
	{ "bulk", bulk, hold_cache },
	{ "kfree_rcu", rcu_pair, NULL },
	{ "page", page_pair, hold_kmalloc },
	{ "split", split_pages, hold_kmalloc },
};

static struct operation *last_run = operations;

/* --- one instruction at a time --------------------------------------------- */

static unsigned long steps[MAX_STEPS];
static unsigned int nr_steps;
static bool stepping;

static int step(struct notifier_block *self, unsigned long event, void *data)
{
	struct die_args *args = data;

	if (event != DIE_DEBUG || !stepping || user_mode(args->regs))
		return NOTIFY_DONE;
	if (nr_steps < MAX_STEPS)
		steps[nr_steps++] = args->regs->ip;
	return NOTIFY_STOP;
}

static struct notifier_block step_notifier = {
	.notifier_call = step,
	.priority = INT_MAX,
};

static noinline void take_steps(const struct operation *op)
{
	nr_steps = 0;
	stepping = true;
	asm volatile("pushf; orq %0, (%%rsp); popf" : : "i" (X86_EFLAGS_TF) : "cc", "memory");
	op->run(op->run == bulk ? BULK : op->run == split_pages ? 1 << SPLIT_ORDER : 1);
	asm volatile("pushf; andq %0, (%%rsp); popf" : : "i" (~X86_EFLAGS_TF) : "cc", "memory");
	stepping = false;
}

static int steps_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < nr_steps; i++)
		seq_printf(m, "%pS\n", (void *)steps[i]);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(steps);

static struct dentry *steps_file;

/* --- the measurements ------------------------------------------------------ */

/* A batch in which the clock ticked is done again: ticks come by time. */
static u64 batch(const struct operation *op)
{
	unsigned int tries = 100;
	unsigned long tick;
	u64 t;

	do {
		tick = READ_ONCE(jiffies);
		t = rdtsc_ordered();
		op->run(ROUNDS);
		t = rdtsc_ordered() - t;
	} while (READ_ONCE(jiffies) != tick && --tries);
	return t;
}

/*
 * The objects are freed later, by a worker: all that the machine does until then
 * is counted, less what it does in the same time anyway.
 */
static void measure_rcu(struct operation *op)
{
	u64 t, background;

	op->run(ROUNDS);
	msleep(RCU_WAIT_MS);
	background = busy_clock();
	msleep(RCU_WAIT_MS);
	background = busy_clock() - background;

	t = busy_clock();
	op->run(RCU_OBJECTS);
	msleep(RCU_WAIT_MS);
	t = busy_clock() - t;
	op->result = (struct result){
		.operations = RCU_OBJECTS,
		.instructions = t - min(t, background),
	};
}

static void measure_batches(struct operation *op)
{
	static void *held[BATCHES];
	unsigned int i;
	u64 t;

	op->result = (struct result){ .operations = (u64)BATCHES * ROUNDS };
	for (i = 0; i < WARM_BATCHES; i++)
		batch(op);
	for (i = 0; i < BATCHES; i++) {
		held[i] = op->hold();
		t = batch(op);
		op->result.instructions += t;
		op->result.worst = max(op->result.worst, t);
		cond_resched();
	}
	for (i = 0; i < BATCHES; i++)
		if (op->hold == hold_cache && held[i])
			kmem_cache_free(cache, held[i]);
		else
			kfree(held[i]);
}

static bool steps_wanted;

static noinline void measure(struct operation *op)
{
	if (steps_wanted) {
		op->run(ROUNDS);
		take_steps(op);
	} else if (op->hold) {
		measure_batches(op);
	} else {
		measure_rcu(op);
	}
}

/* So many that with those below and above a stack of 16 is there to be taken. */
#define CALLER(n, callee)				\
static noinline void caller_##n(struct operation *op)	\
{							\
	callee(op);					\
	barrier();					\
}

CALLER(1, measure)
CALLER(2, caller_1)
CALLER(3, caller_2)
CALLER(4, caller_3)
CALLER(5, caller_4)
CALLER(6, caller_5)
CALLER(7, caller_6)
CALLER(8, caller_7)

/* --- objects that live ----------------------------------------------------- */

struct planted {
	struct planted *next;
};

static struct planted *planted;
static unsigned long nr_planted;
static unsigned int min_size = OBJECT_SIZE;
static unsigned int max_size = OBJECT_SIZE;

static void uproot(void)
{
	struct planted *p;

	while ((p = planted)) {
		planted = p->next;
		kfree(p);
		if (!(--nr_planted % 1024))
			cond_resched();
	}
}

static noinline int plant(unsigned long n)
{
	unsigned int size = min_size;
	struct planted *p;

	while (n--) {
		p = kmalloc(size, GFP_KERNEL);
		if (!p)
			return -ENOMEM;
		p->next = planted;
		planted = p;
		size = size >= max_size ? min_size : size + sizeof(*p);
		if (!(++nr_planted % 1024))
			cond_resched();
	}
	return 0;
}

/* --- parameters ------------------------------------------------------------ */

static int run(const char *name, bool in_steps)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		if (!sysfs_streq(name, operations[i].name))
			continue;
		mutex_lock(&lock);
		steps_wanted = in_steps;
		last_run = &operations[i];
		caller_8(last_run);
		mutex_unlock(&lock);
		return 0;
	}
	return -EINVAL;
}

static int set_run(const char *text, const struct kernel_param *kp)
{
	return run(text, false);
}

static int set_steps(const char *text, const struct kernel_param *kp)
{
	return run(text, true);
}

static int get_run(char *text, const struct kernel_param *kp)
{
	const struct result *r = &last_run->result;

	return sysfs_emit(text, "%llu %llu %u %llu\n", r->operations, r->instructions,
			  ROUNDS, r->worst);
}

static int set_plant(const char *text, const struct kernel_param *kp)
{
	unsigned long n;
	int err = kstrtoul(text, 0, &n);

	if (err)
		return err;
	mutex_lock(&lock);
	if (n)
		err = plant(n);
	else
		uproot();
	mutex_unlock(&lock);
	return err;
}

static int get_plant(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", nr_planted);
}

static int set_sizes(const char *text, const struct kernel_param *kp)
{
	unsigned int min, max;

	if (sscanf(text, "%u %u", &min, &max) != 2 || min < sizeof(struct planted) || max < min)
		return -EINVAL;
	min_size = min;
	max_size = max;
	return 0;
}

static int get_sizes(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%u %u\n", min_size, max_size);
}

static bool probes;

static int set_probes(const char *text, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(text, &on);

	if (err || on == probes)
		return err;
	if (on)
		err = hooks_on(empty_hooks, ARRAY_SIZE(empty_hooks));
	else
		hooks_off(empty_hooks, ARRAY_SIZE(empty_hooks));
	if (!err)
		probes = on;
	return err;
}

static int get_probes(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%u\n", probes);
}

/* While this waits everything that can run does. */
static int set_settle(const char *text, const struct kernel_param *kp)
{
	rcu_barrier();
	msleep(100);
	rcu_barrier();
	return 0;
}

static int get_clock(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%llu %llu\n", rdtsc_ordered(), READ_ONCE(halted));
}

static const struct kernel_param_ops run_ops = { .set = set_run, .get = get_run };
static const struct kernel_param_ops plant_ops = { .set = set_plant, .get = get_plant };
static const struct kernel_param_ops sizes_ops = { .set = set_sizes, .get = get_sizes };
static const struct kernel_param_ops probes_ops = { .set = set_probes, .get = get_probes };
static const struct kernel_param_ops settle_ops = { .set = set_settle };
static const struct kernel_param_ops steps_ops = { .set = set_steps };
static const struct kernel_param_ops clock_ops = { .get = get_clock };

/* These have no use before the module is up: none is given at load. */
module_param_cb(run, &run_ops, NULL, 0600);
module_param_cb(plant, &plant_ops, NULL, 0600);
module_param_cb(sizes, &sizes_ops, NULL, 0600);
module_param_cb(probes, &probes_ops, NULL, 0600);
module_param_cb(settle, &settle_ops, NULL, 0200);
module_param_cb(steps, &steps_ops, NULL, 0200);
module_param_cb(clock, &clock_ops, NULL, 0400);

static int __init la_bench_init(void)
{
	int err;

	if (num_online_cpus() != 1) {
		pr_err("one CPU is needed: its time stamp counter counts for the machine\n");
		return -EINVAL;
	}
	cache = kmem_cache_create("la_bench", CACHE_SIZE, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	for_each_kernel_tracepoint(find_hook, NULL);
	err = hooks_on(clock_hooks, ARRAY_SIZE(clock_hooks));
	if (err) {
		kmem_cache_destroy(cache);
		return err;
	}
	register_die_notifier(&step_notifier);
	steps_file = debugfs_create_file("la_bench_steps", 0400, NULL, NULL, &steps_fops);
	return 0;
}

static void __exit la_bench_exit(void)
{
	debugfs_remove(steps_file);
	unregister_die_notifier(&step_notifier);
	hooks_off(clock_hooks, ARRAY_SIZE(clock_hooks));
	hooks_off(empty_hooks, ARRAY_SIZE(empty_hooks));
	uproot();
	kmem_cache_destroy(cache);
}

module_init(la_bench_init);
module_exit(la_bench_exit);
MODULE_DESCRIPTION("Counts the instructions of allocations and frees");
MODULE_LICENSE("GPL");
