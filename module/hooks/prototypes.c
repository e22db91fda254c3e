// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prototypes.
 *
 * A function that is known by its name alone may have other arguments in a kernel that
 * nobody has tried leakacct on. Kernels carry their types with them, as BTF: so it is asked
 * there, before the function is watched, whether the arguments lie where a row of hooks
 * says. Where there is no BTF, or it has no such function, nothing is known: then the version
 * must be one that was measured.
 *
 * All of it is read once, at load: an index by type and a hash of functions by name.
 */
#include "prototypes.h"

#include <uapi/linux/btf.h>
#include <linux/mm.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "compat.h"
#include "handlers.h"
#include "symbols.h"

#define BUCKETS	4096u

/* Bytes behind a type: of its own, and of each part. Older headers don't name all kinds. */
static const struct {
	u8 own;
	u8 part;
} extra[] = {
	[1] = { 4 },		/* int */
	[2] = { 0 },		/* pointer */
	[3] = { 12 },		/* array */
	[4] = { 0, 12 },	/* struct */
	[5] = { 0, 12 },	/* union */
	[6] = { 0, 8 },		/* enum */
	[7] = { 0 },		/* forward */
	[8] = { 0 },		/* typedef */
	[9] = { 0 },		/* volatile */
	[10] = { 0 },		/* const */
	[11] = { 0 },		/* restrict */
	[12] = { 0 },		/* function */
	[13] = { 0, 8 },	/* prototype */
	[14] = { 4 },		/* variable */
	[15] = { 0, 12 },	/* section */
	[16] = { 0 },		/* float */
	[17] = { 4 },		/* tag of a declaration */
	[18] = { 0 },		/* tag of a type */
	[19] = { 0, 12 },	/* enum of 64 bits */
};

#define KIND_TYPE_TAG	18
#define KIND_ENUM64	19

static const char *types, *strings;
static u32 strings_len, nr_types;
static u32 *offsets;		/* of types, by id */
static u32 *next;		/* function with the same hash, by id */
static u32 *buckets;

/* Which part of la_args names a place of what type. */
static const struct {
	size_t at;
	const char *to;		/* a struct by name; "": any pointer; NULL: a number */
} places[] = {
	{ offsetof(struct la_args, size) },
	{ offsetof(struct la_args, cache), "kmem_cache" },
	{ offsetof(struct la_args, object), "" },
	{ offsetof(struct la_args, count) },
	{ offsetof(struct la_args, array), "" },
	{ offsetof(struct la_args, end) },
	{ offsetof(struct la_args, caller) },
	{ offsetof(struct la_args, page), "page" },
	{ offsetof(struct la_args, order) },
	{ offsetof(struct la_args, list), "" },
};

static const struct btf_type *type_of(u32 id)
{
	return id && id < nr_types ? (const void *)(types + offsets[id]) : NULL;
}

static const char *name_of(const struct btf_type *t)
{
	return t->name_off < strings_len ? strings + t->name_off : "";
}

static u32 *bucket_of(const char *name)
{
	return &buckets[hashlen_hash(hashlen_string(NULL, name)) % BUCKETS];
}

/* Bytes to the next type; 0 when this kind is not known. */
static u32 length_of(const struct btf_type *t)
{
	u32 kind = BTF_INFO_KIND(t->info);

	if (!kind || kind >= ARRAY_SIZE(extra))
		return 0;
	return sizeof(*t) + extra[kind].own + BTF_INFO_VLEN(t->info) * extra[kind].part;
}

/* What is behind a type of no known kind is not looked at. */
static void read_types(u32 types_len)
{
	u32 at, len;

	nr_types = 1;
	for (at = 0; at + sizeof(struct btf_type) <= types_len; at += len) {
		const struct btf_type *t = (const void *)(types + at);

		len = length_of(t);
		if (!len || at + len > types_len)
			return;
		offsets[nr_types] = at;
		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC) {
			u32 *bucket = bucket_of(name_of(t));

			next[nr_types] = *bucket;
			*bucket = nr_types;
		}
		nr_types++;
	}
}

/**
 * la_prototypes_begin() - read the kernel's types, if it has them
 *
 * Context: process. To be ended by la_prototypes_end().
 */
void la_prototypes_begin(void)
{
	unsigned long begin = la_symbols_address("__start_BTF");
	unsigned long end = la_symbols_address("__stop_BTF");
	const struct btf_header *h = (const void *)begin;
	u64 size = end - begin, behind;
	u32 max;

	nr_types = 0;
	if (!begin || end < begin + sizeof(*h) || h->magic != BTF_MAGIC ||
	    h->version != BTF_VERSION)
		return;
	behind = size - min_t(u64, size, h->hdr_len);
	if ((u64)h->type_off + h->type_len > behind || (u64)h->str_off + h->str_len > behind ||
	    !h->str_len)
		return;
	types = (const char *)h + h->hdr_len + h->type_off;
	strings = (const char *)h + h->hdr_len + h->str_off;
	strings_len = h->str_len;
	if (strings[strings_len - 1])
		return;
	max = h->type_len / sizeof(struct btf_type) + 2;
	offsets = kvcalloc(max, sizeof(*offsets), GFP_KERNEL);
	next = kvcalloc(max, sizeof(*next), GFP_KERNEL);
	buckets = kvcalloc(BUCKETS, sizeof(*buckets), GFP_KERNEL);
	if (offsets && next && buckets)
		read_types(h->type_len);
}

/**
 * la_prototypes_end() - forget them
 */
void la_prototypes_end(void)
{
	nr_types = 0;
	kvfree(offsets);
	kvfree(next);
	kvfree(buckets);
	offsets = NULL;
	next = NULL;
	buckets = NULL;
}

/* A function's, whose parameters lie behind it. */
static const struct btf_type *prototype_of(const char *symbol)
{
	const struct btf_type *t;
	u32 id;

	for (id = nr_types ? *bucket_of(symbol) : 0; id; id = next[id]) {
		if (strcmp(name_of(type_of(id)), symbol))
			continue;
		t = type_of(type_of(id)->type);
		return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? t : NULL;
	}
	return NULL;
}

/* Without its names and qualifiers, of which there are a few at most. */
static const struct btf_type *bare(u32 id)
{
	const struct btf_type *t = type_of(id);
	unsigned int i;

	for (i = 0; t && i < 16; i++) {
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case KIND_TYPE_TAG:
			t = type_of(t->type);
			break;
		default:
			return t;
		}
	}
	return t;
}

static bool is_number(const struct btf_type *t)
{
	u32 kind = t ? BTF_INFO_KIND(t->info) : 0;

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == KIND_ENUM64;
}

static bool is_pointer(const struct btf_type *t, const char *to)
{
	const struct btf_type *target;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return false;
	if (!*to)
		return true;
	target = bare(t->type);
	return target && !strcmp(name_of(target), to);
}

static bool takes_any(const struct la_args *args)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (*((const u8 *)args + places[i].at))
			return true;
	return false;
}

static bool differs(const struct btf_type *proto, const struct la_args *args, unsigned int most)
{
	const struct btf_param *params = (const void *)(proto + 1);
	unsigned int i, nr = BTF_INFO_VLEN(proto->info);

	if (most && nr > most)
		return true;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		u8 place = *((const u8 *)args + places[i].at);
		const struct btf_type *t;

		if (!place)
			continue;
		if (place > nr)
			return true;
		t = bare(params[place - 1].type);
		if (places[i].to ? !is_pointer(t, places[i].to) : !is_number(t))
			return true;
	}
	return false;
}

/**
 * la_prototypes_refuse() - why a function can't be watched, if its arguments may lie elsewhere
 * @symbol: the function; there is one
 * @args: where they should be
 * @most: so many it has at most; 0: any number
 *
 * Context: process, between la_prototypes_begin() and la_prototypes_end().
 * Return: words behind its name, or NULL.
 */
const char *la_prototypes_refuse(const char *symbol, const struct la_args *args,
				 unsigned int most)
{
	const struct btf_type *proto = prototype_of(symbol);

	if (proto && differs(proto, args, most))
		return "has other arguments here than are known";
	if (proto || LA_COMPAT_IS_MEASURED || !takes_any(args))
		return NULL;
	return "has arguments that neither this kernel nor its version tells";
}
