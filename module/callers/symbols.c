// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symbols.
 *
 * kallsyms_lookup_name() is not exported since 5.7; a kprobe that is registered
 * for a moment tells its address. It is called through a static call, a direct
 * call that needs no ENDBR at its target, since on kernels with IBT that has
 * been sealed.
 *
 * The module notifier lets names be taken before text goes away: at LIVE for
 * init text (the notifier runs after init, before its memory is freed), at
 * GOING for all of it; an init that fails sends GOING alone.
 */
#include "symbols.h"

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "alias_makers.h"
#include "compat.h"
#include "recall.h"
#include "sites.h"
#include "stacks.h"
#include "unloaded.h"
#include "wrappers.h"

static unsigned long no_lookup(const char *name)
{
	return 0;
}

DEFINE_STATIC_CALL(la_lookup_name, no_lookup);

static bool no_bpf(unsigned long addr)
{
	return false;
}

DEFINE_STATIC_CALL(la_is_bpf, no_bpf);

static struct module *no_module(unsigned long addr)
{
	return NULL;
}

DEFINE_STATIC_CALL(la_module_of_text, no_module);

static int no_each(void *fn, void *data)
{
	return 0;
}

DEFINE_STATIC_CALL(la_each_symbol, no_each);
DEFINE_STATIC_CALL(la_each_of_modules, no_each);

static int no_each_in(const char *module, void *fn, void *data)
{
	return 0;
}

DEFINE_STATIC_CALL(la_each_in_module, no_each_in);

typedef int (*match_fn)(void *data, unsigned long addr);

static int no_match(match_fn fn, const char *name, void *data)
{
	return 0;
}

DEFINE_STATIC_CALL(la_each_match, no_match);

static unsigned long text_start, text_end;
static bool are_sorted;

static int find_lookup(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	int err = register_kprobe(&kp);

	if (err)
		return err;
	static_call_update(la_lookup_name, (typeof(no_lookup) *)kp.addr);
	unregister_kprobe(&kp);
	return 0;
}

/**
 * la_symbols_address() - where a symbol of the kernel is
 * @name: function or data
 *
 * Context: process.
 * Return: 0 when there is none.
 */
unsigned long la_symbols_address(const char *name)
{
	return static_call(la_lookup_name)(name);
}

struct each {
	la_symbol_fn fn;
	void *data;
	bool of_modules;
};

static int on_symbol(void *data, const char *name, unsigned long addr)
{
	const struct each *e = data;

	e->fn(e->data, name, addr);
	return 0;
}

/* 5.10 may go on from the kernel's symbols to those of modules. Debian's locks for itself. */
static int on_symbol_of(void *data, const char *name, struct module *mod, unsigned long addr)
{
	const struct each *e = data;

	if (mod && !e->of_modules)
		return 1;
	return on_symbol(data, name, addr);
}

/**
 * la_symbols_each() - all symbols there are
 * @of_modules: of modules; else of the kernel itself
 * @fn: gets each
 * @data: for @fn
 *
 * Context: process.
 */
void la_symbols_each(bool of_modules, la_symbol_fn fn, void *data)
{
	struct each e = { fn, data, of_modules };
	void *call = LA_COMPAT_SYMBOLS_HAVE_MODULE ? (void *)on_symbol_of : (void *)on_symbol;

	if (!of_modules)
		static_call(la_each_symbol)(call, &e);
	else if (LA_COMPAT_SYMBOLS_IN_MODULE)
		static_call(la_each_in_module)(NULL, call, &e);
	else
		static_call(la_each_of_modules)(call, &e);
}

/**
 * la_symbols_are_sorted() - is looking up a name quick, and can la_symbols_match() be used?
 */
bool la_symbols_are_sorted(void)
{
	return are_sorted;
}

/**
 * la_symbols_match() - all symbols of the kernel itself that have a name
 * @name: the name, whole
 * @fn: gets each; returns 0
 * @data: for @fn
 *
 * Context: process. Its prototype has been the same as long as there is one.
 */
void la_symbols_match(const char *name, match_fn fn, void *data)
{
	static_call(la_each_match)(fn, name, data);
}

/**
 * la_symbols_is_text() - does a function lie here, that stays or is said to go?
 * @addr: of la_symbols_address()
 *
 * Init text is none. Of a module that goes the notifier may have run already.
 *
 * Context: process.
 */
bool la_symbols_is_text(unsigned long addr)
{
	struct module *mod;
	bool is_text;

	if (addr - text_start < text_end - text_start)
		return true;
	preempt_disable();
	mod = static_call(la_module_of_text)(addr);
	is_text = mod && READ_ONCE(mod->state) == MODULE_STATE_LIVE &&
		  !within_module_init(addr, mod);
	preempt_enable();
	return is_text;
}

/**
 * la_symbols_module() - the module whose text this is
 * @addr: a return address
 * @name: gets its name
 * @size: of @name, MODULE_NAME_LEN is enough
 *
 * Context: any.
 * Return: false when it is of no module, or of leakacct itself.
 */
bool la_symbols_module(unsigned long addr, char *name, size_t size)
{
	struct module *mod;

	preempt_disable_notrace();
	mod = static_call(la_module_of_text)(addr);
	if (mod == THIS_MODULE)
		mod = NULL;
	if (mod)
		strscpy(name, mod->name, size);
	preempt_enable_notrace();
	return mod;
}

/**
 * la_symbols_size() - bytes from a symbol to the next one
 * @addr: of la_symbols_address(); 0 has none
 *
 * Context: process.
 */
unsigned long la_symbols_size(unsigned long addr)
{
	char name[KSYM_SYMBOL_LEN];
	const char *slash;
	unsigned long size;

	/* kallsyms_lookup_size_offset() is not exported; "name+0x0/0x123" is. */
	if (!addr)
		return 0;
	sprint_symbol(name, addr);
	slash = strrchr(name, '/');
	return slash && sscanf(slash, "/0x%lx", &size) == 1 ? size : 0;
}

/**
 * la_symbols_is_bpf() - is this text of a BPF program?
 * @addr: a return address
 *
 * Context: any, preemption off.
 */
bool la_symbols_is_bpf(unsigned long addr)
{
	return static_call(la_is_bpf)(addr);
}

/**
 * la_symbols_describe() - name the symbol that a word points into
 * @word: any value
 * @buf: gets "symbol+0x1/0x2 [module]"
 * @size: of @buf, KSYM_SYMBOL_LEN is enough
 *
 * Return: false when @word is no address of a symbol.
 */
bool la_symbols_describe(unsigned long word, char *buf, size_t size)
{
	char name[KSYM_SYMBOL_LEN];

	/* Text, data and modules lie in the top 2 GiB; nothing else has symbols. */
	if (word < (unsigned long)-0x80000000L)
		return false;
	sprint_symbol(name, word);
	if (!strncmp(name, "0x", 2))
		return false;
	strscpy(buf, name, size);
	return true;
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	/* Two modules can come and go at once, and what they are told to does not expect that. */
	static DEFINE_MUTEX(mutex);
	bool init_only = event == MODULE_STATE_LIVE;

	if (!init_only && event != MODULE_STATE_GOING)
		return NOTIFY_OK;
	mutex_lock(&mutex);
	la_sites_module_going(data, init_only);
	la_stacks_module_going(data, init_only);
	la_wrappers_module_going(data, init_only);
	la_recall_module_going(data, init_only);
	if (!init_only) {
		la_makers_module_going(data);
		la_unloaded_module_going(data);
	}
	mutex_unlock(&mutex);
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
	/* Late: other notifiers of the event may still run the module's code. */
	.priority = INT_MIN,
};

static void find_each(void)
{
	unsigned long addr = la_symbols_address("kallsyms_on_each_symbol");

	text_start = la_symbols_address("_stext");
	text_end = la_symbols_address("_etext");
	if (addr)
		static_call_update(la_each_symbol, (typeof(no_each) *)addr);
	addr = la_symbols_address("module_kallsyms_on_each_symbol");
	if (addr && LA_COMPAT_SYMBOLS_IN_MODULE)
		static_call_update(la_each_in_module, (typeof(no_each_in) *)addr);
	else if (addr)
		static_call_update(la_each_of_modules, (typeof(no_each) *)addr);
	addr = la_symbols_address("kallsyms_on_each_match_symbol");
	are_sorted = addr;
	if (addr)
		static_call_update(la_each_match, (typeof(no_match) *)addr);
	addr = la_symbols_address("__module_text_address");
	if (addr)
		static_call_update(la_module_of_text, (typeof(no_module) *)addr);
}

/**
 * la_symbols_init() - find kallsyms
 *
 * Without it whatever is found by name is reported as missing; the rest works.
 */
void la_symbols_init(void)
{
	unsigned long is_bpf;

	if (find_lookup())
		pr_warn("kallsyms_lookup_name not found: some figures will be missing\n");
	find_each();
	/* Its prototype has been the same since 74451e66d516 in 4.11. */
	is_bpf = la_symbols_address("is_bpf_text_address");
	if (is_bpf)
		static_call_update(la_is_bpf, (typeof(no_bpf) *)is_bpf);
}

/**
 * la_symbols_watch() - keep the names of modules that go, from now on
 */
int la_symbols_watch(void)
{
	return register_module_notifier(&module_notifier);
}

/**
 * la_symbols_unwatch() - no more
 */
void la_symbols_unwatch(void)
{
	unregister_module_notifier(&module_notifier);
}
