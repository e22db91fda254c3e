// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose contents nobody is shown, by name: those who keep passwords and keys, and not their
 * neighbours, whose leaks one wants to see into.
 */
#include "unit.h"

#include "secret_names.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As la_secrets_has_caller(). */
static int is_secret(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(secret_callers); i++)
		if (strstr(name, secret_callers[i]))
			return 1;
	return 0;
}

static void expect(const char * const *names, unsigned int n, int want)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (is_secret(names[i]) == want)
			continue;
		printf("# %s: expected %s\n", names[i], want ? "a secret" : "none");
		unit_bad++;
	}
}

static void keepers_of_secrets_are_named(void)
{
	static const char * const names[] = {
		/* a mount's password, a session's keys */
		"smb3_fs_context_parse_param+0x3a1/0xf30 [cifs]",
		"smb3_fs_context_dup+0x8d/0x2a0 [cifs]",
		"sesInfoAlloc+0x1e/0xb0 [cifs]",
		"cifs_get_smb_ses+0x100/0x9c0 [cifs]",
		"SMB2_auth_kerberos+0x50/0x1c0 [cifs]",
		"build_ntlmssp_auth_blob+0x40/0x300 [cifs]",
		"ksmbd_alloc_user+0x20/0xd0 [ksmbd]",
		/* Bluetooth */
		"hci_add_link_key+0x9c/0x1b0 [bluetooth]",
		"hci_add_ltk+0x6b/0x110 [bluetooth]",
		"hci_add_irk+0x5e/0xc0 [bluetooth]",
		"hci_add_remote_oob_data+0x4d/0x100 [bluetooth]",
		"smp_chan_create+0x23/0x1a0 [bluetooth]",
		"mgmt_pending_new+0x2c/0xd0 [bluetooth]",
		/* iSCSI, NVMe */
		"iscsi_set_param+0x9c/0x2a0 [libiscsi]",
		"iscsi_switch_str_param+0x3a/0x80 [libiscsi]",
		"chap_server_open+0x90/0x2f0 [iscsi_target_mod]",
		"nvmf_parse_options+0x5c/0xc30 [nvme_fabrics]",
		"nvmf_dev_write+0x3c/0xbf0 [nvme_fabrics]",
		"nvme_ctrl_dhchap_secret_store+0x50/0x180 [nvme_core]",
		"nvmet_auth_host_hash+0x6f/0x3f0 [nvmet]",
		/* keys, credentials */
		"key_alloc+0x12c/0x4f0",
		"prepare_creds+0x1d/0x240",
		"prepare_kernel_cred+0x23/0x260",
		"security_prepare_creds+0x3f/0x90",
		"cred_alloc_blank+0x16/0x50",
		"nl80211_parse_connkeys+0x8c/0x2d0 [cfg80211]",
	};

	expect(names, ARRAY_SIZE(names), 1);
}

static void their_neighbours_are_not(void)
{
	static const char * const names[] = {
		"hci_alloc_dev_priv+0x1e/0x5b0 [bluetooth]",
		"hci_conn_add+0x4f/0x490 [bluetooth]",
		"l2cap_chan_create+0x1b/0x180 [bluetooth]",
		"iscsi_session_setup+0x6a/0x380 [libiscsi]",
		"iscsi_conn_setup+0x27/0x210 [libiscsi]",
		"nvmf_host_alloc+0x30/0x90 [nvme_fabrics]",
		"nvmf_connect_io_queue+0xa0/0x280 [nvme_fabrics]",
		"nvme_alloc_request_qid+0x1/0x2 [nvme_core]",
		"nvmet_alloc_ctrl+0x9b/0x5f0 [nvmet]",
		"smp_call_function_many_cond+0x1/0x2",
		"smp_init_package_map+0x1/0x2",
		"unix_create1+0x60/0x270",
		"alloc_pipe_info+0x5c/0x240",
		"seq_open+0x2a/0x90",
		"tspkt_get+0x2a/0x90 [la_stories]",
	};

	expect(names, ARRAY_SIZE(names), 0);
}

static void caches_of_keys_are_named(void)
{
	unsigned int i, found = 0;

	for (i = 0; i < ARRAY_SIZE(secret_caches); i++)
		found += !strcmp(secret_caches[i], "key_jar") ||
			 !strcmp(secret_caches[i], "cred_jar");
	CHECK_EQ(found, 2);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{ "keepers_of_secrets_are_named", keepers_of_secrets_are_named },
		{ "their_neighbours_are_not", their_neighbours_are_not },
		{ "caches_of_keys_are_named", caches_of_keys_are_named },
	};

	return unit_main(tests, ARRAY_SIZE(tests));
}
