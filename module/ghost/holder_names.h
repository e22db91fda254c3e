/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of functions that take pages to keep them: what such pages are for.
 *
 * From the sources of Linux 5.10 to 7.3; of one thing several, as compilers put one into the
 * other. They are compared with the name of a caller, without what a compiler appends, when
 * somebody reads: modules come and go. Only a word for people comes of it.
 *
 * This is data, not declarations: included once, by pages.c.
 */
#ifndef LEAKACCT_HOLDER_NAMES_H
#define LEAKACCT_HOLDER_NAMES_H

static const struct {
	const char *function;
	const char *label;
} holder_names[] = {
	/* AF_PACKET. */
	{ "alloc_one_pg_vec_page", "packet_ring" }, { "alloc_pg_vec", "packet_ring" },
	{ "packet_set_ring", "packet_ring" },

	/* io_uring, and what is provided to it. */
	{ "io_mem_alloc", "io_uring" }, { "io_mem_alloc_compound", "io_uring" },
	{ "io_mem_alloc_single", "io_uring" }, { "io_pages_map", "io_uring" },
	{ "io_create_region", "io_uring" }, { "io_region_allocate_pages", "io_uring" },
	{ "io_allocate_scq_urings", "io_uring" }, { "io_uring_create", "io_uring" },
	{ "io_uring_setup", "io_uring" }, { "io_alloc_pbuf_ring", "io_uring" },
	{ "io_register_pbuf_ring", "io_uring" },

	/* Rings of BPF, of perf and of the tracer. */
	{ "bpf_ringbuf_area_alloc", "bpf_ring" }, { "bpf_ringbuf_alloc", "bpf_ring" },
	{ "ringbuf_map_alloc", "bpf_ring" }, { "arena_map_alloc", "bpf_arena" },
	{ "arena_alloc_pages", "bpf_arena" }, { "bpf_map_alloc_pages", "bpf_arena" },
	{ "rb_alloc", "perf_ring" }, { "perf_mmap_alloc_page", "perf_ring" },
	{ "rb_alloc_aux", "perf_ring" }, { "rb_alloc_aux_page", "perf_ring" },
	{ "__rb_allocate_pages", "trace_ring" }, { "rb_allocate_pages", "trace_ring" },
	{ "rb_allocate_cpu_buffer", "trace_ring" }, { "alloc_cpu_data", "trace_ring" },
	{ "ring_buffer_alloc_read_page", "trace_ring" },

	/* Pipes. */
	{ "pipe_write", "pipe" }, { "anon_pipe_write", "pipe" }, { "anon_pipe_get_page", "pipe" },
	{ "anon_pipe_prefill_and_lock", "pipe" },
	{ "generic_file_splice_read", "pipe" }, { "copy_splice_read", "pipe" },

	/* Graphics. */
	{ "ttm_pool_alloc", "gpu" }, { "__ttm_pool_alloc", "gpu" },
	{ "ttm_pool_alloc_page", "gpu" }, { "ttm_get_pages", "gpu" },
	{ "drm_gem_get_pages", "gpu" },

	/* Compressed swap: moved pages lose their caller, so this is not all. */
	{ "zs_malloc", "zsmalloc" }, { "alloc_zspage", "zsmalloc" },
	{ "alloc_zpdesc", "zsmalloc" },
	{ "zbud_alloc", "zsmalloc" }, { "z3fold_alloc", "zsmalloc" },

	/* struct pages of memory that was added. */
	{ "vmemmap_alloc_block", "memmap" }, { "vmemmap_alloc_block_buf", "memmap" },
	{ "populate_section_memmap", "memmap" },

	/* Page tables of virtual machines, and of IOMMUs since 6.16 or so. */
	{ "__kvm_mmu_topup_memory_cache", "sec_page_tables" },
	{ "kvm_mmu_topup_memory_cache", "sec_page_tables" },
	{ "kvm_mmu_memory_cache_alloc", "sec_page_tables" },
	{ "__tdp_mmu_alloc_sp_for_split", "sec_page_tables" },
	{ "tdp_mmu_alloc_sp_for_split", "sec_page_tables" },
	{ "tdp_mmu_split_huge_pages_root", "sec_page_tables" },
	{ "iommu_alloc_pages_node_sz", "sec_page_tables" },

	/* Memory that the host has taken back. */
	{ "balloon_page_alloc", "balloon" }, { "fill_balloon", "balloon" },
	{ "vmballoon_alloc_page_list", "balloon" }, { "vmballoon_inflate", "balloon" },
	{ "alloc_balloon_pages", "balloon" }, { "balloon_up", "balloon" },
	{ "xen_alloc_ballooned_pages", "balloon" }, { "alloc_xenballooned_pages", "balloon" },
	{ "decrease_reservation", "balloon" }, { "get_free_page_and_send", "balloon" },
};

#endif /* LEAKACCT_HOLDER_NAMES_H */
