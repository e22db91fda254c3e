/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples: the content of live objects.
 */
#ifndef LEAKACCT_SAMPLES_H
#define LEAKACCT_SAMPLES_H

#include <linux/types.h>

#include "params.h"
#include "snapshot.h"

/**
 * struct la_sample - the content of one object at one moment
 * @object: whose it is
 * @len: bytes taken
 * @bytes: the content
 */
struct la_sample {
	struct la_object object;
	unsigned int len;
	u8 bytes[LA_SAMPLE_MAX] __aligned(8);
};

bool la_samples_allowed(void);
const char *la_samples_why_secret(u32 site);
bool la_samples_secret(u32 site);
bool la_samples_take(struct la_sample *s);

#endif /* LEAKACCT_SAMPLES_H */
