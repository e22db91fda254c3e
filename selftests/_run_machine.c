// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a virtual machine that writes to one page in each 2 MB of its memory, so that it has page
 * tables for all of it, and keeps it until a signal comes.
 *
 * usage: _run_machine MB
 *
 * Prints "ready" when the machine has halted. Status 4: there is no KVM.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the entries of one page table map. */
#define TABLE_SPAN	(2ul << 20)
#define CODE_AT		0x1000
#define CR0_PE		0x1
#define CR0_ET		0x10
#define FLAGS_FIXED	0x2

/* edi: where to write first; ecx: how often. */
static const uint8_t code[] = {
	0x89, 0x07,				/* mov %eax, (%edi) */
	0x81, 0xc7, 0x00, 0x00, 0x20, 0x00,	/* add $TABLE_SPAN, %edi */
	0x49,					/* dec %ecx */
	0x75, 0xf5,				/* jnz the first */
	0xf4,					/* hlt */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int call(int fd, unsigned long request, const char *what, unsigned long arg)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		die(what);
	return ret;
}

/* Pages of 4 kB, so that each is mapped by a table. */
static void *memory_of(int vm, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = size,
		.userspace_addr = (uintptr_t)at,
	};

	if (at == MAP_FAILED)
		die("mmap");
	/* Where there are no huge pages there is nothing to refuse. */
	madvise(at, size, MADV_NOHUGEPAGE);
	call(vm, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", (uintptr_t)&region);
	return at;
}

/* 32 bits, flat, without paging of its own. */
static void set_up(int vcpu, size_t size)
{
	struct kvm_segment flat = {
		.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .db = 1, .s = 1,
		.g = 1,
	};
	struct kvm_regs regs = {
		.rip = CODE_AT, .rflags = FLAGS_FIXED, .rdi = TABLE_SPAN,
		.rcx = size / TABLE_SPAN - 1,
	};
	struct kvm_sregs sregs;

	call(vcpu, KVM_GET_SREGS, "KVM_GET_SREGS", (uintptr_t)&sregs);
	sregs.cr0 = CR0_PE | CR0_ET;
	sregs.cs = flat;
	flat.type = 3;
	flat.selector = 16;
	sregs.ds = flat;
	sregs.es = flat;
	sregs.ss = flat;
	call(vcpu, KVM_SET_SREGS, "KVM_SET_SREGS", (uintptr_t)&sregs);
	call(vcpu, KVM_SET_REGS, "KVM_SET_REGS", (uintptr_t)&regs);
}

int main(int argc, char **argv)
{
	size_t size = argc == 2 ? strtoul(argv[1], NULL, 10) << 20 : 0;
	int kvm = open("/dev/kvm", O_RDWR), vm, vcpu;
	struct kvm_run *run;
	char *memory;

	if (size < 2 * TABLE_SPAN || size > 3ul << 30) {
		fprintf(stderr, "usage: _run_machine MB, 4 to 3072\n");
		return 2;
	}
	if (kvm < 0) {
		perror("/dev/kvm");
		return 4;
	}
	vm = call(kvm, KVM_CREATE_VM, "KVM_CREATE_VM", 0);
	memory = memory_of(vm, size);
	memcpy(memory + CODE_AT, code, sizeof(code));
	vcpu = call(vm, KVM_CREATE_VCPU, "KVM_CREATE_VCPU", 0);
	run = mmap(NULL, call(kvm, KVM_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE", 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		die("mmap");
	set_up(vcpu, size);
	call(vcpu, KVM_RUN, "KVM_RUN", 0);
	if (run->exit_reason != KVM_EXIT_HLT) {
		fprintf(stderr, "the machine ended with reason %u\n", run->exit_reason);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
