/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who handles keys, passwords and the like: data, for secrets.c.
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
	"ieee80211_key", "cfg80211_connect", "wpa_", "wep_", "sctp_auth", "gss_", "krb5",
	"rxkad_", "rxrpc_", "nvme_auth", "chap_", "ntlm", "cifs_", "smb2_", "ceph_auth",
	/* the rest */
	"passw", "secret", "sensitive", "luks", "opal_", "sev_", "tdx_", "cred_",
};

/* Caches whose content is never shown. */
static const char * const secret_caches[] = {
	"key_jar", "cred_jar",
};

#endif /* LEAKACCT_SECRET_NAMES_H */
