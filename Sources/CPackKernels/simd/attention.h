// Attention of one head: keys and values are packed into panels, then tiles of queries take their scores, weights and
// outputs in scratch that stays in the cache.

typedef struct {
    float *keys;   // panels of 16 keys, head_dim deep
    float *values; // panels of 16 values of a head, columns deep
    float *mask;   // 0 for a valid key, else -inf
    float *scores; // PACK_ATTENTION_ROWS rows of `columns`
    size_t columns; // keys rounded up to whole panels
} attention_room;

PACK_INLINE attention_room attention_room_in(const pack_attention *t, void *scratch) {
    attention_room r;
    r.columns = pack_round_up(t->keys, PACK_PANEL);
    r.keys = scratch;
    r.values = r.keys + r.columns * t->head_dim;
    r.mask = r.values + r.columns * pack_round_up(t->head_dim, PACK_PANEL);
    r.scores = r.mask + r.columns;
    return r;
}

static void pack_keys_and_values(const pack_attention *t, attention_room r) {
    for (size_t j = 0; j < r.columns; j += PACK_PANEL)
        for (size_t l = 0; l < PACK_PANEL; l++) {
            float *to = r.keys + j * t->head_dim + l;
            const float *from = t->k + (j + l) * t->ldk;
            int inside = j + l < t->keys;
            for (size_t d = 0; d < t->head_dim; d++) to[d * PACK_PANEL] = inside ? from[d] : 0.0f;
        }
    for (size_t d = 0; d < t->head_dim; d += PACK_PANEL) {
        float *to = r.values + d * t->keys;
        size_t width = pack_min(PACK_PANEL, t->head_dim - d);
        for (size_t j = 0; j < t->keys; j++, to += PACK_PANEL) {
            const float *from = t->v + j * t->ldv + d;
            if (width == PACK_PANEL)
                for (size_t l = 0; l < PACK_PANEL; l += VW) v_store(to + l, v_load(from + l));
            else
                for (size_t l = 0; l < PACK_PANEL; l++) to[l] = l < width ? from[l] : 0.0f;
        }
    }
    for (size_t j = 0; j < r.columns; j++) {
        int valid = j < t->keys && pack_mask_valid(t->mask_type, t->mask, j);
        r.mask[j] = valid ? 0.0f : -__builtin_inff();
    }
}

/// Sums of `depth` products of a tile's rows with every panel.
PACK_INLINE void tile_by_panels(
    const float *a, size_t lda, const float *panels, size_t depth, size_t count, size_t rows, float *out, size_t ldo) {
    size_t wide = wide_panels(rows);
    for (size_t p = 0, taken; p < count; p += taken) {
        taken = count - p < wide ? 1 : wide;
        tiles_f32[rows][taken](
            a, lda, panels + p * depth * PACK_PANEL, depth * PACK_PANEL, depth, out + p * PACK_PANEL, ldo,
            (const char *)a, 0);
    }
}

/// Outputs of `rows` queries from their weights; a head's last columns may not fill a panel, so they pass through `sums`.
PACK_INLINE void attention_output(
    const pack_attention *t, attention_room r, size_t row, size_t rows, const float *weights, const float *inverse) {
    float sums[MR * PACK_PANEL] __attribute__((aligned(64)));
    for (size_t d = 0; d < t->head_dim; d += PACK_PANEL) {
        size_t width = pack_min(PACK_PANEL, t->head_dim - d);
        tiles_f32[rows][1](weights, r.columns, r.values + d * t->keys, 0, t->keys, sums, PACK_PANEL, (const char *)weights, 0);
        for (size_t i = 0; i < rows; i++) {
            float *out = t->out + (row + i) * t->ldo + d;
            for (size_t l = 0; l < PACK_PANEL; l += VW)
                v_store(sums + i * PACK_PANEL + l, v_load(sums + i * PACK_PANEL + l) * inverse[i]);
            store_columns(out, sums + i * PACK_PANEL, 0, width);
        }
    }
}

void PACK_KERNEL(attention_f32)(const pack_attention *t, size_t row_begin, size_t row_end, void *scratch) {
    if (row_begin >= row_end) return;
    attention_room r = attention_room_in(t, scratch);
    pack_keys_and_values(t, r);
    float inverse[MR];
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, MR);
        size_t rows = end - row;
        tile_by_panels(
            t->q + row * t->ldq, t->ldq, r.keys, t->head_dim, r.columns / PACK_PANEL, rows, r.scores, r.columns);
        for (size_t i = 0; i < rows; i++) {
            float *scores = r.scores + i * r.columns;
            float most = scale_row(scores, r.mask, t->scale, scores, r.columns);
            inverse[i] = inverse_or_zero(exponentials(scores, r.columns, most));
        }
        attention_output(t, r, row, rows, r.scores, inverse);
    }
}
