/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of the gate before the emulator to each other; see vt_gate.h. */
#ifndef TERM_VT_SEQUENCES_H
#define TERM_VT_SEQUENCES_H

#include "term/vt_gate.h"

/* A byte behind ESC, behind CSI. Return what it costs, in cells. */
int64_t sequence_escape(struct gate *gate, unsigned char byte);
int64_t sequence_csi(struct gate *gate, unsigned char byte);

void gate_flush(struct gate *gate);
/* To the sink behind all text before it. */
void gate_send(struct gate *gate, const char *bytes, size_t length);
void gate_repeat(struct gate *gate, uint32_t times);
void gate_begin_string(struct gate *gate, bool osc);

#endif
