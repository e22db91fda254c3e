/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wrappers that are known, by their names in all kernels from 5.10 to 7.3; those
 * that a kernel has not are simply not there.
 *
 * A wrapper allocates for whoever calls it, and is never the reason why an object
 * stays: who reads its name asks at once who called it. What only makes objects of one
 * part of the kernel (alloc_inode(), vm_area_dup()) is none: its name says what the
 * object is. Nor is what fills the allocator's own caches (__pcs_replace_empty_main(),
 * allocate_slab()): who allocates or frees at that moment has nothing to do with it.
 *
 * This is data, not declarations: included once, by wrappers.c.
 */
#ifndef LEAKACCT_WRAPPER_NAMES_H
#define LEAKACCT_WRAPPER_NAMES_H

#include "compat.h"

/* Without "_noprof". First the slab allocator's own. */
static const char * const kmalloc_names[] = {
	"__kmalloc", "__kmalloc_node", "__kmalloc_track_caller", "__kmalloc_node_track_caller",
	"__kmalloc_flags",
#if LA_COMPAT_KVMALLOC_IN_SLUB
	"__kvmalloc_node",
#endif
};

static const char * const names[] = {
	/* Slabs. */
	"kmem_cache_alloc", "kmem_cache_alloc_lru", "kmem_cache_alloc_node",
	"kmem_cache_alloc_trace", "kmem_cache_alloc_node_trace", "kmem_cache_alloc_bulk",
	"kmem_cache_alloc_from_sheaf", "kmem_cache_prefill_sheaf", "kmem_cache_refill_sheaf",
	"__kmem_cache_alloc_node", "__kmem_cache_alloc_bulk", "kmalloc_trace",
	"kmalloc_node_trace", "kmalloc_order", "kmalloc_order_trace", "kmalloc_large",
	"kmalloc_large_node", "__kmalloc_large", "__kmalloc_large_node", "___kmalloc_large_node",
	"__kmalloc_cache", "__kmalloc_cache_node", "_kmalloc_nolock", "__kmalloc_nolock",

	"krealloc", "krealloc_node_align",

	/* Strings and copies. */
	"kasprintf", "kvasprintf", "kvasprintf_const", "kasprintf_strarray", "kstrdup",
	"kstrdup_const", "kstrndup", "kstrdup_and_replace", "kstrdup_quotable", "kmemdup",
	"kmemdup_nul", "kmemdup_array", "kvmemdup", "memdup_user", "memdup_user_nul",
	"vmemdup_user", "strndup_user", "match_strdup", "nla_strdup", "bitmap_alloc",
	"bitmap_zalloc", "bitmap_alloc_node", "bitmap_zalloc_node", "alloc_cpumask_var_node",

	/* vmalloc, and whichever of both fits. */
	"vmalloc", "vzalloc", "__vmalloc", "__vmalloc_node", "__vmalloc_node_range",
	"__vmalloc_area_node", "vmalloc_user", "vmalloc_node", "vzalloc_node", "vmalloc_exec",
	"vmalloc_32", "vmalloc_32_user", "vmalloc_huge", "vmalloc_huge_node", "vmalloc_no_huge",
	"vmalloc_array", "__vmalloc_array", "vcalloc", "__vcalloc", "vrealloc",
	"vrealloc_node_align", "vm_area_alloc_pages", "execmem_alloc", "execmem_alloc_rw",
	"kvmalloc_node", "__kvmalloc_node",
	"kvrealloc", "kvrealloc_node_align",

	/* Pages. The first stands there when another tool listens to the event as well. */
	"__traceiter_mm_page_alloc", "__alloc_pages", "__alloc_pages_nodemask",
	"get_page_from_freelist", "alloc_pages", "alloc_pages_current", "alloc_pages_node",
	"alloc_pages_vma", "alloc_pages_mpol", "alloc_page_interleave", "__alloc_pages_bulk",
	"alloc_pages_bulk", "alloc_pages_bulk_array_mempolicy", "alloc_pages_bulk_mempolicy",
	"__alloc_frozen_pages", "alloc_frozen_pages", "alloc_frozen_pages_nolock",
	"alloc_pages_nolock", "try_alloc_pages", "__folio_alloc", "folio_alloc",
	"folio_alloc_mpol", "vma_alloc_folio", "__get_free_pages", "get_free_pages",
	"get_zeroed_page", "alloc_pages_exact", "alloc_pages_exact_nid", "make_alloc_exact",
	"alloc_contig_pages", "alloc_contig_range", "alloc_contig_frozen_pages",
	"alloc_contig_frozen_range", "page_frag_alloc", "page_frag_alloc_align",
	"__page_frag_alloc_align", "__page_frag_cache_refill", "skb_page_frag_refill",
	"sk_page_frag_refill",

	"page_pool_alloc_pages", "page_pool_alloc_netmems", "__page_pool_alloc_pages_slow",
	"__page_pool_alloc_netmems_slow", "page_pool_alloc_frag", "page_pool_alloc_frag_netmem",

	/* Per CPU. */
	"pcpu_alloc", "__alloc_percpu", "__alloc_percpu_gfp", "__alloc_reserved_percpu",
	"pcpu_mem_zalloc", "__devm_alloc_percpu",

	/* Packets and sockets. */
	"__alloc_skb", "__netdev_alloc_skb", "__napi_alloc_skb", "napi_alloc_skb",
	"kmalloc_reserve", "alloc_skb_with_frags", "__build_skb", "build_skb", "napi_build_skb",
	"slab_build_skb", "napi_skb_cache_get", "napi_get_frags", "__napi_alloc_frag_align",
	"__netdev_alloc_frag_align", "skb_clone", "skb_copy", "__pskb_copy_fclone",
	"skb_copy_expand", "pskb_expand_head", "skb_realloc_headroom", "skb_expand_head",
	"skb_ext_add", "__skb_ext_alloc", "sock_alloc_send_pskb", "sock_alloc_send_skb",
	"sock_wmalloc", "sock_omalloc", "sock_kmalloc", "sock_kmemdup", "sk_prot_alloc",
	"sk_alloc", "netlink_alloc_large_skb", "tcp_stream_alloc_skb", "sk_stream_alloc_skb",
	"dst_alloc",

	/* Pools. */
	"mempool_alloc", "mempool_alloc_bulk", "mempool_alloc_preallocated",
	"mempool_alloc_from_pool", "mempool_alloc_slab", "mempool_alloc_pages", "mempool_kmalloc",
	"mempool_kvmalloc", "mempool_init", "mempool_init_node", "mempool_create",
	"mempool_create_node", "mempool_resize", "bio_alloc_bioset", "bio_alloc_clone",
	"bio_kmalloc", "bvec_alloc", "bio_clone_fast", "dma_pool_alloc", "sg_pool_alloc",
	"sg_kmalloc", "__sg_alloc_table", "sg_alloc_table", "sg_alloc_table_chained", "sgl_alloc",
	"sgl_alloc_order",

	/* Devices, DMA. */
	"devm_kmalloc", "devm_krealloc", "devm_kmemdup", "devm_kmemdup_const", "devm_kstrdup",
	"devm_kstrdup_const", "devm_kasprintf", "devm_kvasprintf", "devm_kasprintf_strarray",
	"devm_get_free_pages", "devres_alloc_node", "__devres_alloc_node", "devm_bitmap_alloc",
	"devm_bitmap_zalloc", "dma_alloc_attrs", "dmam_alloc_attrs", "dma_alloc_pages",
	"__dma_alloc_pages", "dma_direct_alloc", "dma_direct_alloc_pages",
	"dma_common_alloc_pages", "dma_alloc_contiguous", "dma_alloc_from_pool",
	"iommu_dma_alloc", "dma_alloc_noncontiguous",

	/* Nodes of trees, tables and files that others own. */
	"radix_tree_preload", "radix_tree_insert", "xas_alloc", "xas_create", "xas_create_range",
	"xas_nomem", "__xas_nomem", "xas_split_alloc", "xas_store", "__xa_store", "xa_store",
	"__xa_cmpxchg", "__xa_insert", "__xa_alloc", "__xa_alloc_cyclic", "idr_get_free",
	"idr_alloc_u32", "idr_alloc", "idr_alloc_cyclic", "idr_preload", "ida_alloc_range",
	"mas_alloc_nodes", "mas_preallocate", "mas_nomem", "mas_store_gfp", "mas_store",
	"mas_insert", "mas_new_root", "mas_root_expand", "mas_alloc_cyclic", "mas_wr_node_store",
	"mas_wr_rebalance", "mas_wr_spanning_store", "mas_wr_split", "mtree_store_range",
	"mtree_insert_range", "mtree_alloc_range", "mtree_alloc_cyclic",
	"__alloc_bucket_spinlocks", "__genradix_ptr_alloc", "__kfifo_alloc", "seq_open",
	"single_open", "single_open_size", "__seq_open_private", "seq_open_private",
	"seq_open_net", "single_open_net", "kobject_create", "kobject_create_and_add",
	"security_inode_alloc", "lsm_inode_alloc", "security_file_alloc", "alloc_workqueue",
	"__alloc_workqueue", "alloc_workqueue_attrs", "alloc_netdev_mqs", "alloc_etherdev_mqs",
	"devm_alloc_etherdev_mqs",

	/* Functions of headers, which a compiler may put out of line, and the like. */
	"kmalloc", "kmalloc_node", "kmalloc_array", "kzalloc", "_kzalloc", "kzalloc_node",
	"kcalloc", "kvmalloc", "kvzalloc", "kvcalloc", "kvmalloc_array", "alloc_skb",
	"__alloc_pages_slowpath", "filemap_alloc_folio", "__page_cache_alloc",
	"__dma_direct_alloc_pages", "radix_tree_node_alloc", "bucket_table_alloc",
	"nested_table_alloc", "mas_dup_alloc",
};

/* What a compiler adds to the name of a clone; each has other ones. */
static const char * const clones[] = { ".constprop.0", ".isra.0", ".part.0" };

#endif /* LEAKACCT_WRAPPER_NAMES_H */
