/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows as JSON, from the column table; the only header of the model that needs jansson. Names as the manual's. */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "model/model.h"

#include <jansson.h>

/* For json_dumpf() and its kin: percentages have three places, no more digits are wanted. */
#define MODEL_JSON_FLAGS JSON_REAL_PRECISION(9)

/* One guest as `list --json` and `top --json` have it. The caller owns what is returned; NULL: no memory. */
json_t *model_json_list_row(const struct model_row *row);
json_t *model_json_top_row(const struct model_row *row);
/* The document of `why`: name, state, verdict, findings[]. */
json_t *model_json_why(const struct model_row *row, const struct model_clock *clock);
/* The host{} of `top`. */
json_t *model_json_host(const struct model *model);
/* The whole documents: an array of all shown rows; {"host": {}, "guests": []}. */
json_t *model_json_list(const struct model *model);
json_t *model_json_top(const struct model *model);

#endif
