/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for kinds, states, supervision and acts, as screens, JSON and files use them. */
#include "guest/words.h"

#include "base/cleanup.h"

#include <string.h>

static const char *const kinds[] = {[AUBERGE_CONTAINER] = "container", [AUBERGE_VM] = "vm"};

static const char *const states[] = {
	[AUBERGE_STOPPED] = "stopped",   [AUBERGE_STARTING] = "starting",    [AUBERGE_RUNNING] = "running",
	[AUBERGE_FROZEN] = "frozen",     [AUBERGE_STOPPING] = "stopping",    [AUBERGE_FAILED_STATE] = "failed",
	[AUBERGE_INCOMPLETE] = "incomplete",
};

static const char *const supervisions[] = {
	[AUBERGE_SUPERVISION_NONE] = "none",
	[AUBERGE_SUPERVISION_OK] = "ok",
	[AUBERGE_SUPERVISION_LOST] = "lost",
	[AUBERGE_SUPERVISION_NOT_ANSWERING] = "not_answering",
};

static const char *const acts[] = {
	[AUBERGE_START] = "start",   [AUBERGE_STOP] = "stop", [AUBERGE_RESTART] = "restart",
	[AUBERGE_FREEZE] = "freeze", [AUBERGE_THAW] = "thaw", [AUBERGE_KILL] = "kill",
};

static const char *word_of(const char *const *words, size_t count, size_t index)
{
	return index < count ? words[index] : "unknown";
}

static bool index_of(const char *const *words, size_t count, const char *word, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

const char *auberge_kind_word(enum auberge_kind kind)
{
	return word_of(kinds, COUNT_OF(kinds), (size_t)kind);
}

const char *auberge_state_word(enum auberge_state state)
{
	return word_of(states, COUNT_OF(states), (size_t)state);
}

const char *auberge_supervision_word(enum auberge_supervision supervision)
{
	return word_of(supervisions, COUNT_OF(supervisions), (size_t)supervision);
}

const char *auberge_act_word(enum auberge_act act)
{
	return word_of(acts, COUNT_OF(acts), (size_t)act);
}

bool words_find_kind(const char *word, enum auberge_kind *kind)
{
	size_t index;

	if (!index_of(kinds, COUNT_OF(kinds), word, &index))
		return false;
	*kind = (enum auberge_kind)index;
	return true;
}

bool words_find_state(const char *word, enum auberge_state *state)
{
	size_t index;

	if (!index_of(states, COUNT_OF(states), word, &index))
		return false;
	*state = (enum auberge_state)index;
	return true;
}
