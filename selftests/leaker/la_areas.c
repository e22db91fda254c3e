// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known numbers of vmalloc and percpu areas of many sizes, by every way to have one.
 *
 * The parameter `plant` takes a number of areas, which are added to what there is, or 0,
 * which frees all; half of them in what counts as an interrupt. A read tells what is
 * left: areas and the bytes asked for and taken, of vmalloc and of percpu.
 * `resize` takes the bytes that an area of ten pages is resized to where it is, if the
 * kernel can; a read tells its pages. 0 frees it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../module/compat/compat.h"
#include "../../module/compat/compat_trial.h"

#define MAX_AREAS	4096
#define RESIZED_PAGES	10

struct area {
	void *area;
	size_t size;
	size_t taken;
};

static struct area areas[MAX_AREAS];
static void __percpu *percpu_areas[MAX_AREAS];
static size_t percpu_sizes[MAX_AREAS];
static unsigned int nr_areas;

/* Odd sizes: a part of a page up to some. */
static size_t size_of(unsigned int i)
{
	return 1 + i * 977 % 40000;
}

static size_t percpu_size_of(unsigned int i)
{
	return 4 + i * 52 % 2000;
}

/* The barrier keeps a call from being a tail call. */
static noinline void *area_vmalloc(size_t size)
{
	void *area = vmalloc(size);

	barrier();
	return area;
}

static noinline void *area_vzalloc(size_t size)
{
	void *area = vzalloc(size);

	barrier();
	return area;
}

static noinline void *area_vmalloc_node(size_t size)
{
	void *area = vmalloc_node(size, numa_mem_id());

	barrier();
	return area;
}

/* So large that no slab and no large kmalloc is tried. */
static noinline void *area_kvmalloc(size_t size)
{
	void *area = kvmalloc(size + KMALLOC_MAX_SIZE, GFP_KERNEL);

	barrier();
	return area;
}

static noinline void __percpu *area_percpu(size_t size)
{
	void __percpu *area = __alloc_percpu(size, sizeof(u32));

	barrier();
	return area;
}

/*
 * How many bytes of pages lie behind an address: the gap ends an area. Older kernels
 * complain of the gap, but have no huge pages there.
 */
static size_t bytes_mapped(const void *area, size_t size)
{
	size_t bytes = 0;

	if (LA_COMPAT_VMALLOC_BY_AREA)
		return PAGE_ALIGN(size);
	while (vmalloc_to_page(area + bytes))
		bytes += PAGE_SIZE;
	return bytes;
}

static int plant_one(unsigned int i)
{
	static void *(*const ways[])(size_t size) = {
		area_vmalloc, area_vzalloc, area_vmalloc_node,
	};
	struct area *a = &areas[i];

	a->size = size_of(i);
	a->area = ways[i % ARRAY_SIZE(ways)](a->size);
	if (i % 64 == 0) {
		vfree(a->area);
		a->area = area_kvmalloc(a->size);
		a->size += KMALLOC_MAX_SIZE;
	}
	percpu_sizes[i] = percpu_size_of(i);
	percpu_areas[i] = area_percpu(percpu_sizes[i]);
	if (!a->area || !percpu_areas[i])
		return -ENOMEM;
	a->taken = bytes_mapped(a->area, a->size);
	/* There nobody knows how much of the last page was asked for. */
	if (LA_COMPAT_VMALLOC_BY_AREA)
		a->size = a->taken;
	return 0;
}

static void free_one(unsigned int i)
{
	if (i % 2) {
		local_bh_disable();
		vfree(areas[i].area);
		local_bh_enable();
	} else {
		kvfree(areas[i].area);
	}
	free_percpu(percpu_areas[i]);
}

static void free_all(void)
{
	while (nr_areas)
		free_one(--nr_areas);
}

static int set_plant(const char *text, const struct kernel_param *kp)
{
	unsigned int n;
	int err = kstrtouint(text, 0, &n);

	if (err)
		return err;
	if (n > MAX_AREAS - nr_areas)
		return -EINVAL;
	if (!n)
		free_all();
	for (; n && !err; n--)
		err = plant_one(nr_areas++);
	return err;
}

/* The kernel's array of the pages of an area is an area as well when it is large. */
static size_t array_of(const struct area *a)
{
	size_t size = a->taken / PAGE_SIZE * sizeof(struct page *);

	if (LA_COMPAT_VMALLOC_BY_AREA)
		size = size > PAGE_SIZE ? PAGE_ALIGN(size) : 0;
	return size > PAGE_SIZE ? size : 0;
}

static int get_plant(char *text, const struct kernel_param *kp)
{
	size_t size = 0, taken = 0, percpu_size = 0, array;
	unsigned int i, arrays = 0;

	for (i = 0; i < nr_areas; i++) {
		array = array_of(&areas[i]);
		arrays += !!array;
		size += areas[i].size + array;
		taken += areas[i].taken + PAGE_ALIGN(array);
		percpu_size += percpu_sizes[i];
	}
	return sysfs_emit(text, "vmalloc %u %zu %zu\npercpu %u %zu %zu\n",
			  nr_areas + arrays, size, taken,
			  nr_areas, percpu_size, percpu_size * num_possible_cpus());
}

static const struct kernel_param_ops plant_ops = {
	.get = get_plant,
	.set = set_plant,
};

module_param_cb(plant, &plant_ops, NULL, 0600);

static void *resized;

static noinline void *area_resized(size_t size)
{
#ifdef vrealloc
	void *area = kvrealloc(resized ?: vmalloc(RESIZED_PAGES * PAGE_SIZE), size, GFP_KERNEL);

	barrier();
	return area;
#else
	return NULL;
#endif
}

static int set_resize(const char *text, const struct kernel_param *kp)
{
	unsigned long size;
	void *area;
	int err = kstrtoul(text, 0, &size);

	if (err)
		return err;
	if (!size) {
		vfree(resized);
		resized = NULL;
		return 0;
	}
	area = area_resized(size);
	if (!area)
		return -EOPNOTSUPP;
	resized = area;
	return 0;
}

static int get_resize(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%zu\n", resized ? bytes_mapped(resized, 0) : 0);
}

static const struct kernel_param_ops resize_ops = {
	.get = get_resize,
	.set = set_resize,
};

module_param_cb(resize, &resize_ops, NULL, 0600);

static int __init la_areas_init(void)
{
	return 0;
}

static void __exit la_areas_exit(void)
{
	free_all();
	vfree(resized);
}

module_init(la_areas_init);
module_exit(la_areas_exit);
MODULE_DESCRIPTION("Known numbers of vmalloc and percpu areas, for the tests of leakacct");
MODULE_LICENSE("GPL");
