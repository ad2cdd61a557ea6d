#include "support.h"

static void check_taps(pack_tap_rows_kernel kernel, sequence *s, size_t n, size_t taps, int weighted, kernel_check *r) {
    size_t room = (n + PACK_PANEL - 1) / PACK_PANEL * PACK_PANEL + 40;
    float *x = guarded(room * 4), *w = guarded(taps * 4 + 4), *y = guarded(n * 4);
    size_t *offsets = guarded((taps + 1) * sizeof *offsets);
    for (size_t i = 0; i < room; i++) x[i] = next_value(s);
    for (size_t t = 0; t < taps; t++) w[t] = next_value(s), offsets[t] = next_below(s, 41);
    float start = weighted ? 0.25f : -INFINITY;
    kernel(x, offsets, weighted ? w : 0, taps, start, y, n);
    for (size_t i = 0; i < n; i++) {
        double wanted = start;
        for (size_t t = 0; t < taps; t++)
            wanted = weighted ? wanted + (double)w[t] * x[offsets[t] + i] : fmax(wanted, x[offsets[t] + i]);
        if (!near(r, y[i], wanted, 2e-6)) fail(r, "n %zu taps %zu at %zu: %.9g, expected %.9g", n, taps, i, y[i], wanted);
    }
    digest_fused(r, y, n);
    r->cases++;
    release(x, r, "x"), release(w, r, "w"), release(y, r, "y"), release(offsets, r, "offsets");
}

void check_tap_rows(pack_any_kernel any, kernel_check *result) {
    sequence s = {81};
    for (size_t n = 1; n < 140; n++)
        for (size_t taps = 0; taps < 12; taps += 3)
            for (int weighted = 0; weighted < 2; weighted++)
                check_taps((pack_tap_rows_kernel)any, &s, n, taps, weighted, result);
}

static void check_conv(
    pack_conv_rows_kernel kernel, sequence *s, pack_conv_rows c, size_t column_stride, kernel_check *r) {
    size_t lines = (c.rows - 1) * c.stride + (c.kernel_rows - 1) * c.dilation + 1, taps = c.kernel_rows * c.kernel_columns;
    size_t length = c.width + c.kernel_columns / column_stride + 1;
    c.row = column_stride * length;
    c.plane = lines * c.row + 3;
    // The last row of the last plane may be read up to the width rounded up to four panels.
    size_t last = (c.width + 4 * PACK_PANEL - 1) / (4 * PACK_PANEL) * 4 * PACK_PANEL;
    size_t room = c.channels * c.plane + last, results = c.rows * c.width;
    float *x = guarded(room * 4), *w = guarded(c.channels * taps * 4 + 4), *y = guarded(results * 4);
    size_t *columns = guarded(c.kernel_columns * sizeof *columns);
    for (size_t i = 0; i < room; i++) x[i] = next_value(s);
    for (size_t i = 0; i < c.channels * taps; i++) w[i] = next_value(s);
    for (size_t k = 0; k < c.kernel_columns; k++) columns[k] = k % column_stride * length + k / column_stride;
    c.x = x, c.weights = w, c.y = y, c.columns = columns, c.start = 0.25f;
    kernel(&c);
    for (size_t i = 0; i < results; i++) {
        double wanted = c.start;
        for (size_t t = 0; t < c.channels * taps; t++) {
            size_t line = t / c.kernel_columns % c.kernel_rows, row = i / c.width * c.stride + line * c.dilation;
            wanted += (double)w[t] * x[t / taps * c.plane + row * c.row + columns[t % c.kernel_columns] + i % c.width];
        }
        if (!near(r, y[i], wanted, 4e-6))
            fail(r, "%zu x %zu, window %zu x %zu, at %zu: %.9g, expected %.9g", c.rows, c.width, c.kernel_rows,
                c.kernel_columns, i, y[i], wanted);
    }
    digest_fused(r, y, results);
    r->cases++;
    release(x, r, "x"), release(w, r, "w"), release(y, r, "y"), release(columns, r, "columns");
}

void check_conv_rows(pack_any_kernel any, kernel_check *result) {
    sequence s = {82};
    static const size_t widths[] = {1, 3, 4, 5, 7, 8, 9, 14, 16, 17, 28, 31, 32, 33, 56, 63, 64, 70};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (size_t rows = 1; rows < 16; rows = rows < 9 ? rows + 1 : rows + 6)
            for (size_t kernel = 1; kernel < 9; kernel++)
                for (size_t stride = 1; stride < 4; stride++) {
                    size_t columns = 1 + (kernel + rows) % 5, dilation = 1 + next_below(&s, 5) / 4;
                    pack_conv_rows c = {.channels = kernel < 4 ? 1 + rows % 3 : 1, .rows = rows, .width = widths[i],
                                        .stride = stride, .dilation = dilation, .kernel_rows = kernel,
                                        .kernel_columns = columns};
                    check_conv((pack_conv_rows_kernel)any, &s, c, 1 + (rows + stride) % 2, result);
                }
}
