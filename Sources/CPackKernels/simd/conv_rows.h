// Convolution with few channels, some rows of results at a time: a vector that is read serves the windows of several rows.

typedef void (*conv_tile)(const pack_conv_rows *c, const float *x, float *y);

/// What a vector holds past the end of its row is overwritten by the row after it; nothing is written from `end` on.
PACK_OUTLINE void conv_store_last(float *y, vf v, const float *end) {
    if (end - y >= VW)
        v_store(y, v);
    else if (y < end)
        v_store_some(y, v, (size_t)(end - y));
}

/// Results of ROWS rows by VECTORS vectors, of windows with KROWS rows that go STRIDE rows at a time.
#define CONV_NAME(KROWS, STRIDE, ROWS, VECTORS) conv_tile_##KROWS##_##STRIDE##_##ROWS##_##VECTORS
#define CONV_BODY(KROWS, STRIDE, ROWS, VECTORS)                                                                        \
    static void CONV_NAME(KROWS, STRIDE, ROWS, VECTORS)(const pack_conv_rows *c, const float *x, float *y) {           \
        const size_t *offsets = c->columns, columns = c->kernel_columns, row = c->row, width = c->width;               \
        const float *weights = c->weights, *end = c->y + c->rows * width;                                              \
        vf sums[ROWS][VECTORS];                                                                                        \
        PACK_UNROLL for (int r = 0; r < ROWS; r++)                                                                     \
            PACK_UNROLL for (int j = 0; j < VECTORS; j++) sums[r][j] = v_set(c->start);                                \
        for (size_t channel = 0; channel < c->channels; channel++, x += c->plane, weights += KROWS * columns)          \
            PACK_UNROLL for (int line = 0; line < STRIDE * (ROWS - 1) + KROWS; line++)                                 \
                PACK_REST for (size_t k = 0; k < columns; k++) {                                                       \
                    vf values[VECTORS];                                                                                \
                    PACK_UNROLL for (int j = 0; j < VECTORS; j++)                                                      \
                        values[j] = v_load(x + line * row + offsets[k] + j * VW);                                      \
                    PACK_UNROLL for (int r = 0; r < ROWS; r++) {                                                       \
                        int tap = line - r * STRIDE;                                                                   \
                        if (tap < 0 || tap >= KROWS) continue;                                                         \
                        vf w = v_set(weights[tap * columns + k]);                                                      \
                        PACK_UNROLL for (int j = 0; j < VECTORS; j++) sums[r][j] = v_fma(w, values[j], sums[r][j]);    \
                    }                                                                                                  \
                }                                                                                                      \
        if (end - y >= (ptrdiff_t)((ROWS - 1) * width + VECTORS * VW)) {                                               \
            PACK_UNROLL for (int r = 0; r < ROWS; r++)                                                                 \
                PACK_UNROLL for (int j = 0; j < VECTORS; j++) v_store(y + r * width + j * VW, sums[r][j]);             \
            return;                                                                                                    \
        }                                                                                                              \
        PACK_UNROLL for (int r = 0; r < ROWS; r++)                                                                     \
            PACK_UNROLL for (int j = 0; j < VECTORS; j++) conv_store_last(y + r * width + j * VW, sums[r][j], end);    \
    }

/// Rows of results at a time where they are wider than a vector, taking two at once, and where they are not.
#define CONV_ROWS_WIDE 4
#define CONV_ROWS_NARROW 7
#define CONV_TILES(X, rows, vectors)                                                                                   \
    X(3, 1, rows, vectors) X(5, 1, rows, vectors) X(7, 1, rows, vectors) X(3, 2, rows, vectors) X(5, 2, rows, vectors)
CONV_TILES(CONV_BODY, 4, 2)
CONV_TILES(CONV_BODY, 7, 1)

/// By stride and half of the window's rows, both less one.
#define CONV_POINTER(krows, stride, rows, vectors)                                                                     \
    [stride - 1][krows / 2 - 1] = CONV_NAME(krows, stride, rows, vectors),
static const conv_tile conv_wide[2][3] = {CONV_TILES(CONV_POINTER, 4, 2)};
static const conv_tile conv_narrow[2][3] = {CONV_TILES(CONV_POINTER, 7, 1)};

static conv_tile conv_tile_for(const pack_conv_rows *c) {
    size_t odd = c->kernel_rows;
    if (c->dilation != 1 || c->stride > 2 || odd % 2 == 0 || odd < 3 || odd > 7) return 0;
    return (c->width > VW ? conv_wide : conv_narrow)[c->stride - 1][odd / 2 - 1];
}

/// `count` vectors of one row of results, for any window.
#define CONV_ROW_BODY(count)                                                                                           \
    vf sums[count];                                                                                                    \
    PACK_UNROLL for (int j = 0; j < count; j++) sums[j] = v_set(c->start);                                             \
    const float *w = c->weights;                                                                                       \
    for (size_t channel = 0; channel < c->channels; channel++)                                                         \
        for (size_t line = 0; line < c->kernel_rows; line++)                                                           \
            PACK_REST for (size_t k = 0; k < c->kernel_columns; k++, w++) {                                            \
                const float *from = x + channel * c->plane + line * c->dilation * c->row + c->columns[k];              \
                PACK_UNROLL for (int j = 0; j < count; j++)                                                            \
                    sums[j] = v_fma(v_set(*w), v_load(from + j * VW), sums[j]);                                        \
            }                                                                                                          \
    PACK_UNROLL for (int j = 0; j < count; j++) conv_store_last(y + j * VW, sums[j], c->y + c->rows * c->width);

static void conv_row(const pack_conv_rows *c, const float *x, float *y, size_t left) {
    for (; left > 2 * VW; left -= pack_min(left, 4 * VW), x += 4 * VW, y += 4 * VW) {
        CONV_ROW_BODY(4)
    }
    for (; left > 0; left -= pack_min(left, 2 * VW), x += 2 * VW, y += 2 * VW) {
        CONV_ROW_BODY(2)
    }
}

void PACK_KERNEL(conv_rows)(const pack_conv_rows *c) {
    size_t high = c->width > VW ? CONV_ROWS_WIDE : CONV_ROWS_NARROW, across = c->width > VW ? 2 * VW : VW;
    conv_tile tile = conv_tile_for(c);
    if (!tile || c->rows < high) {
        for (size_t r = 0; r < c->rows; r++)
            conv_row(c, c->x + r * c->stride * c->row, c->y + r * c->width, c->width);
        return;
    }
    // The last tiles overlap those before them: they compute some results again, and give the same.
    for (size_t row = 0; row < c->rows; row += high) {
        size_t r = pack_min(row, c->rows - high);
        for (size_t column = 0; column < c->width; column += across) {
            size_t i = c->width < across ? 0 : pack_min(column, c->width - across);
            tile(c, c->x + r * c->stride * c->row + i, c->y + r * c->width + i);
        }
    }
}
