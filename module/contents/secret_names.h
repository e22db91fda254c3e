/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who handles keys, passwords and the like: data, for secrets.c.
 *
 * Where much of a subsystem is no secret, functions are named, and only those whose objects
 * hold one: a prefix would hide its leaks with it.
 */
#ifndef LEAKACCT_SECRET_NAMES_H
#define LEAKACCT_SECRET_NAMES_H

/* Parts of callers' names: secrets from the first on, and not only once one was freed so. */
static const char * const secret_callers[] = {
	/* ciphers, hashes and their users */
	"crypt", "cipher", "aead", "ahash", "shash", "hmac", "cmac", "rsa_", "ecdh_", "ecdsa_",
	"pkcs", "asymmetric_", "public_key", "akcipher", "kpp_", "drbg", "random_", "getrandom",
	/* keys and what they are made of */
	"keyring", "key_alloc", "key_create", "key_instantiate", "key_update", "keyctl", "add_key",
	"request_key", "user_preparse", "user_update", "logon_", "big_key", "trusted_",
	"encrypted_", "setkey", "set_key", "tpm_", "tpm2_",
	/* networks */
	"tls_", "wg_", "xfrm_", "pfkey_", "macsec_", "esp_init", "ah_init", "tcp_ao_", "tcp_md5",
	"ieee80211_key", "cfg80211_connect", "connkeys", "wpa_", "wep_", "sctp_auth", "gss_",
	"krb5", "kerberos", "rxkad_", "rxrpc_", "chap_", "ntlm", "mppe_", "ceph_auth",
	/* SMB: options of a mount, sessions with their keys, buffers of their setup, users */
	"cifs_", "smb2_", "smb3_fs_context", "smb3_reconfigure", "sesInfoAlloc",
	"sess_alloc_buffer", "ksmbd_alloc_user",
	/* Bluetooth: keys of links, of pairing, and the PIN of a command that waits */
	"hci_add_link_key", "hci_add_ltk", "hci_add_irk", "hci_add_remote_oob",
	"smp_chan_create", "mgmt_pending_",
	/* iSCSI: all text parameters of a session are set by these, its CHAP password too */
	"iscsi_set_param", "iscsi_switch_str_param",
	/* NVMe: dhchap_secret is one of the options of a connection */
	"nvme_auth", "nvmet_auth", "nvmet_setup_auth", "nvmet_execute_auth",
	"nvmf_parse_options", "nvmf_dev_write", "nvmf_create_ctrl",
	/* the rest */
	"passw", "secret", "sensitive", "luks", "opal_", "sev_", "tdx_",
	"cred_", "prepare_creds", "prepare_kernel_cred",
};

/* Caches whose content is never shown, by whichever of its names one goes. */
static const char * const secret_caches[] = {
	"key_jar", "cred_jar",
};

#endif /* LEAKACCT_SECRET_NAMES_H */
