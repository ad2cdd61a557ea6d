// Register tiles of the f32 arithmetic: `mr` rows by `np` panels, the sums of a stretch of k. They start from the rows at
// `from`, which lie `ldf` apart (0: one row for all) and may be those where the results go.
//
// The file of an instruction set defines MR (most rows), STRETCH (most of k), NP_MOST, TILES(X) with X(mr, np) for each tile
// it wants, and wide_panels(mr), the panels that a tile of mr rows takes at once. It may define LARGE_TILES(X), tiles whose
// sums fill the registers: they take one turn of k at a time, as of several the compiler would keep more values than there
// are registers.
//
// While a tile is computed, the weights that come after it are asked for: `ahead` moves by `ahead_step` bytes for each k.
// Tall tiles leave time to bring them to the first-level cache, low ones only to the second.

#ifndef LARGE_TILES
#define LARGE_TILES(X)
#endif
#define SEVERAL_TURNS _Pragma("clang loop unroll_count(TILE_UNROLL)")
#define ONE_TURN _Pragma("clang loop unroll(disable)")

/// Lets a value that several sums take be loaded once, where an instruction set would rather load it for each.
#ifndef KEEP_REGISTER
#define KEEP_REGISTER(x)
#endif

/// Lets a pointer be moved as it is written here, where a compiler would rather compute all addresses anew in each turn.
#ifndef KEEP_POINTER
#define KEEP_POINTER(x)
#endif

typedef void (*tile_f32)(
    const float *a, size_t lda, const void *panel, size_t panel_stride, size_t k, const float *from, size_t ldf, float *out,
    size_t ldo, const char *ahead, size_t ahead_step);

#define PANEL_VALUE float
#define PANEL_LOAD(p) v_load(p)
#define TILE_NAME(mr, np) tile_f32_##mr##_##np
#define TILE_BODY(MROWS, NPANELS) TILE_FUNCTION(SEVERAL_TURNS, MROWS, NPANELS)
#define LARGE_TILE_BODY(MROWS, NPANELS) TILE_FUNCTION(ONE_TURN, MROWS, NPANELS)
#define TILE_FUNCTION(TURNS, MROWS, NPANELS)                                                                           \
    static void TILE_NAME(MROWS, NPANELS)(                                                                             \
        const float *restrict a, size_t lda, const void *restrict panel, size_t panel_stride, size_t k,                \
        const float *from, size_t ldf, float *out, size_t ldo, const char *ahead, size_t ahead_step) {                 \
        const PANEL_VALUE *b = panel;                                                                                  \
        const float *rows[(MROWS + 2) / 3];                                                                            \
        PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i] = a + 3 * i * lda;                               \
        vf sum[MROWS][NPANELS * NV];                                                                                   \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) sum[i][j] = v_load(from + i * ldf + j * VW);            \
        TURNS for (size_t l = 0; l < k; l++) {                                                                         \
            vf w[NPANELS * NV];                                                                                        \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                __builtin_prefetch(                                                                                    \
                    ahead + (size_t)j * panel_stride * sizeof(PANEL_VALUE), 0, MROWS > 4 ? 3 : 2);                     \
            ahead += ahead_step;                                                                                       \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++)                                                         \
                w[j] = PANEL_LOAD(b + (j / NV) * panel_stride + (j % NV) * VW);                                        \
            PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) KEEP_POINTER(rows[i]);                               \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                vf x = v_set(rows[i / 3][i % 3 * lda]);                                                                \
                if (NPANELS * NV > 1) KEEP_REGISTER(x);                                                                \
                PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) sum[i][j] = v_fma(x, w[j], sum[i][j]);              \
            }                                                                                                          \
            b += PACK_PANEL;                                                                                           \
            PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i]++;                                           \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) v_store(out + i * ldo + j * VW, sum[i][j]);             \
    }
TILES(TILE_BODY)
LARGE_TILES(LARGE_TILE_BODY)
#define TILE_POINTER(mr, np) [mr][np] = TILE_NAME(mr, np),
static const tile_f32 tiles_f32[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER) LARGE_TILES(TILE_POINTER)};

#undef PANEL_VALUE
#undef PANEL_LOAD
#undef TILE_NAME
#define PANEL_VALUE uint16_t
#define PANEL_LOAD(p) v_half(p)
#define TILE_NAME(mr, np) tile_f16_##mr##_##np
TILES(TILE_BODY)
LARGE_TILES(LARGE_TILE_BODY)
static const tile_f32 tiles_f16[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER) LARGE_TILES(TILE_POINTER)};

#undef PANEL_LOAD
#undef TILE_NAME
#define PANEL_LOAD(p) v_bfloat(p)
#define TILE_NAME(mr, np) tile_bf16_##mr##_##np
TILES(TILE_BODY)
LARGE_TILES(LARGE_TILE_BODY)
static const tile_f32 tiles_bf16[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER) LARGE_TILES(TILE_POINTER)};
