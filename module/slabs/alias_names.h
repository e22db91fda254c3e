/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which caches functions of the kernel itself allocate from, of all versions. Included by
 * alias_match.c alone.
 *
 * A function may have several caches, and a cache several functions: what counts is
 * which of a function's caches have been merged into the one that it was seen with. Callers
 * are the first frames outside the wrappers of wrapper_names.h, where the compiler has inlined
 * a function its caller. Those that only call sk_alloc() with somebody else's
 * protocol, or a mempool, can't be told and are no rows.
 */
#ifndef LEAKACCT_ALIAS_NAMES_H
#define LEAKACCT_ALIAS_NAMES_H

#define INET_SOCKETS	"TCP UDP UDP-Lite RAW PING MPTCP"
#define INET6_SOCKETS	"TCPv6 UDPv6 UDPLITEv6 RAWv6 PINGv6 MPTCPv6"
#define FANOTIFY_EVENTS	"fanotify_path_event fanotify_fid_event fanotify_perm_event " \
			"fanotify_mnt_event fanotify_event"

static const struct {
	const char *function;
	const char *caches;
} known[] = {
	/* sockets */
	{ "unix_create1", "UNIX UNIX-STREAM" },
	{ "inet_create", INET_SOCKETS },
	{ "inet6_create", INET6_SOCKETS },
	{ "sk_clone_lock", INET_SOCKETS " " INET6_SOCKETS },
	{ "sk_clone", INET_SOCKETS " " INET6_SOCKETS },
	{ "packet_create", "PACKET" },
	{ "__netlink_create", "NETLINK" },
	{ "sock_alloc_inode", "sock_inode_cache" },
	{ "inet_csk_get_port", "tcp_bind_bucket tcp_bind2_bucket" },
	{ "__inet_hash_connect", "tcp_bind_bucket tcp_bind2_bucket" },
	{ "inet_bind_bucket_create", "tcp_bind_bucket" },
	{ "inet_bind2_bucket_create", "tcp_bind2_bucket" },
	{ "inet_getpeer", "inet_peer_cache inet_peer" },
	{ "rt_dst_alloc", "ip_dst_cache rtable" },
	{ "ip6_dst_alloc", "ip6_dst_cache" },
	{ "ip6_rt_pcpu_alloc", "ip6_dst_cache" },
	{ "fib6_add_1", "fib6_nodes fib6_node" },
	{ "fib6_add", "fib6_nodes fib6_node" },
	{ "fib_table_insert", "ip_fib_alias ip_fib_trie" },
	{ "tcp_sendmsg_locked", "skbuff_fclone_cache" },
	{ "tcp_connect", "skbuff_fclone_cache" },
	/* timers and signals */
	{ "do_timer_create", "posix_timers_cache" },
	{ "alloc_posix_timer", "posix_timers_cache" },
	{ "__sigqueue_alloc", "sigqueue" },
	{ "sigqueue_alloc", "sigqueue" },
	{ "__send_signal", "sigqueue" },
	{ "__send_signal_locked", "sigqueue" },
	/* notification */
	{ "inotify_update_watch", "inotify_inode_mark" },
	{ "inotify_new_watch", "inotify_inode_mark" },
	{ "__do_sys_inotify_add_watch", "inotify_inode_mark" },
	{ "__x64_sys_inotify_add_watch", "inotify_inode_mark" },
	{ "fcntl_dirnotify", "dnotify_mark dnotify_struct" },
	{ "fsnotify_add_mark_locked", "fsnotify_mark_connector fsnotify_inode_mark_connector" },
	{ "fsnotify_attach_connector_to_object",
	  "fsnotify_mark_connector fsnotify_inode_mark_connector" },
	{ "fanotify_add_mark", "fsnotify_mark fanotify_mark" },
	{ "fanotify_add_new_mark", "fsnotify_mark fanotify_mark" },
	{ "fanotify_handle_event", FANOTIFY_EVENTS },
	{ "fanotify_alloc_event", FANOTIFY_EVENTS },
	{ "ep_insert", "eventpoll_epi ep_head" },
	{ "do_epoll_ctl", "eventpoll_epi ep_head" },
	{ "do_epoll_ctl_file", "eventpoll_epi ep_head" },
	{ "attach_epitem", "ep_head" },
	{ "ep_ptable_queue_proc", "eventpoll_pwq" },
	/* keys, credentials, audit */
	{ "key_alloc", "key_jar" },
	{ "prepare_creds", "cred_jar cred" },
	{ "cred_alloc_blank", "cred_jar cred" },
	{ "prepare_kernel_cred", "cred_jar cred" },
	{ "alloc_uid", "uid_cache" },
	{ "audit_log_start", "audit_buffer" },
	/* tasks and their memory */
	{ "copy_process", "signal_cache sighand_cache task_struct files_cache fs_cache mm_struct" },
	{ "dup_task_struct", "task_struct" },
	{ "dup_fd", "files_cache" },
	{ "copy_fs_struct", "fs_cache" },
	{ "alloc_pid", "pid" },
	{ "__delayacct_tsk_init", "task_delay_info" },
	{ "create_new_namespaces", "nsproxy" },
	{ "sched_create_group", "task_group" },
	{ "vm_area_alloc", "vm_area_struct" },
	{ "vm_area_dup", "vm_area_struct" },
	{ "__anon_vma_prepare", "anon_vma_chain anon_vma" },
	{ "anon_vma_clone", "anon_vma_chain" },
	{ "anon_vma_fork", "anon_vma_chain anon_vma" },
	{ "__vma_adjust", "maple_node" },
	{ "vma_complete", "maple_node" },
	{ "vma_expand", "maple_node" },
	{ "vma_shrink", "maple_node" },
	{ "mmap_region", "maple_node vm_area_struct" },
	{ "__mmap_region", "maple_node vm_area_struct" },
	{ "do_brk_flags", "maple_node vm_area_struct" },
	{ "dup_mmap", "maple_node" },
	{ "mas_alloc_cyclic", "maple_node" },
	{ "mpol_new", "numa_policy" },
	{ "__mpol_dup", "numa_policy" },
	{ "sp_alloc", "shared_policy_node" },
	{ "__ksm_enter", "ksm_mm_slot mm_slot" },
	{ "__khugepaged_enter", "khugepaged_mm_slot mm_slot" },
	{ "alloc_vmap_area", "vmap_area" },
	{ "pcpu_get_vm_areas", "vmap_area" },
	{ "zswap_store", "zswap_entry" },
	/* files */
	{ "__alloc_file", "filp lsm_file_cache" },
	{ "alloc_empty_file", "filp lsm_file_cache" },
	{ "alloc_empty_file_noaccount", "filp lsm_file_cache" },
	{ "init_file", "lsm_file_cache" },
	{ "inode_init_always", "lsm_inode_cache" },
	{ "inode_init_always_gfp", "lsm_inode_cache" },
	{ "locks_alloc_lock", "file_lock_cache" },
	{ "locks_get_lock_context", "file_lock_ctx" },
	{ "alloc_vfsmnt", "mnt_cache" },
	{ "alloc_buffer_head", "buffer_head" },
	{ "proc_reg_open", "pde_opener" },
	{ "__kernfs_new_node", "kernfs_node_cache" },
	{ "__kernfs_iattrs", "kernfs_iattrs_cache" },
	{ "alloc_io_context", "blkdev_ioc" },
	{ "create_task_io_context", "blkdev_ioc" },
	{ "__blockdev_direct_IO", "dio" },
	{ "io_submit_one", "aio_kiocb" },
	{ "io_submit_sqes", "io_kiocb" },
	{ "__io_alloc_req_refill", "io_kiocb" },
	/* others */
	{ "trace_define_field", "ftrace_event_field" },
	{ "__trace_define_field", "ftrace_event_field" },
	{ "alloc_iova", "iommu_iova" },
	{ "acpi_ns_create_node", "Acpi-Namespace" },
	{ "acpi_ut_allocate_object_desc_dbg", "Acpi-Operand" },
	{ "acpi_ps_alloc_op", "Acpi-Parse Acpi-ParseExt" },
	{ "acpi_ut_create_generic_state", "Acpi-State" },
};

/* Words of a cache's name that say nothing of what is in it. */
static const char common_words[] =
	"cache cachep caches slab kmem jar struct pool node obj object info data entry item list";

#endif /* LEAKACCT_ALIAS_NAMES_H */
