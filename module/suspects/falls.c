// SPDX-License-Identifier: GPL-2.0-only
/*
 * Falls: a population that fell is freed by somebody.
 *
 * A cache fills until somebody empties it, and fills again. How it fills looks like a leak, so
 * who fell to less than half once is excused while it rises again: up to twice the number
 * that it fell from, and for twice the time that it had taken to get there, as the next fall may
 * come late. Who rises for longer is another matter: a leak may begin after a fall as
 * well, and must not have to reach what was there before to be told.
 */
#include "falls.h"

/* What has grown this much, and fell to less than half, was freed by somebody. */
#define WORTH_A_FALL	32

static u32 excused_for(u32 rise)
{
	u32 looks = rise < LA_FALLS_LONGEST / 2 ? 2 * rise : LA_FALLS_LONGEST;

	return looks < LA_FALLS_SHORTEST ? LA_FALLS_SHORTEST : looks;
}

/* A small fall says little of the large one before, whose excuse holds. */
static void note_fall(struct la_falls *f, u64 survivors, u32 look)
{
	u32 looks = excused_for(look - f->rose_at);

	if (f->peak >= f->from / 4) {
		f->looks = f->from && f->looks > looks ? f->looks : looks;
		f->from = f->peak > f->from ? f->peak : f->from;
		f->to = survivors;
		f->at = look;
	} else if (look == f->rose_at + 1) {
		/* It falls on. */
		f->to = survivors;
	}
	f->rose_at = look;
	f->peak = survivors;
}

/**
 * la_falls_note() - a look has counted
 * @f: the falls so far
 * @survivors: their number
 * @look: the number of the look
 */
void la_falls_note(struct la_falls *f, u64 survivors, u32 look)
{
	if (survivors > f->peak)
		f->peak = survivors;
	if (f->peak >= WORTH_A_FALL && survivors < f->peak / 2)
		note_fall(f, survivors, look);
	/* It has grown beyond all that it gave back, or for longer than it takes. */
	if (survivors > 2 * f->from || look - f->at >= f->looks)
		f->from = 0;
}
