// Attention of one head: keys and values are packed into panels, then tiles of queries take their scores, weights and
// outputs in scratch that stays in the cache.

typedef struct {
    float *keys;   // panels of 16 keys, head_dim deep
    float *values; // panels of 16 values of a head, columns deep
    float *mask;   // what is added to the scores of a query: 0 for a key that it sees, else mostly -inf
    float *scores; // PACK_ATTENTION_ROWS rows of `columns`
    size_t columns; // keys rounded up to whole panels
    size_t first;   // the first key that the mask marks
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

/// Rows become columns.
PACK_INLINE void transpose(vf *v) {
    PACK_UNROLL for (int done = 1; done < VW; done *= 2) {
        vf mixed[VW];
        PACK_UNROLL for (int i = 0; i < VW / 2; i++) {
            mixed[2 * i].even = v[i].lo, mixed[2 * i].odd = v[i + VW / 2].lo;
            mixed[2 * i + 1].even = v[i].hi, mixed[2 * i + 1].odd = v[i + VW / 2].hi;
        }
        PACK_UNROLL for (int i = 0; i < VW; i++) v[i] = mixed[i];
    }
}

/// VW keys from `key` on, to VW columns of a panel; absent ones are 0.
PACK_INLINE void pack_some_keys(const pack_attention *t, size_t key, float *to) {
    const float *from = t->k + key * t->ldk;
    size_t d = 0, count = key < t->keys ? pack_min(t->keys - key, VW) : 0;
    for (; count == VW && d + VW <= t->head_dim; d += VW) {
        vf v[VW];
        PACK_UNROLL for (size_t l = 0; l < VW; l++) v[l] = v_load(from + l * t->ldk + d);
        transpose(v);
        PACK_UNROLL for (size_t l = 0; l < VW; l++) v_store(to + (d + l) * PACK_PANEL, v[l]);
    }
    PACK_REST for (; d < t->head_dim; d++)
        PACK_REST for (size_t l = 0; l < VW; l++) to[d * PACK_PANEL + l] = l < count ? from[l * t->ldk + d] : 0.0f;
}

static void pack_keys_and_values(const pack_attention *t, attention_room r) {
    for (size_t j = 0; j < r.columns; j += VW)
        pack_some_keys(t, j, r.keys + j / PACK_PANEL * PACK_PANEL * t->head_dim + j % PACK_PANEL);
    for (size_t d = 0; d < t->head_dim; d += PACK_PANEL) {
        float *to = r.values + d * t->keys;
        size_t width = pack_min(PACK_PANEL, t->head_dim - d);
        for (size_t j = 0; j < t->keys; j++, to += PACK_PANEL) {
            const float *from = t->v + j * t->ldv + d;
            if (width == PACK_PANEL)
                for (size_t l = 0; l < PACK_PANEL; l += VW) v_store(to + l, v_load(from + l));
            else
                PACK_REST for (size_t l = 0; l < PACK_PANEL; l++) to[l] = l < width ? from[l] : 0.0f;
        }
    }
}

/// Sets what is added to the scores of keys begin ..< end, for a query that may see `limit` keys.
static void set_addends(const pack_attention *t, attention_room r, size_t begin, size_t end, size_t limit) {
    int blind = r.first >= limit;
    for (size_t j = begin; j < end; j++)
        r.mask[j] = j < t->keys ? pack_attention_addend(t, j, limit, blind) : -__builtin_inff();
}

/// Keys that the scores of a query take, up to whole panels: those beyond its place only if it sees none before.
PACK_INLINE size_t attention_reach(const pack_attention *t, attention_room r, size_t row) {
    size_t limit = pack_attention_limit(t, row);
    return r.first >= limit ? r.columns : pack_round_up(limit, PACK_PANEL);
}

/// Scores of a block of queries: each panel of keys meets all tiles of the block while it is in the first-level cache.
PACK_INLINE void attention_scores(
    const pack_attention *t, attention_room r, size_t row, size_t row_end, size_t reach) {
    size_t wide = wide_panels(tile_end(0, row_end - row, MR)), count = reach / PACK_PANEL;
    size_t stride = t->head_dim * PACK_PANEL;
    float zeros[NP_MOST * PACK_PANEL] = {0};
    for (size_t p = 0, taken; p < count; p += taken) {
        taken = count - p < wide ? 1 : wide;
        for (size_t i = row, end; i < row_end; i = end) {
            end = tile_end(i, row_end, MR);
            const float *q = t->q + i * t->ldq;
            tiles_f32[end - i][taken](
                q, t->ldq, r.keys + p * stride, stride, t->head_dim, zeros, 0,
                r.scores + (i - row) * r.columns + p * PACK_PANEL, r.columns, (const char *)q, 0);
        }
    }
}

/// Outputs of a block of queries from their weights; a head's last columns may not fill a panel, so they pass through
/// `sums`.
PACK_INLINE void attention_outputs(
    const pack_attention *t, attention_room r, size_t row, size_t row_end, size_t reach, const float *inverse) {
    size_t keys = pack_min(reach, t->keys);
    float sums[MR * NP_MOST * PACK_PANEL] __attribute__((aligned(64))), zeros[NP_MOST * PACK_PANEL] = {0};
    size_t wide = wide_panels(tile_end(0, row_end - row, MR)), count = (t->head_dim + PACK_PANEL - 1) / PACK_PANEL;
    for (size_t p = 0, taken; p < count; p += taken) {
        taken = count - p < wide ? 1 : wide;
        size_t column = p * PACK_PANEL, lds = taken * PACK_PANEL, width = pack_min(lds, t->head_dim - column);
        for (size_t i = row, end; i < row_end; i = end) {
            end = tile_end(i, row_end, MR);
            const float *weights = r.scores + (i - row) * r.columns;
            tiles_f32[end - i][taken](
                weights, r.columns, r.values + column * t->keys, t->keys * PACK_PANEL, keys, zeros, 0, sums,
                lds, (const char *)weights, 0);
            for (size_t l = i; l < end; l++) {
                float *from = sums + (l - i) * lds;
                for (size_t j = 0; j < lds; j += VW) v_store(from + j, v_load(from + j) * inverse[l - row]);
                store_columns(t->out + l * t->ldo + column, from, 0, width);
            }
        }
    }
}

void PACK_KERNEL(attention_f32)(const pack_attention *t, size_t row_begin, size_t row_end, void *scratch) {
    if (row_begin >= row_end) return;
    attention_room r = attention_room_in(t, scratch);
    pack_keys_and_values(t, r);
    r.first = pack_attention_first(t);
    float inverse[PACK_ATTENTION_ROWS], most[PACK_ATTENTION_ROWS];
    size_t limit = pack_attention_limit(t, row_begin);
    set_addends(t, r, 0, r.columns, limit);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, PACK_ATTENTION_ROWS);
        size_t first = attention_reach(t, r, row), last = attention_reach(t, r, end - 1);
        size_t reach = first > last ? first : last;
        __builtin_assume(reach % PACK_PANEL == 0);
        attention_scores(t, r, row, end, reach);
        for (size_t i = 0; i < end - row; i++) {
            size_t before = limit;
            limit = pack_attention_limit(t, row + i);
            if (limit != before && r.first >= before) set_addends(t, r, 0, r.columns, limit);
            else if (limit != before) set_addends(t, r, before, limit, limit);
            float *scores = r.scores + i * r.columns;
            most[i] = scale_row(scores, r.mask, t->scale, scores, reach);
        }
        for (size_t i = 0; i < end - row; i++)
            inverse[i] = inverse_or_zero(exponentials(r.scores + i * r.columns, reach, most[i]));
        attention_outputs(t, r, row, end, reach, inverse);
    }
}
